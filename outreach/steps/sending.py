"""The legs from an approved wave to a sent one. Any of them may die at any moment and be started again."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.campaigns import queries as campaigns
from outreach.delivery import slots
from outreach.delivery.queries import claim, settle
from outreach.delivery.sending import Answer, Called, body_digest, call
from outreach.errors import DefinitionError, NotTaken, ProviderRefused
from outreach.model.delivery import Attempt, Batch, Outcome
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services

log = logging.getLogger(__name__)

MOST_WAITS = 5
"""How often in a row a provider may ask to wait before the lane gives up and is tried again later."""

MOST_REFUSALS = 3
"""Batches refused in a row after which the wave is paused: the fault is not in one batch."""

KEYS_LIVE = timedelta(hours=23)
"""Providers that replay remember a key for 24 hours (email-apis.md); after that a replay would be a second mail."""

Wait = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _Claimed:
    batch_id: int
    rids: tuple[str, ...]
    body: bytes
    attempt: Attempt | None


def send_batches(services: Services, wave_id: int, wait: Wait) -> int:
    """Claim and send batches until none is left or the wave no longer sends; return recipients accepted.

    *wait* is given the seconds that a provider asks for. After `MOST_WAITS` waits in a row the reason is raised:
    the lane may be tried again. After `MOST_REFUSALS` refused batches in a row the wave is paused.
    """
    sent = waits = refusals = 0
    while (claimed := _claim(services, wave_id)) is not None:
        if claimed.attempt is None:
            continue
        called = call(services.provider, claimed.body, claimed.attempt.key, claimed.rids)
        sent += _record(services, claimed.attempt, called)
        log.info("batch %s: %s", claimed.batch_id, called.answer, extra={"wave_id": wave_id})
        waits = waits + 1 if called.answer is Answer.NOT_TAKEN else 0
        refusals = refusals + 1 if called.answer is Answer.REFUSED else 0
        _hold_on(services, wave_id, called, waits, refusals)
        if called.answer is Answer.NOT_TAKEN:
            wait(min(called.wait, 60.0))
    return sent


def resolve_unknown(services: Services, wave_id: int) -> int:
    """Ask again for what is unknown, where the provider replays; return batches that are known now.

    What was left behind by a sender that died counts as unknown once its lease is over. Without replays nothing is
    sent again, ever: the batch stays unknown until a report or a person settles it.
    """
    with services.sessions.begin() as session:
        claim.expire_leases(session, wave_id, services.clock())
        batches = claim.unknown_batches(session, wave_id)
    if not services.provider.replays:
        return 0
    return sum(_replay(services, batch_id) for batch_id in batches)


def seconds_until_settled(services: Services, wave_id: int) -> float:
    """Return how long to wait until nothing that was being sent can still be under way; 0 when nothing is."""
    with services.sessions.begin() as session:
        ends = claim.lease_ends(session, wave_id)
    return max(0.0, (ends - services.clock()).total_seconds()) + 0.05 if ends else 0.0


def finish_wave(services: Services, wave_id: int) -> Outcome:
    """Close the wave if nothing waits any more; return where its recipients stand."""
    with services.sessions.begin() as session:
        outcome = settle.outcome(session, wave_id)
        if not outcome.waiting:
            campaigns.take(session, wave_id, WaveStep.FINISH, services.clock())
    return outcome


def _claim(services: Services, wave_id: int) -> _Claimed | None:
    now = services.clock()
    lease = timedelta(seconds=services.settings.lease_seconds)
    with services.sessions.begin() as session:
        batch_id = claim.claim(session, wave_id, now, lease)
        if batch_id is None:
            return None
        claim.drop_unwilling(session, batch_id)
        batch = claim.load(session, batch_id)
        if not batch.recipients:
            settle.emptied(session, batch_id, now)
            return _Claimed(batch_id, (), b"", None)
        try:
            rids, body = _prepared(services, batch)
        except DefinitionError as error:
            settle.unprepared(session, batch_id, str(error), now)
            return _Claimed(batch_id, (), b"", None)
        attempt = claim.begin_attempt(session, batch_id, services.provider.name, body_digest(body), now)
        return _Claimed(batch_id, rids, body, attempt)


def _prepared(services: Services, batch: Batch) -> tuple[tuple[str, ...], bytes]:
    plan = slots.merge_plan(batch, services.tokens)
    return tuple(recipient.rid for recipient in plan.recipients), services.provider.prepare(plan)


def _record(services: Services, attempt: Attempt, called: Called) -> int:
    now = services.clock()
    with services.sessions.begin() as session:
        match called.answer:
            case Answer.TAKEN:
                return settle.accepted(session, attempt, called.receipts, now)
            case Answer.NOT_TAKEN:
                settle.not_taken(session, attempt, called.why, now)
            case Answer.REFUSED:
                settle.refused(session, attempt, called.why, now)
            case Answer.UNKNOWN:
                settle.unknown(session, attempt, called.why, now)
    return 0


def _hold_on(services: Services, wave_id: int, called: Called, waits: int, refusals: int) -> None:
    if refusals >= MOST_REFUSALS:
        with services.sessions.begin() as session:
            if campaigns.view(session, wave_id).state is WaveState.SENDING:
                campaigns.take(session, wave_id, WaveStep.PAUSE, services.clock())
        raise ProviderRefused(f"{refusals} batches in a row were refused, the wave is paused: {called.why}")
    if waits >= MOST_WAITS:
        raise NotTaken(f"the email API took nothing {waits} times in a row: {called.why}")


def _replay(services: Services, batch_id: int) -> bool:
    now = services.clock()
    lease = timedelta(seconds=services.settings.lease_seconds)
    with services.sessions.begin() as session:
        newest = claim.newest_attempt(session, batch_id)
        if newest is None or not claim.claim_unknown(session, batch_id, now, lease):
            return False
        attempt, _, _ = newest
        rids, body = _prepared(services, claim.load(session, batch_id))
        why_not = _not_replayable(services, newest, body)
        if why_not:
            settle.unknown(session, attempt, why_not, now)
            return False
    called = call(services.provider, body, attempt.key, rids)
    if called.answer is not Answer.TAKEN:  # that says something of this replay only; the first call may have been taken
        called = Called(Answer.UNKNOWN, why=called.why)
    _record(services, attempt, called)
    return called.answer is not Answer.UNKNOWN


def _not_replayable(services: Services, newest: tuple[Attempt, str, datetime], body: bytes) -> str:
    attempt, provider, began = newest
    if services.clock() - began > KEYS_LIVE:
        return "its key is too old to be asked about; only the provider or a person can tell"
    if provider != services.provider.name:
        return f"it went to {provider}, which is not the provider any more"
    if body_digest(body) != attempt.body_digest:
        return "what would go out now is not what went out then"
    return ""
