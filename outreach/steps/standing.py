"""Waves that come too late: that begin long after they were due, or stood still while a machine or a server was away.

Nobody knows then whether the mails are still right, so nothing goes before a person has said so.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.campaigns import queries as campaigns
from outreach.campaigns.queries import WaveView
from outreach.dashboard.words import moment
from outreach.delivery.queries import standing as queries
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services
from outreach.store import reading

log = logging.getLogger(__name__)

STILL = timedelta(days=1)
"""A wave that could have gone on for so long and did not is not sent on by itself."""

STOOD_STILL = "it stood still"
"""How the reason begins for which such a wave is paused."""


def late_words(services: Services, due: datetime) -> str:
    """Say how late something is that was *due* then, as markdown; empty within `OUTREACH_LATE_MINUTES`."""
    now = services.clock()
    if now - due <= timedelta(minutes=services.settings.late_minutes):
        return ""
    return f"This wave was due at **{moment(due)}**, and it is **{moment(now)}** now: {span(now - due)} late."


def doubts(services: Services, wave_id: int, ordered: datetime) -> str:
    """Return what a person is asked before a wave goes on, as markdown; empty: it may go.

    *ordered* is when somebody last wanted it to go: the time it was due at, or that of the newest answer. A wave that
    had not begun may be late; one that had may have stood still for more than `STILL`. That one is paused while the
    question stands, so that nobody else sends it on, and goes on if *ordered* is younger than that.
    """
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        wave = campaigns.view(session, wave_id)
        if wave.state in (WaveState.PLANNED, WaveState.APPROVED):
            return late_words(services, ordered)
        if not (wave.state is WaveState.SENDING or _stands_paused(wave)):
            return ""
        if services.clock() - ordered > STILL:
            _pause_if_still(services, session, wave)
            wave = campaigns.view(session, wave_id)
            return f"The wave is paused: {wave.paused_why}" if _stands_paused(wave) else ""
        if _stands_paused(wave):
            campaigns.take(session, wave_id, WaveStep.RESUME, services.clock())
        return ""


def pause_if_still(services: Services, wave_id: int) -> bool:
    """Pause a wave that stood still, with the reason; return whether it did."""
    with reading(services.sessions) as session:
        if not _still(services, session, campaigns.view(session, wave_id)):
            return False
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        return _pause_if_still(services, session, campaigns.view(session, wave_id))


def let_go_at(services: Services, wave_id: int) -> datetime | None:
    """Return when the wave was last started, or let go on."""
    with reading(services.sessions) as session:
        return queries.let_go_at(session, wave_id)


def span(length: timedelta) -> str:
    """Return a length of time in words: `75 minutes`, `5 hours`, `3 days`."""
    minutes = int(length.total_seconds() // 60)
    for unit, each in (("days", 24 * 60), ("hours", 60)):
        if minutes >= 2 * each:
            return f"{minutes // each} {unit}"
    return f"{minutes} minutes"


def _pause_if_still(services: Services, session: Session, wave: WaveView) -> bool:
    since = _still(services, session, wave)
    if since is None:
        return False
    now = services.clock()
    why = (
        f"{STOOD_STILL} for {span(now - since)}, since {moment(since)}: people wait whom nobody wrote to, as where a "
        "machine was off. Look whether its mails are still right, then resume or cancel it with steer-wave"
    )
    campaigns.take(session, wave.id, WaveStep.PAUSE, now, why=why)
    log.warning("paused: %s", why, extra={"wave_id": wave.id})
    return True


def _still(services: Services, session: Session, wave: WaveView) -> datetime | None:
    """Return since when the wave stands still, if that is too long."""
    since = queries.stands_since(session, wave.id) if wave.state is WaveState.SENDING else None
    return since if since and services.clock() - since > STILL else None


def _stands_paused(wave: WaveView) -> bool:
    return wave.paused_itself and wave.paused_why.startswith(STOOD_STILL)
