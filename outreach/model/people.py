"""Contacts, the organisations they belong to, and what they agreed to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AddressKind(StrEnum):
    """Whether an address belongs to a person or to a function (info@, gemeente@)."""

    PERSONAL = "personal"
    ROLE = "role"


class Basis(StrEnum):
    """On what ground an address may be written to."""

    CONSENT = "consent"
    MEMBERSHIP = "membership"
    PUBLISHED = "published"  # by an organisation, for this purpose (Tw 11.7)


class ConsentAct(StrEnum):
    """The ledger of consent is append-only: it is given and it is withdrawn."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class SuppressionReason(StrEnum):
    """Why an address is never written to again, whatever a segment says."""

    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    BY_HAND = "by_hand"


TRACKING = "tracking"
"""The consent topic under which opens may be recorded per person; other topics are subjects people subscribe to."""


class Frequency(StrEnum):
    """How often at most a person wants mail, whatever the topic; nothing said is `EVERY`."""

    EVERY = "every"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


DAYS_BETWEEN: Mapping[Frequency, int] = {Frequency.EVERY: 0, Frequency.WEEKLY: 7, Frequency.MONTHLY: 30}
"""Days that lie between two mails at least."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One act in the ledger of consent: who gave or withdrew what, on which ground, with which evidence.

    *text* is what the person agreed to, to the letter, in *language* and *version*. *requested_at* is when it was asked
    for, *confirmed_at* when the person confirmed it (double opt-in) or, for an import, the date of the evidence.
    *source* names the form's address or the file.
    """

    topic: str
    act: ConsentAct
    basis: Basis
    evidence: str
    source: str
    at: datetime
    language: str | None = None
    text: str = ""
    version: str = ""
    requested_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """From when it holds: when it was confirmed, or the date of an import's evidence; else when it was said."""
        return self.confirmed_at or self.at


@dataclass(frozen=True, slots=True)
class Topic:
    """What people subscribe to: its name for them, and the sentence they agree to, per language, with its version."""

    name: str
    titles: Mapping[str, str]
    texts: Mapping[str, str]
    version: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """A member body or municipality; *code* is the official one (CBS `GM0363`, AGS `05382060`) where there is one.

    *municipality* is the official code of the municipality where it sits (a municipality's own); *region* is the
    labour-market region in the Netherlands, elsewhere what the user calls a region.
    """

    name: str
    kind: str = ""
    code: str = ""
    region: str = ""
    country: str = ""
    province: str = ""
    municipality: str = ""


def masked(email: str) -> str:
    """Return an address that cannot be written to, and that whoever knows it still recognises."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}…@{domain}"


def attribute_key(heading: str) -> str:
    """Return the name under which an attribute is kept: `Sector ` and `sector` are one; safe in a JSON path."""
    return " ".join(re.sub(r'["\\]', " ", heading).split()).casefold()
