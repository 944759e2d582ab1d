"""Since when a wave that is being sent could have gone on and did not."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.model.trial import Part
from outreach.model.wave import BatchState, WaveState
from outreach.store.tables import AttemptRow, BatchRow, MilestoneRow, WaveRow


def stands_since(session: Session, wave_id: int) -> datetime | None:
    """Return since when batches of a wave could be claimed with no call made; None where none waits that could.

    Who was put off cannot be claimed before their time, nor the rest of a wave that tries something first before it is
    let go. A wave that is started or resumed begins anew.
    """
    wave = session.get_one(WaveRow, wave_id)
    began = max(
        [moment for moment in (wave.started_at, let_go_at(session, wave_id)) if moment], default=wave.created_at
    )
    due = _due(session, wave, began)
    return max(due, began, _called(session, wave_id) or began) if due else None


def _due(session: Session, wave: WaveRow, began: datetime) -> datetime | None:
    """Return when the first batch could be claimed, as far as its own time goes."""
    waits = BatchRow.not_before
    rows = select(BatchRow.part, func.min(waits), func.count(), func.count(waits)).where(
        BatchRow.wave_id == wave.id, BatchRow.state == BatchState.PLANNED
    )
    if wave.released_at is None:
        rows = rows.where(BatchRow.part != Part.REST)
    due = []
    for part, first, batches, put_off in session.execute(rows.group_by(BatchRow.part)).tuples():
        free = wave.released_at if part == Part.REST and wave.released_at else began
        due.append(max(free, first) if first and put_off == batches else free)
    return min(due, default=None)


def _called(session: Session, wave_id: int) -> datetime | None:
    """Return when the newest call of the wave was made."""
    calls = select(func.max(AttemptRow.started_at)).join(BatchRow, BatchRow.id == AttemptRow.batch_id)
    return session.scalar(calls.where(BatchRow.wave_id == wave_id))


def let_go_at(session: Session, wave_id: int) -> datetime | None:
    """Return when the wave was last started, or let go on."""
    told = select(func.max(MilestoneRow.at)).where(MilestoneRow.resource == f"outreach.wave.{wave_id}")
    return session.scalar(told.where(MilestoneRow.name == f"outreach.wave.{WaveState.SENDING}"))
