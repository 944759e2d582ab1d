"""What the ledger asks of an email API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outreach.model.mail import MergePlan, Receipt
from outreach.model.provider_report import ProviderReport


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one call may hold."""

    recipients: int
    body_bytes: int


class Provider(Protocol):
    """An email API. Calls are made once: trying again is the ledger's decision, by the protocol for a batch."""

    name: str
    limits: Limits
    replays: bool
    """Whether the same body with the same key is answered again instead of sent again."""

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the call's body; equal plans give equal bytes. `DefinitionError` where the API cannot carry it."""
        ...

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:
        """Make the call; return one receipt per rid, in order.

        Raises `NotTaken` or `ProviderBusy` (may be repeated), `ProviderRefused` (would be refused again) or
        `OutcomeUnknown` (anything may have happened).
        """
        ...

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate a webhook; header names are lower-case. `TokenRefused` where it is not authentic."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
