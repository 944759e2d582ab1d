"""An issue of a newsletter: what is in it for whom, and what a person wants otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from outreach.model.content import Content, ContentKind


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of content as an issue has it. *key* stays the same wherever, and however often, it is published."""

    key: str
    kind: ContentKind
    title: str
    starts: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What *audiences* read in one language. Where nothing is new, nobody is written to in that language.

    *more* is how many items did not fit in, and wait for the next issue.
    """

    audiences: tuple[str, ...]
    language: str
    items: tuple[Item, ...]
    left_out: tuple[Item, ...] = ()
    more: int = 0
    new: bool = True


@dataclass(frozen=True, slots=True)
class Changes:
    """What a person wants otherwise: keys of items *left_out*, the key of the one that comes *first*, intros."""

    left_out: tuple[str, ...] = ()
    first: str = ""
    intros: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue as it is put before a person. *asked* counts the questions before; *problem* is what came of the last.

    With a problem, *changes* are what was asked for, and the rest is as it was before. *former* are the runs that had
    the issue until another took it over.
    """

    parts: tuple[Part, ...]
    changes: Changes = field(default_factory=Changes)
    asked: int = 0
    problem: str = ""
    former: tuple[str, ...] = ()

    @property
    def offered(self) -> tuple[tuple[str, Item], ...]:
        """Every item that a person can leave out, or take in again, with its language; each once."""
        found: dict[str, tuple[str, Item]] = {}
        for part in self.parts:
            for item in (*part.items, *part.left_out):
                found.setdefault(item.key, (part.language, item))
        return tuple(found.values())

    @property
    def audiences(self) -> frozenset[str]:
        """Everybody whom the issue is for."""
        return frozenset(audience for part in self.parts for audience in part.audiences)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which somebody is written to."""
        return tuple(dict.fromkeys(part.language for part in self.parts if part.new))


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of the newsletter `campaign/name`, planned by *run*; *until* is when its content was gathered."""

    wave_id: int
    newsletter: str
    number: int
    run: str
    until: datetime
    draft: Draft


def key_of(content: Content) -> str:
    """Return what tells a piece of content from others: its language and link, for events also when they start.

    So an article that stands in two feeds is one, and an event that is moved to another day is another.
    """
    link = content.link or f"#{content.id}"
    if content.starts:
        return f"{content.language} {content.link or content.title} {content.starts.isoformat()}"
    return f"{content.language} {link}"
