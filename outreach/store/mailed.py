"""Whether somebody was written to: one answer for who is chosen, who is left out at the last moment, and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from outreach.model.cap import Cap
from outreach.model.dates import days_before
from outreach.model.wave import ON_ITS_WAY, WRITTEN_TO, BatchState, WaveState
from outreach.store.tables import BatchRow, CampaignRow, DeliveryRow, WaveRow

UNDER_WAY = (WaveState.SENDING, WaveState.PAUSED)


def begun_since(moment: datetime) -> Select[tuple[int]]:
    """Return the waves that began at *moment* or later; letters that somebody asked for are none.

    When a wave's mails went is another question, which `active_since` and `settled_since` answer together.
    """
    waves = select(WaveRow.id).join(CampaignRow, CampaignRow.id == WaveRow.campaign_id).correlate(None)
    return waves.where(WaveRow.started_at >= moment, CampaignRow.hidden.is_(False))


def active_since(moment: datetime) -> Select[tuple[int]]:
    """Return the waves that may have written to somebody at *moment* or later; letters that people ask for are none.

    A wave may take days: when it began does not tell when its mails went.
    """
    waves = select(WaveRow.id).join(CampaignRow, CampaignRow.id == WaveRow.campaign_id).correlate(None)
    active = or_(WaveRow.state.in_(UNDER_WAY), WaveRow.finished_at >= moment)
    return waves.where(active, WaveRow.started_at.is_not(None), CampaignRow.hidden.is_(False))


def settled_since(moment: datetime) -> ColumnElement[bool]:
    """Return whether a batch went out at *moment* or later; one that nobody can tell about counts as such."""
    return or_(BatchRow.settled_at.is_(None), BatchRow.settled_at >= moment)


def capped(cap: Cap, now: datetime) -> Select[tuple[int]]:
    """Return the contacts that had as many mails as *cap* allows, or are about to have, by waves under way."""
    since = days_before(cap.days, now)
    return (
        select(DeliveryRow.contact_id)
        .join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
        .join(WaveRow, WaveRow.id == DeliveryRow.wave_id)
        .where(DeliveryRow.wave_id.in_(active_since(since)), settled_since(since), goes())
        .group_by(DeliveryRow.contact_id)
        .having(func.count() >= cap.mails)
        .correlate(None)
    )


def went(delivery: Any = DeliveryRow) -> ColumnElement[bool]:
    """Return whether a delivery, joined with its batch, was sent or may have been; or of an alias of deliveries."""
    by_batch = and_(delivery.status.is_(None), BatchRow.state.in_(ON_ITS_WAY))
    return or_(delivery.status.in_(WRITTEN_TO), by_batch)


def goes() -> ColumnElement[bool]:
    """Return whether a delivery, joined with its batch and wave, went or is about to, since its wave is under way.

    Right for choosing people. Of two waves under way each would leave out everybody for the other's sake, so when a
    mail is about to go out only those count that `went`.
    """
    about_to = and_(DeliveryRow.status.is_(None), BatchRow.state == BatchState.PLANNED, WaveRow.state.in_(UNDER_WAY))
    return or_(went(), about_to)
