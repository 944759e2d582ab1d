"""What the ledger asks of an email API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from outreach.errors import OutcomeUnknown
from outreach.model.mail import MergePlan, Receipt
from outreach.model.provider_report import ProviderReport


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one call may hold."""

    recipients: int
    body_bytes: int


class Granularity(StrEnum):
    """What an API gives an id and an answer to."""

    MAIL = "mail"
    CALL = "call"


class PartlyUnknown(OutcomeUnknown):
    """Nobody can tell what became of some mails of a call; *known* are the receipts of all others, in order."""

    def __init__(self, message: str, known: Sequence[Receipt]) -> None:
        self.known = tuple(known)
        super().__init__(message)


class Provider(Protocol):
    """An email API. Calls are made once: trying again is the ledger's decision, by the protocol for a batch."""

    name: str
    describes: str
    """What staff should know who choose it: where it is, and what it cannot do."""
    limits: Limits
    merges: bool
    """Whether the message travels once a call with the values of the slots beside it."""
    granularity: Granularity
    replays: bool
    """Whether the same body with the same key is answered again instead of sent again."""
    listens: bool
    """Whether it tells by webhook what became of a mail."""

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the call's body; equal plans give equal bytes. `DefinitionError` where the API cannot carry it."""
        ...

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:
        """Make the call; return one receipt per rid, in order.

        Raises `NotTaken` or `ProviderBusy` (may be repeated), `ProviderRefused` (would be refused again),
        `OutcomeUnknown` (anything may have happened) or, where mails go one by one, `PartlyUnknown`.
        """
        ...

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate a webhook; header names are lower-case. `TokenRefused` where it is not authentic."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
