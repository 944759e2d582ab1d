"""Why a person gets a mail, or does not: what the steps found, for the terminal and for the person's own page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from outreach.audience.predicates import Named
from outreach.model.campaign import Words
from outreach.model.cap import Cap
from outreach.model.people import AddressKind, Consent, ConsentAct, Frequency, SuppressionReason
from outreach.model.segment import Judged
from outreach.model.wave import Status


@dataclass(frozen=True, slots=True)
class Person:
    """An address in our files. *joined* is when it came in."""

    id: int
    email: str
    first_name: str
    language: str | None
    organisation_id: int | None
    organisation: str
    frequency: Frequency
    joined: datetime
    kind: AddressKind = AddressKind.PERSONAL
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Aim:
    """The wave that is explained. *wave_id* is None where it was never planned; *hidden*: a letter of the house."""

    campaign: str
    wave: str
    titles: Words
    topic: str
    languages: tuple[str, ...]
    audiences: tuple[str, ...]
    wave_id: int | None = None
    planned_at: datetime | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What may be said about a topic: the newest *act*, and since when consent has been in force, if it is."""

    act: Consent
    since: datetime | None

    @property
    def in_force(self) -> bool:
        """The person may be written to."""
        return self.act.act is ConsentAct.GIVEN


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that is never written to."""

    reason: SuppressionReason
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """How often the person wants mail, when we last wrote (this wave apart), and whether that is too lately now."""

    frequency: Frequency
    last: datetime | None
    too_soon: bool


@dataclass(frozen=True, slots=True)
class Had:
    """How many mails the person had (this wave apart) in the days for which the house has a cap on them."""

    mails: int
    cap: Cap

    @property
    def enough(self) -> bool:
        """One more now would be too many."""
        return self.mails >= self.cap.mails


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says: the wave was frozen for this person, in which audience, and what became of it."""

    delivery_id: int
    contact_id: int
    wave_id: int
    email: str
    audience: str
    variant: str
    status: Status
    tracked: bool


class Out(StrEnum):
    """Why an audience does not take somebody, by the first reason that holds."""

    RULES = "its rules do not let this person in"
    SUPPRESSED = "the address is suppressed"
    NO_CONSENT = "no consent for the topic is in force"
    TOO_SOON = "the person was written to too lately for their wish"
    HAD_ENOUGH = "the person had as many mails as the house sends to one person"
    ANOTHER_ADDRESS = "another address of the same organisation is taken"
    BEYOND_THE_CAP = "the audience may have no more people"
    UNREADABLE = "the audience cannot be read"


@dataclass(frozen=True, slots=True)
class Hearing:
    """One audience and one person, as things are now: rule by rule, and why not, if not.

    *instead* are the addresses of the same organisation that are taken; *fault* says why a file cannot be read.
    """

    audience: str
    titles: Words = field(default_factory=dict)
    judged: Judged | None = None
    out: Out | None = None
    instead: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that decides whether a wave is for an address. *person* is None where nobody has it (any more).

    *names* are the titles of what the rules name: topics, waves, calls.
    """

    email: str
    aim: Aim
    person: Person | None
    forgotten_at: datetime | None = None
    suppression: Suppression | None = None
    ground: Ground | None = None
    wish: Wish | None = None
    had: Had | None = None
    hearings: tuple[Hearing, ...] = ()
    entry: Entry | None = None
    names: Mapping[tuple[Named, str], Words] = field(default_factory=dict)

    @property
    def cap(self) -> Cap | None:
        """The house's cap, where it has one."""
        return self.had.cap if self.had else None

    @property
    def taken_by(self) -> str | None:
        """The first audience that takes the person now, which is the one that would count."""
        return next((each.audience for each in self.hearings if each.out is None), None)
