"""The legs from an approved wave to a sent one. Any of them may die at any moment and be started again."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import claim, due, look_up, settle
from outreach.delivery.queries.standing import stands_since
from outreach.delivery.sending import Answer, Called, body_digest
from outreach.errors import DefinitionError, NotTaken, OutcomeUnknown, ProviderRefused
from outreach.model.cap import Cap
from outreach.model.delivery import Attempt, Outcome
from outreach.model.mail import Message
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services
from outreach.steps import pacing, trials
from outreach.steps.breaking import Watch
from outreach.steps.calling import make, prepared, record
from outreach.steps.resolving import is_askable, replays_at
from outreach.store import reading

log = logging.getLogger(__name__)

AT_REST = timedelta(minutes=10)
"""A wave in which people wait and no call was made for so long has lost whoever sent it."""

MOST_WAITS = 5
"""How often in a row a provider may ask to wait before the lane gives up and is tried again later."""

MOST_REFUSALS = 3
"""Batches refused in a row after which the wave is paused: the fault is not in one batch."""

MOST_UNKNOWN = 3
"""Calls without a usable answer in a row after which a lane stops using up batches that nobody can tell about."""

Wait = Callable[[float], None]
Pace = Callable[[int], None]
"""Given how many mails are about to go; returns when they may."""


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A batch to call for, or, without an attempt, one that was closed without a call."""

    batch_id: int
    rids: tuple[str, ...] = ()
    body: bytes = b""
    attempt: Attempt | None = None
    called: Called | None = None


@dataclass(frozen=True, slots=True)
class _Streak:
    """How many calls in a row came to the same."""

    of: Answer = Answer.TAKEN
    length: int = 0

    def after(self, answer: Answer) -> "_Streak":
        return _Streak(answer, self.length + 1 if answer is self.of else 1)


def send_batches(services: Services, wave_id: int, wait: Wait, pace: Pace | None = None) -> int:
    """Claim and send batches until none is left or the wave no longer sends; return recipients accepted.

    *pace* is asked before each batch is claimed, so that no lease runs out while it waits. A wave that comes to more
    bounces, complaints or errors than `OUTREACH_STOP_AT` allows is paused, and this returns.

    *wait* is given the seconds that a provider asks for. After `MOST_WAITS` waits or `MOST_UNKNOWN` unknown outcomes
    in a row the reason is raised: the lane may be tried again. After `MOST_REFUSALS` refused batches in a row, or when
    the provider does not let us in, the wave is paused.
    """
    sent = 0
    streak = _Streak()
    watch = Watch(services, wave_id)
    messages: dict[int, Message] = {}
    while not watch.look() and (claimed := _next(services, wave_id, pace, messages)) is not None:
        called = claimed.called
        if claimed.attempt is not None:
            called = make(services, claimed.attempt, claimed.body, claimed.rids)
            sent += record(services, claimed.attempt, called)
        if called is None:
            continue
        log.info("batch %s: %s", claimed.batch_id, called.answer, extra={"wave_id": wave_id})
        if called.answer is not Answer.REFUSED_TOGETHER:  # its halves will tell
            streak = streak.after(called.answer)
        _hold_on(services, wave_id, called, streak)
        if called.answer is Answer.NOT_TAKEN:
            wait(min(called.wait, 60.0))
    return sent


def seconds_until_settled(services: Services, wave_id: int) -> float:
    """Return how long to wait until nothing that was being sent can still be under way; 0 when nothing is."""
    with services.sessions.begin() as session:
        ends = claim.lease_ends(session, wave_id)
    return max(0.0, (ends - services.clock()).total_seconds()) + 0.05 if ends else 0.0


def seconds_until_due(services: Services, wave_id: int) -> float | None:
    """Return how long until anything of a wave goes on by itself; None where nothing waits for its time.

    That is when whoever was put off may be tried again, an unknown call be looked up, or be made again after quiet
    hours, or what came of a trial be seen.
    """
    provider = services.provider
    with reading(services.sessions) as session:
        looks = look_up.due_at(session, wave_id, provider.name) if provider.looks_up else None
        moments = (claim.due_at(session, wave_id), looks, replays_at(services, session, wave_id))
    left = [max(0.0, (moment - services.clock()).total_seconds()) for moment in moments if moment]
    decided = trials.seconds_until_due(services, wave_id)
    return min(left if decided is None else [*left, decided], default=None)


def waves_with_due(services: Services) -> list[int]:
    """Return the waves under way in which somebody who was put off may be tried again now, or nobody sends any more."""
    with reading(services.sessions) as session:
        put_off = claim.waves_with_due(session, services.clock())
        under_way = [wave.id for wave in campaigns.all_waves(session, WaveState.SENDING)]
    return sorted({*put_off, *(wave_id for wave_id in under_way if is_at_rest(services, wave_id))})


