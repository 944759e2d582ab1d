"""A campaign folder, read: what is said, to whom, in which languages, and what readers are asked to do."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from outreach.model.trial import Trial

Words = Mapping[str, str]
"""The same words per language code."""


class Layout(StrEnum):
    """The mail template that a wave is set in; the file's stem under `templates/mail/`."""

    NEWSLETTER = "newsletter"
    CALL = "call"
    INVITATION = "invitation"  # to the wave's event, whose facts stand on top
    LETTER = "letter"  # from one person to another, signed


class Edition(StrEnum):
    """Which language a recipient gets."""

    PREFERENCE = "preference"  # one's own; both stacked where none is known or the address is a function's
    STACKED = "stacked"  # all languages in one mail, the recipient's first


class FieldKind(StrEnum):
    """How a form asks for a value."""

    LINE = "line"
    TEXT = "text"
    EMAIL = "email"
    CHOICE = "choice"
    CHECK = "check"


class Standing(StrEnum):
    """What an answer to a call gives: where there are places, one of them or the waiting list."""

    SUBMITTED = "submitted"
    REGISTERED = "registered"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. *choices* maps stored values to words per language; *limit* counts characters."""

    name: str
    kind: FieldKind
    label: Words
    required: bool = True
    help: Words = field(default_factory=dict)
    choices: Mapping[str, Words] = field(default_factory=dict)
    limit: int = 500


@dataclass(frozen=True, slots=True)
class Call:
    """A call to action with a form of its own. *fold_by* names the field whose equal values count as one.

    *capacity* is how many places there are; who answers when they are taken comes on the waiting list.
    """

    slug: str
    title: Words
    intro: Words
    button: Words
    thanks: Words
    fields: tuple[Field, ...]
    goal: int | None = None
    fold_by: str | None = None
    closes: datetime | None = None
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a mail comes from; *name* is one for all languages, or one in each of them.

    *imprint* per language is the legal notice that German law asks for.
    """

    name: str | Words
    email: str
    reply_to: str
    imprint: Words

    def name_in(self, language: str) -> str:
        """Return the name as it is written in *language*, else in the first that it is written in."""
        if isinstance(self.name, str):
            return self.name
        return self.name.get(language) or next(iter(self.name.values()))


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the campaign's own. *place* is a name with its address; *url* leads to its page, empty: none."""

    slug: str
    title: Words
    starts: datetime
    ends: datetime
    place: Words
    summary: Words = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs a letter. *portrait* is a picture in the campaign's `assets/` or on the web, *alt* what it shows."""

    name: str
    role: Words
    portrait: str = ""
    alt: Words = field(default_factory=dict)


class Order(StrEnum):
    """Which news comes first in a newsletter."""

    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class DigestRules:
    """How the issues of a newsletter are composed.

    *topics* are what each audience reads about; who is not named reads of the campaign's own topic. *pinned* are links
    of items that come first, in this order, whatever their age. *first_days* is how far back an issue looks for
    news that was not told.
    """

    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pinned: tuple[str, ...] = ()
    order: Order = Order.NEWEST
    images: bool = True
    first_days: int = 30


@dataclass(frozen=True, slots=True)
class WaveDefinition:
    """One mailing of a campaign, before it exists in the database.

    *audiences* in order of precedence: who is in two of them counts in the first. *bodies* holds one markdown source
    per language. *news* and *events* are how many items of the campaign's topic go in, at most. *event* names the
    campaign's own event that an invitation is about; *signed* says whose letter it is; with *digest* it is a
    newsletter, which comes in issues, and *issue* is the number of the one that is written. With *trial* a share goes
    first; *other* holds the second version of the texts where two are tried. *version* is `b` where *bodies* are those.
    """

    name: str
    title: Words
    audiences: tuple[str, ...]
    layout: Layout
    bodies: Mapping[str, "Body"]
    edition: Edition = Edition.PREFERENCE
    call: str | None = None
    news: int = 0
    events: int = 0
    event: str | None = None
    signed: Signature | None = None
    digest: DigestRules | None = None
    issue: int = 1
    trial: Trial | None = None
    other: Mapping[str, "Body"] = field(default_factory=dict)
    version: str = ""

    @property
    def stem(self) -> str:
        """What the names of its texts begin with, and what one looks at it by: `start`, or `start.b`."""
        return f"{self.name}.{self.version}" if self.version else self.name

    @property
    def versions(self) -> tuple["WaveDefinition", ...]:
        """The wave with its own texts, and, where two versions are tried, with the others."""
        return (self, replace(self, bodies=self.other, other={}, version="b")) if self.other else (self,)


@dataclass(frozen=True, slots=True)
class Body:
    """The words of a wave in one language. *source* says where they stand, for errors.

    *translated_from* is the digest of the text that this one was translated from, empty where nobody wrote it down.
    """

    subject: str
    preheader: str
    markdown: str
    source: str
    translated_from: str = ""

    @property
    def digest(self) -> str:
        """Hash of the words, short enough to stand in a file; blanks around them do not count."""
        seen = "\n".join((self.subject, self.preheader, self.markdown.strip()))
        return hashlib.sha256(seen.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign: languages in house order (the first is the house's own), its calls, events, waves and newsletters.

    *differs* is what may differ between the languages of its words, by the keys that lead to them.
    """

    slug: str
    title: Words
    summary: Words
    topic: str
    languages: tuple[str, ...]
    sender: Sender
    calls: Mapping[str, Call]
    waves: Mapping[str, WaveDefinition]
    demands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    events: Mapping[str, Event] = field(default_factory=dict)
    newsletters: Mapping[str, WaveDefinition] = field(default_factory=dict)
    differs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def assets(self) -> Path | None:
        """The folder of pictures and files to download, if the campaign has a folder."""
        return self.folder / "assets" if self.folder else None
