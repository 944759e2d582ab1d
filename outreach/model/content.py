"""News items and events, from outside (`FeedItem`) and ours (`Content`)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ContentKind(StrEnum):
    """What a piece of content is: something to read, or something to go to."""

    NEWS = "news"
    EVENT = "event"


class SourceKind(StrEnum):
    """Where content is pulled from."""

    FEED = "feed"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One entry as a source gave it: text unsafe to show unescaped, times aware or, for floating ones, None's kin.

    *uid* is stable within its source. *body* is plain text. *starts* and *ends* are aware; an item with *starts* is
    an event. *cancelled* is the source's word that the event will not take place. *image* is the https address of a
    picture, *image_alt* what the source says it shows.
    """

    uid: str
    title: str
    link: str
    body: str = ""
    language: str | None = None
    published: datetime | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    place: str = ""
    cancelled: bool = False
    image: str = ""
    image_alt: str = ""

    @property
    def kind(self) -> ContentKind:
        """An item that starts at some time is an event."""
        return ContentKind.EVENT if self.starts else ContentKind.NEWS

    @property
    def digest(self) -> str:
        """Hash of everything a reader could notice; equal digests mean nothing was edited."""
        seen = (
            self.title, self.link, self.body, self.language, self.place, self.cancelled,
            self.starts and self.starts.isoformat(), self.ends and self.ends.isoformat(),
            *([self.image, self.image_alt] if self.image else ()),
        )  # fmt: skip
        return hashlib.sha256(repr(seen).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Content:
    """A news item or event as we keep it; *revision* counts from 1 and grows with every edit at the source."""

    id: int
    kind: ContentKind
    topic: str
    language: str
    title: str
    link: str
    body: str
    published: datetime
    revision: int = 1
    starts: datetime | None = None
    ends: datetime | None = None
    place: str = ""
    cancelled: bool = False
    image: str = ""
    image_alt: str = ""
