"""What the ledger hands to the one who sends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from outreach.model.mail import Message
from outreach.model.preflight import Finding


class Frozen(NamedTuple):
    """One recipient as frozen at planning; *tracked* says whether opens and clicks may be kept per person.

    A tuple, since one is made for every recipient, and a frozen dataclass takes four times as long to make.
    """

    delivery_id: int
    wave_id: int
    email: str
    first_name: str
    organisation: str
    tracked: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """One API call's worth of a wave, in the order in which receipts come back."""

    id: int
    wave_id: int
    number: int
    message: Message
    recipients: tuple[Frozen, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send a batch: its idempotency key and the hash of the body that went out.

    *lease* is how long whoever makes the call holds the batch: only the holder may say that nothing was taken.
    """

    id: int
    batch_id: int
    key: str
    body_digest: str
    lease: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """A planned wave: who gets what, who is left out and why, and the digest that an approval holds on to."""

    wave_id: int
    digest: str
    recipients: int
    cells: Mapping[tuple[str, str], int]
    out: Mapping[str, int]
    subjects: Mapping[str, str]
    findings: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a wave stands after sending: recipients by what became of their batch."""

    accepted: int
    refused: int
    unknown: int
    waiting: int
