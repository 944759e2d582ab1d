"""One call to an email API, by the protocol: what was answered, in words that the ledger can write down."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from outreach.errors import AccessRefused, NotTaken, OutcomeUnknown, ProviderBusy, ProviderRefused
from outreach.model.mail import Receipt
from outreach.providers.port import Provider


class Answer(StrEnum):
    """What a call came to."""

    TAKEN = "taken"
    NOT_TAKEN = "not taken"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    LOCKED_OUT = "locked out"


@dataclass(frozen=True, slots=True)
class Called:
    """An answer with its receipts, its reason, and how long the API asks to wait."""

    answer: Answer
    receipts: tuple[Receipt, ...] = ()
    why: str = ""
    wait: float = 0.0


MEANINGS: tuple[tuple[type[Exception], Answer], ...] = (
    (NotTaken, Answer.NOT_TAKEN),
    (AccessRefused, Answer.LOCKED_OUT),
    (ProviderRefused, Answer.REFUSED),
    (OutcomeUnknown, Answer.UNKNOWN),
)
"""What each error of a provider says of the call; the first that fits counts."""


def call(provider: Provider, body: bytes, key: str, rids: tuple[str, ...]) -> Called:
    """Make the call once; whatever nobody foresaw counts as unknown."""
    try:
        return Called(Answer.TAKEN, tuple(provider.send(body, key, rids)))
    except Exception as error:
        answer = next((meaning for kind, meaning in MEANINGS if isinstance(error, kind)), None)
        why = str(error) if answer else f"{type(error).__name__}: {error}"
        return Called(answer or Answer.UNKNOWN, why=why, wait=error.seconds if isinstance(error, ProviderBusy) else 1.0)


def body_digest(body: bytes) -> str:
    """Hash of a call's body, to know later whether a replay would say the same."""
    return hashlib.sha256(body).hexdigest()