def is_at_rest(services: Services, wave_id: int) -> bool:
    """Return whether people of a wave under way could have been written to for `AT_REST`, and nobody was."""
    with reading(services.sessions) as session:
        if campaigns.view(session, wave_id).state is not WaveState.SENDING:
            return False
        since = stands_since(session, wave_id)
    return since is not None and services.clock() - since > AT_REST


def waves_to_close(services: Services) -> list[int]:
    """Return the waves under way in which nobody waits and nothing unknown can be asked about any more.

    Whoever sent them closes them, unless they were gone by then, as where a key grew too old while a machine was off.
    """
    with reading(services.sessions) as session:
        return [wave_id for wave_id in due.nothing_left(session) if not is_askable(services, session, wave_id)]


def batches_due(services: Services, wave_id: int) -> int:
    """Return how many calls of a wave may be made now."""
    with reading(services.sessions) as session:
        return due.batches(session, wave_id, services.clock())


def is_claimable(services: Services, wave_id: int) -> bool:
    """Return whether somebody of the wave could be written to now."""
    with reading(services.sessions) as session:
        return claim.next_size(session, wave_id, services.clock()) is not None


def finish_wave(services: Services, wave_id: int) -> Outcome:
    """Close the wave if nothing waits any more and nothing unknown can be asked about; return where it stands."""
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)  # nobody lines up what was found not to have been taken meanwhile
        outcome = settle.outcome(session, wave_id)
        state = campaigns.view(session, wave_id).state
        if state is WaveState.SENDING and not outcome.waiting and not is_askable(services, session, wave_id):
            campaigns.take(session, wave_id, WaveStep.FINISH, services.clock())
    return outcome


def _next(services: Services, wave_id: int, pace: Pace | None, messages: dict[int, Message]) -> _Claimed | None:
    if pace is not None:
        with reading(services.sessions) as session:
            size = claim.next_size(session, wave_id, services.clock())
        if size is None:
            return None
        pace(size)
    return _claim(services, wave_id, messages)


def _claim(services: Services, wave_id: int, messages: dict[int, Message] | None = None) -> _Claimed | None:
    with services.sessions.begin() as session:
        now = services.clock()  # after the write lock was waited for: a lease begins when the batch is held
        lease = now + timedelta(seconds=services.settings.lease_seconds)
        batch_id = claim.claim(session, wave_id, now, lease)
        if batch_id is None:
            return None
        if pacing.held_back(services, session, batch_id, now):
            return _Claimed(batch_id)
        claim.set_apart(session, batch_id, now)
        claim.drop_unwilling(session, batch_id, now, Cap.read(services.settings.frequency_cap))
        batch = claim.load(session, batch_id, messages)
        if not batch.recipients:
            settle.emptied(session, batch_id, now)
            return _Claimed(batch_id)
        try:
            rids, body = prepared(services, batch)
        except DefinitionError as error:
            settle.unprepared(session, batch_id, str(error), now)
            return _Claimed(batch_id, called=Called(Answer.REFUSED, why=str(error)))
        pacing.count(services, session, batch, now)
        provider = services.provider
        attempt = claim.begin_attempt(
            session, batch_id, provider.name, body_digest(body), now=now, lease=lease, account=provider.account
        )
        return _Claimed(batch_id, rids, body, attempt)


def _hold_on(services: Services, wave_id: int, called: Called, streak: _Streak) -> None:
    if called.answer is Answer.LOCKED_OUT:
        _pause(services, wave_id, "the email API does not let us in; mend its key or account, then resume the wave")
        raise ProviderRefused(f"the email API does not let us in, the wave is paused and nobody is lost: {called.why}")
    if streak.of is Answer.REFUSED and streak.length >= MOST_REFUSALS:
        _pause(services, wave_id, f"{streak.length} batches in a row were refused; its batches say why")
        raise ProviderRefused(f"{streak.length} batches in a row were refused, the wave is paused: {called.why}")
    if streak.of is Answer.NOT_TAKEN and streak.length >= MOST_WAITS:
        raise NotTaken(f"the email API took nothing {streak.length} times in a row: {called.why}")
    if streak.of is Answer.UNKNOWN and streak.length >= MOST_UNKNOWN:
        raise OutcomeUnknown(f"{streak.length} calls in a row had no usable answer: {called.why}")


def _pause(services: Services, wave_id: int, why: str) -> None:
    with services.sessions.begin() as session:
        campaigns.hold(session, wave_id)
        if campaigns.view(session, wave_id).state is WaveState.SENDING:
            campaigns.take(session, wave_id, WaveStep.PAUSE, services.clock(), why=why)
