"""What a person decides after a wave: of calls that nobody can tell about, and of people whom the provider refused."""

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy.orm import Session

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import again, claim, watch
from outreach.delivery.queries.again import UnknownCall
from outreach.errors import DefinitionError, StateError
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services
from outreach.store import reading

__all__ = ["UnknownCall", "Verdict", "decide_unknown", "newest_attempt", "refusals", "resend_failed", "unknown_calls"]


class Verdict(StrEnum):
    """What becomes of an unknown call; the first changes nothing."""

    LEAVE = "leave"
    SENT = "sent"
    AGAIN = "send again"


def unknown_calls(services: Services, wave_id: int) -> list[UnknownCall]:
    """Return the wave's unknown calls; what a sender that died left behind is among them once its lease is over."""
    with services.sessions.begin() as session:
        claim.expire_leases(session, wave_id, services.clock())
    with reading(services.sessions) as session:
        campaigns.view(session, wave_id)  # or there is no such wave
        return again.unknown_calls(session, wave_id)


def refusals(services: Services, wave_id: int) -> list[tuple[str, int]]:
    """Return why people of the wave were refused, with how many, the commonest first."""
    with reading(services.sessions) as session:
        return again.refusals(session, wave_id)


def newest_attempt(services: Services, wave_id: int) -> int:
    """Return the number of the wave's newest call: what a person decides is about what was known after it."""
    with reading(services.sessions) as session:
        return again.newest_attempt(session, wave_id)


def decide_unknown(
    services: Services, wave_id: int, verdict: Verdict, *, by: str, batches: Collection[int] | None = None
) -> int:
    """Settle unknown calls by a person's word, all of them or those in *batches*; return how many people it is about.

    `SENT` counts them as sent. `AGAIN` puts them in the line again: who got the first mail gets a second one.
    """
    _named(by)
    if verdict is Verdict.LEAVE:
        return 0
    now = services.clock()
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        wanted = [call.batch_id for call in again.unknown_calls(session, wave_id, hold=True)]
        chosen = [batch_id for batch_id in wanted if batches is None or batch_id in batches]
        if verdict is Verdict.SENT:
            return sum(again.count_as_sent(session, batch_id, by, now) for batch_id in chosen)
        if chosen:
            _reopen(services, session, wave_id)
        return sum(again.line_up_unknown(session, batch_id, by) for batch_id in chosen)


def resend_failed(services: Services, wave_id: int, *, by: str) -> int:
    """Put whom the provider refused in the line again, and nobody else; return how many. A wave that was sent opens."""
    _named(by)
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        people = again.line_up_failed(session, wave_id, by)
        if people:
            watch.unforgive(session, wave_id, people)
            _reopen(services, session, wave_id)
    return people


def _named(by: str) -> None:
    if not by.strip():
        raise DefinitionError("by: nobody is named; write who decides")


def _reopen(services: Services, session: Session, wave_id: int) -> None:
    state = campaigns.view(session, wave_id).state
    if state is WaveState.CANCELLED:
        raise StateError("the wave was cancelled; nothing of it is sent any more")
    campaigns.take(session, wave_id, WaveStep.REOPEN, services.clock())
