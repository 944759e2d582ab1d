"""How many of a wave were not written to yet."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from outreach.delivery.queries.statements import MAY_GO
from outreach.model.wave import BatchState
from outreach.store.tables import BatchRow, WaveRow


def people(session: Session, wave_id: int, now: datetime) -> tuple[int, int]:
    """Return how many of a wave were not written to yet, and how many of them may be now, or are: sums over batches."""
    all_of_them = func.coalesce(func.sum(BatchRow.size), 0)
    going = func.coalesce(func.sum(BatchRow.size).filter(or_(BatchRow.state == BatchState.SENDING, MAY_GO)), 0)
    rows = select(all_of_them, going).join(WaveRow, WaveRow.id == BatchRow.wave_id)
    open_ = rows.where(BatchRow.wave_id == wave_id, BatchRow.state.in_((BatchState.PLANNED, BatchState.SENDING)))
    left, now_going = session.execute(open_, {"now": now}).one()
    return int(left), int(now_going)
