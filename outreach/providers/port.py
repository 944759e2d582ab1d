"""What the ledger asks of an email API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from outreach.errors import OutcomeUnknown
from outreach.model.mail import MergePlan, Receipt
from outreach.model.provider_report import ProviderReport
from outreach.providers.rate import Rate


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one call may hold."""

    recipients: int
    body_bytes: int


KEYS_LIVE = timedelta(hours=23)
"""Most who replay remember a key for 24 hours (email-apis.md); after that a replay would be a second mail."""

SETTLES = timedelta(minutes=15)
"""How long an API's own list may be behind its mails, at least (email-apis.md)."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is asked about a call: its mails that nobody can tell about, by rid with their addresses.

    *call* is the rid of the call's first mail, by which some APIs know it; *since* is when it was made, or a little
    before.
    """

    mails: Mapping[str, str]
    call: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What an API knows: a receipt for each mail it took. Unless *whole*, there was no time to ask about the others."""

    receipts: tuple[Receipt, ...] = ()
    whole: bool = True


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
    """Whether the same body with the same key is never sent again, so that a call may be repeated to learn of it."""
    keys_live: timedelta
    """For how long after a call that holds."""
    looks_up: bool
    """Whether it can be asked what became of a call."""
    settles: timedelta
    """How long after a call "not found" still says nothing."""
    listens: bool
    """Whether it tells by webhook what became of a mail."""

    @property
    def account(self) -> str:
        """Tell the account that is called, and asked, from others of the provider (`account.named`)."""
        ...

    @property
    def rate(self) -> Rate | None:
        """How much it takes in a second by default; None where its makers do not say."""
        ...

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the call's body; equal plans give equal bytes. `DefinitionError` where the API cannot carry it."""
        ...

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:
        """Make the call; return one receipt per rid, in order.

        Raises `NotTaken` or `ProviderBusy` (may be repeated), `ProviderRefused` (would be refused again),
        `OutcomeUnknown` (anything may have happened) or, where mails go one by one, `PartlyUnknown`.
        """
        ...

    def find(self, sought: Sought) -> Found:
        """Ask what became of a call; nothing is sent. The errors are those of `send`, and settle nothing."""
        ...

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate a webhook; header names are lower-case. `TokenRefused` where it is not authentic."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class NoLookUp:
    """An API that cannot be asked: its webhooks tell, or a replay, or a person."""

    looks_up = False
    settles = SETTLES

    def find(self, sought: Sought) -> Found:
        """Find nothing."""
        raise OutcomeUnknown(f"the API of call {sought.call} has no list that could be asked")


class NoReplays:
    """An API that knows no keys: a repeated call sends again."""

    replays = False
    keys_live = timedelta(0)
