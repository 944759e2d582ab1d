"""What a wave is judged by while it is sent: a few counters, and whether there is anything left to stop."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.model.breaker import Seen
from outreach.model.report import Figure
from outreach.model.wave import BatchState, WaveState
from outreach.store.tables import BatchRow, CampaignRow, CounterRow, DeliveryRow, WaveRow

LOOKED_AT = (Figure.ACCEPTED, Figure.BOUNCED, Figure.SOFT_BOUNCED, Figure.COMPLAINED, Figure.REFUSED)


def seen(session: Session, wave_id: int) -> Seen:
    """Return what came of a wave so far; while a share of it is tried first, of that share."""
    rows = session.execute(
        select(CounterRow.figure, func.sum(CounterRow.value))
        .where(CounterRow.wave_id == wave_id, CounterRow.figure.in_(LOOKED_AT))
        .group_by(CounterRow.figure)
    ).tuples()
    figures = {Figure(figure): int(value) for figure, value in rows}
    soft = figures.get(Figure.SOFT_BOUNCED, 0)
    return Seen(
        accepted=figures.get(Figure.ACCEPTED, 0),
        bounced=figures.get(Figure.BOUNCED, 0) - soft,
        soft_bounced=soft,
        complained=figures.get(Figure.COMPLAINED, 0),
        refused=figures.get(Figure.REFUSED, 0),
    )


def forgiven(session: Session, wave_id: int) -> Seen:
    """Return what a person had looked at when they last let the wave go on."""
    return Seen.of(session.scalar(select(WaveRow.forgiven).where(WaveRow.id == wave_id)))


def forgive(session: Session, wave_id: int) -> None:
    """Keep what came of the wave until now: a person has looked at it, and lets the wave go on."""
    looked_at = seen(session, wave_id).stored()
    session.execute(update(WaveRow).where(WaveRow.id == wave_id).values(forgiven=looked_at))


def unforgive(session: Session, wave_id: int, people: int) -> None:
    """Take people off what was forgiven who are refused no more: they are written to again, and count anew."""
    known = forgiven(session, wave_id)
    fewer = replace(known, refused=max(0, known.refused - people))
    session.execute(update(WaveRow).where(WaveRow.id == wave_id).values(forgiven=fewer.stored()))


def is_stoppable(session: Session, wave_id: int) -> bool:
    """Return whether the wave is sending, has somebody left to write to, and is none of the house's letters."""
    left = select(BatchRow.id).where(BatchRow.wave_id == wave_id, BatchRow.state == BatchState.PLANNED)
    wave = (
        select(WaveRow.id)
        .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
        .where(WaveRow.id == wave_id, WaveRow.state == WaveState.SENDING, ~CampaignRow.hidden, left.exists())
    )
    return session.scalar(wave) is not None


def waves_of(session: Session, deliveries: Collection[int]) -> list[int]:
    """Return the waves that some deliveries belong to, in order."""
    rows = select(DeliveryRow.wave_id).where(DeliveryRow.id.in_(deliveries)).distinct()
    return list(session.scalars(rows.order_by(DeliveryRow.wave_id)))
