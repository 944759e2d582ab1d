"""Contacts, the organisations they belong to, and what they agreed to."""

import re
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Consent:
    """One act in the ledger of consent: who gave or withdrew what, on which ground, with which evidence."""

    topic: str
    act: ConsentAct
    basis: Basis
    evidence: str
    source: str
    at: datetime
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """A member body or municipality; *code* is the official one (CBS `GM0363`, AGS `05382060`) where there is one."""

    name: str
    kind: str = ""
    code: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """One address. *email* is normalised; *language* is None where nobody said."""

    email: str
    first_name: str = ""
    last_name: str = ""
    language: str | None = None
    kind: AddressKind = AddressKind.PERSONAL
    groups: tuple[str, ...] = ()
    external_id: str | None = None
    organisation: Organisation | None = None
    attributes: dict[str, str] = field(default_factory=dict)


def attribute_key(heading: str) -> str:
    """Return the name under which an attribute is kept: `Sector ` and `sector` are one; safe in a JSON path."""
    return " ".join(re.sub(r'["\\]', " ", heading).split()).casefold()
