"""One call to an email API, by the protocol: what was answered, in words that the ledger can write down."""

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from outreach.errors import (
    AccessRefused,
    ContentRefused,
    NotTaken,
    OutcomeUnknown,
    ProviderBusy,
    ProviderRefused,
)
from outreach.model.mail import Receipt
from outreach.providers.port import Found, PartlyUnknown, Provider, Sought


class Answer(StrEnum):
    """What a call came to."""

    TAKEN = "taken"
    NOT_TAKEN = "not taken"
    REFUSED = "refused"
    REFUSED_TOGETHER = "refused together"
    """One of several mails may be to blame."""
    UNKNOWN = "unknown"
    LOCKED_OUT = "locked out"


@dataclass(frozen=True, slots=True)
class Called:
    """An answer with its receipts, its reason, and how long the API asks to wait.

    An unknown answer has receipts where only some of the mails are in doubt.
    """

    answer: Answer
    receipts: tuple[Receipt, ...] = ()
    why: str = ""
    wait: float = 0.0


MEANINGS: tuple[tuple[type[Exception], Answer], ...] = (
    (NotTaken, Answer.NOT_TAKEN),
    (AccessRefused, Answer.LOCKED_OUT),
    (ContentRefused, Answer.REFUSED_TOGETHER),
    (ProviderRefused, Answer.REFUSED),
    (OutcomeUnknown, Answer.UNKNOWN),
)
"""What each error of a provider says of the call; the first that fits counts."""


def call(provider: Provider, body: bytes, key: str, rids: tuple[str, ...]) -> Called:
    """Make the call once; whatever nobody foresaw counts as unknown."""
    try:
        return Called(Answer.TAKEN, tuple(provider.send(body, key, rids)))
    except PartlyUnknown as error:
        return Called(Answer.UNKNOWN, _with_doubts(error, rids), str(error))
    except Exception as error:
        called = _meant(error)
        alone = called.answer is Answer.REFUSED_TOGETHER and len(rids) == 1
        return replace(called, answer=Answer.REFUSED) if alone else called


def look(provider: Provider, sought: Sought) -> Found | Called:
    """Ask what became of a call; where the provider does not say, why not."""
    try:
        return provider.find(sought)
    except Exception as error:
        return _meant(error)


def body_digest(body: bytes) -> str:
    """Hash of a call's body, to know later whether a replay would say the same."""
    return hashlib.sha256(body).hexdigest()


def _meant(error: Exception) -> Called:
    answer = next((meaning for kind, meaning in MEANINGS if isinstance(error, kind)), None)
    why = str(error) if answer else f"{type(error).__name__}: {error}"
    return Called(answer or Answer.UNKNOWN, why=why, wait=error.seconds if isinstance(error, ProviderBusy) else 1.0)


def _with_doubts(error: PartlyUnknown, rids: tuple[str, ...]) -> tuple[Receipt, ...]:
    """Receipts for all, in order; none where nothing is known of anybody."""
    known = {receipt.rid: receipt for receipt in error.known}
    return tuple(known.get(rid) or Receipt(rid, doubt=str(error)) for rid in rids) if known else ()
