"""How much of a wave may be claimed now, and which waves have nothing left."""

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from outreach.delivery.queries.statements import MAY_GO
from outreach.model.wave import BatchState, WaveState
from outreach.store.tables import BatchRow, CampaignRow, WaveRow


def batches(session: Session, wave_id: int, now: datetime) -> int:
    """Return how many batches of a wave may be claimed now."""
    rows = select(func.count()).select_from(BatchRow).join(WaveRow, WaveRow.id == BatchRow.wave_id)
    return session.scalar(rows.where(BatchRow.wave_id == wave_id, MAY_GO), {"now": now}) or 0


def nothing_left(session: Session) -> list[int]:
    """Return the waves under way in which nobody waits, without the house's own; some of it may be unknown."""
    waits = exists().where(BatchRow.wave_id == WaveRow.id, BatchRow.state.in_((BatchState.PLANNED, BatchState.SENDING)))
    rows = select(WaveRow.id).join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
    rows = rows.where(WaveRow.state == WaveState.SENDING, ~CampaignRow.hidden, ~waits)
    return list(session.scalars(rows.order_by(WaveRow.id)))
