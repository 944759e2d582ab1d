"""Figures of waves and calls, read from counters; the two other counts are named where they are made."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.dashboard.progress import CallProgress
from outreach.errors import NotFound
from outreach.model.report import Cell, Figure, WaveReport
from outreach.model.wave import BatchState, Status, WaveState
from outreach.store.tables import (
    BatchRow,
    CallRow,
    CampaignRow,
    CounterRow,
    DeliveryRow,
    SubmissionRow,
    WaveRow,
)


def wave_ids(session: Session) -> list[int]:
    """Return all waves that are more than a draft, the newest first; the house's own letters are not shown."""
    shown = select(WaveRow.id).join(CampaignRow, CampaignRow.id == WaveRow.campaign_id).where(~CampaignRow.hidden)
    return list(session.scalars(shown.where(WaveRow.state != WaveState.DRAFT).order_by(WaveRow.id.desc())))


def report(session: Session, wave_id: int) -> WaveReport:
    """Return all figures of a wave."""
    wave = session.get(WaveRow, wave_id)
    if wave is None:
        raise NotFound("wave", wave_id, [str(known) for known in session.scalars(select(WaveRow.id).limit(20))])
    campaign = session.get_one(CampaignRow, wave.campaign_id)
    cells = _cells(session, wave_id)
    return WaveReport(
        wave_id=wave_id,
        campaign=campaign.slug,
        wave=wave.name,
        title=_house_words(wave.title, campaign.languages) or wave.name,
        state=WaveState(wave.state),
        planned_at=wave.planned_at,
        started_at=wave.started_at,
        finished_at=wave.finished_at,
        batches=_batches(session, wave_id),
        unknown=_unknown(session, wave_id),
        tracked=sum(figures.get(Figure.TRACKED, 0) for figures in cells.values()),
        cells=cells,
        out=dict(wave.out or {}),
        paused_why=wave.paused_why or "",
    )


def call_progress(session: Session) -> list[CallProgress]:
    """Return all calls with how many answers they have, in the order in which they were opened."""
    folds = func.count(SubmissionRow.fold.distinct())
    query = (
        select(CallRow, CampaignRow.languages, folds, func.count(SubmissionRow.id))
        .join(CampaignRow, CampaignRow.id == CallRow.campaign_id)
        .outerjoin(SubmissionRow, SubmissionRow.call_id == CallRow.id)
        .group_by(CallRow.id, CampaignRow.id)
        .order_by(CallRow.id)
    )
    return [
        CallProgress(
            slug=call.slug,
            title=_house_words(call.definition.get("title", {}), languages) or call.slug,
            count=folded if call.definition.get("fold_by") else forms,
            forms=forms,
            goal=call.definition.get("goal"),
            closes=call.closes,
        )
        for call, languages, folded, forms in session.execute(query)
    ]


def _cells(session: Session, wave_id: int) -> dict[Cell, dict[Figure, int]]:
    cells: dict[Cell, dict[Figure, int]] = {}
    for row in session.scalars(select(CounterRow).where(CounterRow.wave_id == wave_id)):
        cells.setdefault(Cell(row.audience, row.variant), {})[Figure(row.figure)] = row.value
    for cell, tracked in _tracked(session, wave_id).items():
        cells.setdefault(cell, {})[Figure.TRACKED] = tracked
    return cells


def _tracked(session: Session, wave_id: int) -> dict[Cell, int]:
    """Count who allows opens to be known; frozen at planning, so this needs no counter of its own."""
    query = (
        select(DeliveryRow.audience, DeliveryRow.variant, func.count())
        .where(DeliveryRow.wave_id == wave_id, DeliveryRow.tracked.is_(True))
        .group_by(DeliveryRow.audience, DeliveryRow.variant)
    )
    return {Cell(audience, variant): count for audience, variant, count in session.execute(query)}


def _batches(session: Session, wave_id: int) -> dict[str, int]:
    query = select(BatchRow.state, func.count()).where(BatchRow.wave_id == wave_id).group_by(BatchRow.state)
    return dict(session.execute(query).tuples().all())


def _unknown(session: Session, wave_id: int) -> int:
    """Count recipients of unknown batches; a report of a delivery's own, such as a webhook's, settles that one."""
    unknown = (BatchRow.wave_id == wave_id, BatchRow.state == BatchState.UNKNOWN)
    size: int = session.scalar(select(func.coalesce(func.sum(BatchRow.size), 0)).where(*unknown)) or 0
    settled: int = (
        session.scalar(
            select(func.count(DeliveryRow.id))
            .join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
            .where(*unknown, DeliveryRow.status.is_not(None), DeliveryRow.status != Status.UNKNOWN)
        )
        or 0
    )
    return size - settled


def _house_words(words: Mapping[str, Any], languages: list[Any]) -> str:
    """Return *words* in the first of the house's *languages* that has them."""
    spoken = [*languages, *words]
    return next((str(words[code]) for code in spoken if words.get(code)), "")
