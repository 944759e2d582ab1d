"""The state machines of a wave, of its batches and of one delivery; each a table."""

from collections.abc import Mapping
from enum import StrEnum

from outreach.errors import StateError


class WaveState(StrEnum):
    """Where a wave stands."""

    DRAFT = "draft"
    PLANNED = "planned"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


class WaveStep(StrEnum):
    """What is done to a wave."""

    PLAN = "plan"
    APPROVE = "approve"
    VOID = "void"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"
    REOPEN = "reopen"
    CANCEL = "cancel"


_W, _S = WaveState, WaveStep

WAVE: Mapping[tuple[WaveState, WaveStep], WaveState] = {
    (_W.DRAFT, _S.PLAN): _W.PLANNED,
    (_W.PLANNED, _S.PLAN): _W.PLANNED,
    (_W.PLANNED, _S.APPROVE): _W.APPROVED,
    (_W.APPROVED, _S.VOID): _W.PLANNED,
    (_W.APPROVED, _S.START): _W.SENDING,
    (_W.SENDING, _S.START): _W.SENDING,
    (_W.SENDING, _S.PAUSE): _W.PAUSED,
    (_W.PAUSED, _S.RESUME): _W.SENDING,
    (_W.SENDING, _S.FINISH): _W.SENT,
    (_W.SENT, _S.FINISH): _W.SENT,
    (_W.SENT, _S.REOPEN): _W.SENDING,
    (_W.SENDING, _S.REOPEN): _W.SENDING,
    (_W.PAUSED, _S.REOPEN): _W.PAUSED,
    (_W.DRAFT, _S.CANCEL): _W.CANCELLED,
    (_W.PLANNED, _S.CANCEL): _W.CANCELLED,
    (_W.APPROVED, _S.CANCEL): _W.CANCELLED,
    (_W.SENDING, _S.CANCEL): _W.CANCELLED,
    (_W.PAUSED, _S.CANCEL): _W.CANCELLED,
}


BY_PEOPLE = (_S.PLAN, _S.APPROVE, _S.START, _S.PAUSE, _S.RESUME, _S.CANCEL)
"""The steps that a person can take; the others follow from something else."""

OVER: Mapping[WaveState, str] = {
    _W.SENT: "wave-leftovers sends again to those it did not reach",
    _W.CANCELLED: "nothing of it is sent any more; whom it did not reach, another wave can write to",
}
"""What can still be done about a wave on which no step can be taken any more."""


def wave_after(state: WaveState, step: WaveStep) -> WaveState:
    """Return the wave's state after *step*, or refuse with what a person can do now."""
    try:
        return WAVE[state, step]
    except KeyError:
        possible = [s for s in BY_PEOPLE if WAVE.get((state, s), state) is not state]
        then = OVER.get(state) or f"possible now: {', '.join(possible)}"
        raise StateError(f"a wave that is {state} cannot {step}; {then}") from None


class BatchState(StrEnum):
    """Where one API call's worth of a wave stands; see "The protocol for a batch" in ARCHITECTURE.md."""

    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What became of one delivery; where a row says nothing of its own, its batch's state speaks for it."""

    PLANNED = "planned"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


ARRIVED = (Status.ACCEPTED, Status.DELIVERED, Status.COMPLAINED)
WRITTEN_TO = (*ARRIVED, Status.DEFERRED, Status.BOUNCED, Status.UNKNOWN)
ON_ITS_WAY = (BatchState.SENDING, BatchState.ACCEPTED, BatchState.UNKNOWN)
"""Batches whose recipients are written to, or may have been."""
SPOKEN_FOR: Mapping[BatchState, Status] = {
    BatchState.PLANNED: Status.PLANNED,
    BatchState.SENDING: Status.PLANNED,
    BatchState.ACCEPTED: Status.ACCEPTED,
    BatchState.REFUSED: Status.REFUSED,
    BatchState.UNKNOWN: Status.UNKNOWN,
}
"""What a batch's state means for a delivery that has no status of its own."""


class Kind(StrEnum):
    """What a provider reports of one delivery, in our words."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"  # hard: this address will not work
    SOFT_BOUNCED = "soft_bounced"  # given up for now; the address may work
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    REFUSED = "refused"


_T, _K = Status, Kind
_OPEN = (_T.PLANNED, _T.UNKNOWN, _T.ACCEPTED, _T.DEFERRED)

TRANSITIONS: Mapping[tuple[Status, Kind], Status] = {
    **{(at, _K.ACCEPTED): _T.ACCEPTED for at in (_T.PLANNED, _T.UNKNOWN)},
    **{(at, _K.DEFERRED): _T.DEFERRED for at in _OPEN},
    **{(at, _K.DELIVERED): _T.DELIVERED for at in _OPEN},
    **{(at, _K.BOUNCED): _T.BOUNCED for at in (*_OPEN, _T.DELIVERED)},  # late bounces follow a delivery
    **{(at, _K.SOFT_BOUNCED): _T.BOUNCED for at in _OPEN},
    **{(at, _K.COMPLAINED): _T.COMPLAINED for at in (*_OPEN, _T.DELIVERED)},
    **{(at, _K.REFUSED): _T.REFUSED for at in _OPEN},
}


def status_after(status: Status, kind: Kind) -> Status:
    """Return the status once *kind* has happened; late and repeated reports change nothing."""
    return TRANSITIONS.get((status, kind), status)
