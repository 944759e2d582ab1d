"""The two ends of a call in the ledger: what goes into it, and what became of it."""

from contextlib import suppress

from sqlalchemy.exc import OperationalError

from outreach.delivery import slots
from outreach.delivery.queries import settle
from outreach.delivery.sending import Answer, Called, call
from outreach.model.delivery import Attempt, Batch
from outreach.services import Services
from outreach.steps import pacing

TRIES = 3
"""How often an answer is written down before it is left to be asked for."""


def prepared(services: Services, batch: Batch) -> tuple[tuple[str, ...], bytes]:
    """Return the rids of a batch, in order, and the call's body."""
    plan = slots.merge_plan(batch, services.tokens)
    return tuple(recipient.rid for recipient in plan.recipients), services.provider.prepare(plan)


def make(services: Services, attempt: Attempt, body: bytes, rids: tuple[str, ...]) -> Called:
    """Make a call, unless its lease is over: whoever stood still for so long may have been found not to have called."""
    if services.clock() >= attempt.lease:
        return Called(Answer.NOT_TAKEN, why="the lease was over before the call was made")
    return call(services.provider, body, attempt.key, rids)


def record(services: Services, attempt: Attempt, called: Called) -> int:
    """Write down what became of a call; return how many people it was taken for.

    An answer that was received is not given up because one transaction was, as where two waited for each other.
    """
    for _ in range(TRIES - 1):
        with suppress(OperationalError):
            return _record(services, attempt, called)
    return _record(services, attempt, called)


def _record(services: Services, attempt: Attempt, called: Called) -> int:
    now = services.clock()
    with services.sessions.begin() as session:
        pacing.give_back(services, session, attempt, called)
        match called.answer:
            case Answer.TAKEN:
                return settle.accepted(session, attempt, called.receipts, now)
            case Answer.NOT_TAKEN | Answer.LOCKED_OUT:
                settle.not_taken(session, attempt, called.why, now)
            case Answer.REFUSED:
                settle.refused(session, attempt, called.why, now)
            case Answer.REFUSED_TOGETHER:
                settle.halved(session, attempt, called.why, now)
            case Answer.UNKNOWN if called.receipts:
                return settle.accepted(session, attempt, called.receipts, now)
            case Answer.UNKNOWN:
                settle.unknown(session, attempt, called.why, now)
    return 0
