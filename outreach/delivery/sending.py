"""One call to an email API, by the protocol: what was answered, in words that the ledger can write down."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from outreach.errors import NotTaken, OutcomeUnknown, ProviderBusy, ProviderRefused
from outreach.model.mail import Receipt
from outreach.providers.port import Provider


class Answer(StrEnum):
    """What a call came to."""

    TAKEN = "taken"
    NOT_TAKEN = "not taken"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Called:
    """An answer with its receipts, its reason, and how long the API asks to wait."""

    answer: Answer
    receipts: tuple[Receipt, ...] = ()
    why: str = ""
    wait: float = 0.0


def call(provider: Provider, body: bytes, key: str, rids: tuple[str, ...]) -> Called:
    """Make the call once; whatever nobody foresaw counts as unknown."""
    try:
        return Called(Answer.TAKEN, tuple(provider.send(body, key, rids)))
    except ProviderBusy as error:
        return Called(Answer.NOT_TAKEN, why=str(error), wait=error.seconds)
    except NotTaken as error:
        return Called(Answer.NOT_TAKEN, why=str(error), wait=1.0)
    except ProviderRefused as error:
        return Called(Answer.REFUSED, why=str(error))
    except OutcomeUnknown as error:
        return Called(Answer.UNKNOWN, why=str(error))
    except Exception as error:
        return Called(Answer.UNKNOWN, why=f"{type(error).__name__}: {error}")


def body_digest(body: bytes) -> str:
    """Hash of a call's body, to know later whether a replay would say the same."""
    return hashlib.sha256(body).hexdigest()
