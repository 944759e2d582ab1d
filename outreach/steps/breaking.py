"""The circuit breaker: a wave that comes to too many bounces, complaints or errors pauses itself and says why."""

import logging
from collections.abc import Collection

from sqlalchemy.orm import Session

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import watch
from outreach.model.breaker import Thresholds
from outreach.model.wave import Kind, WaveStep
from outreach.services import Services
from outreach.steps.going import pause_if_over
from outreach.store import reading

log = logging.getLogger(__name__)

COUNTED = frozenset((Kind.BOUNCED, Kind.SOFT_BOUNCED, Kind.COMPLAINED, Kind.REFUSED))
"""Reports that can stop a wave."""

SECONDS_BETWEEN = 1.0
"""A lane looks no more often: a look costs two statements."""


class Watch:
    """Looks at one wave for one lane, before each claim but at most once a second."""

    def __init__(self, services: Services, wave_id: int) -> None:
        self._services = services
        self._wave_id = wave_id
        self._looked = 0.0

    def look(self) -> str:
        """Pause the wave if it has to be; return why, empty: it was not."""
        now = self._services.clock().timestamp()
        if now - self._looked < SECONDS_BETWEEN:
            return ""
        self._looked = now
        return check(self._services, self._wave_id) or pause_if_over(self._services, self._wave_id)


def check(services: Services, wave_id: int) -> str:
    """Pause a wave that came to more than `OUTREACH_STOP_AT` allows; return why, empty: it was not.

    Only a wave that is sending and has somebody left to write to is paused; the house's letters never are.
    """
    thresholds = Thresholds.read(services.settings.stop_at)
    with reading(services.sessions) as session:
        if not (_why(session, wave_id, thresholds) and watch.is_stoppable(session, wave_id)):
            return ""
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)  # a person may let it go on, or cancel it, at this moment
        why = _why(session, wave_id, thresholds)
        if not why or not watch.is_stoppable(session, wave_id):
            return ""
        told = _told(why)
        campaigns.take(session, wave_id, WaveStep.PAUSE, services.clock(), why=told)
    log.warning("paused: %s", why, extra={"wave_id": wave_id})
    return told


def check_after(services: Services, reports: Collection[tuple[int, Kind]]) -> None:
    """Look at the waves of deliveries that were just reported on, as far as a report can stop a wave."""
    deliveries = {delivery_id for delivery_id, kind in reports if kind in COUNTED}
    if not deliveries:
        return
    with reading(services.sessions) as session:
        waves = watch.waves_of(session, deliveries)
    for wave_id in waves:
        check(services, wave_id)


def _why(session: Session, wave_id: int, thresholds: Thresholds) -> str:
    return thresholds.why(watch.seen(session, wave_id), watch.forgiven(session, wave_id))


def _told(why: str) -> str:
    return (
        f"{why}. Look into the cause, then resume or cancel it with steer-wave; what was counted until then will not "
        "stop it again"
    )
