"""Which items an issue holds for one audience in one language. Pure: it gets what there is and what was told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf

from outreach.model.campaign import Body, Order
from outreach.model.content import Content
from outreach.model.newsletter import Changes, Item, key_of

NOT_OLDER = timedelta(days=14)
"""What came in since the last issue is no news if it was published longer than this before it, and beyond the reach."""


@dataclass(frozen=True, slots=True)
class Window:
    """Where news is looked for: first seen after *seen* and up to *until*, and published since *published*.

    *seen* is None where it makes no difference.
    """

    seen: datetime | None
    until: datetime
    published: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """Keys of what earlier issues held, and of what a person *removed* from them."""

    items: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is: news and events in any order; *pinned* are links."""

    news: Sequence[Content]
    events: Sequence[Content]
    pinned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How many items of each kind go in, and which news comes first."""

    news: int
    events: int
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one audience reads in one language. *new* tells whether anything in it was not told before.

    *more* is how much waits for the next issue.
    """

    news: tuple[Content, ...] = ()
    events: tuple[Content, ...] = ()
    left_out: tuple[Content, ...] = ()
    more: int = 0
    new: bool = False


def windows(last: datetime | None, until: datetime, first_days: int) -> tuple[Window, ...]:
    """Return where to look for news *until* an issue is gathered; *last* is when the one before was, None: the first.

    A newsletter reaches back *first_days*, so that what did not fit into the issues before has its chance; what was
    told is known by its key. What came in since *last* counts even beyond that: no feed is lost for being late, nor
    where issues are further apart than the newsletter reaches.
    """
    reach = Window(None, until, until - timedelta(days=first_days))
    if last is None or last - NOT_OLDER >= reach.published:
        return (reach,)
    return reach, Window(last, until, last - NOT_OLDER)


def choose(offer: Offer, limits: Limits, told: Told, changes: Changes) -> Chosen:
    """Return what goes in: pinned items first, then news by its order and the events that come soonest.

    News comes once; an event may come again until it has been, but for one that a person removed. Pinned items come
    whatever was told. Where there is too much, the oldest news and the latest events wait for the next issue.
    """
    place = _places(offer, changes)
    news = _once(sorted(offer.news, key=lambda item: (item.published, item.id), reverse=True))
    events = _once(sorted(offer.events, key=lambda item: (item.starts or item.published, item.id)))
    gone = told.items | told.removed
    news = {key: item for key, item in news.items() if item.link in offer.pinned or key not in gone}
    events = {key: item for key, item in events.items() if item.link in offer.pinned or key not in told.removed}
    wanted_news, wanted_events = _wanted(news, changes, place), _wanted(events, changes, place)
    taken, coming = wanted_news[: limits.news], wanted_events[: limits.events]
    return Chosen(
        news=_ordered(taken, place, limits.order),
        events=tuple(coming),
        left_out=tuple(item for key, item in (news | events).items() if key in changes.left_out),
        more=len(wanted_news) - len(taken) + len(wanted_events) - len(coming),
        new=any(key_of(item) not in told.items for item in (*taken, *coming)),
    )


def item_of(content: Content) -> Item:
    """Return *content* as an issue keeps it."""
    return Item(key_of(content), content.kind, content.title, content.starts)


def with_intros(bodies: Mapping[str, Body], intros: Mapping[str, str]) -> dict[str, Body]:
    """Return the texts with their intros after them, right above the items: the greeting stays on top."""
    return {language: _with_intro(body, intros.get(language, "")) for language, body in bodies.items()}


def _with_intro(body: Body, intro: str) -> Body:
    return replace(body, markdown=f"{body.markdown.rstrip()}\n\n{intro.strip()}\n") if intro.strip() else body


def _places(offer: Offer, changes: Changes) -> Mapping[str, float]:
    """Return where the items stand that a person or the newsletter puts first."""
    links = {link: float(number) for number, link in enumerate(offer.pinned)}
    found = {key_of(item): links[item.link] for item in (*offer.news, *offer.events) if item.link in links}
    return {**found, changes.first: -1} if changes.first else found


def _once(items: Iterable[Content]) -> dict[str, Content]:
    found: dict[str, Content] = {}
    for item in items:
        found.setdefault(key_of(item), item)
    return found


def _wanted(items: Mapping[str, Content], changes: Changes, place: Mapping[str, float]) -> list[Content]:
    wanted = [item for key, item in items.items() if key not in changes.left_out]
    return sorted(wanted, key=lambda item: place.get(key_of(item), inf))


def _ordered(taken: Sequence[Content], place: Mapping[str, float], order: Order) -> tuple[Content, ...]:
    ahead = [item for item in taken if key_of(item) in place]
    rest = [item for item in taken if key_of(item) not in place]
    return (*ahead, *(rest if order is Order.NEWEST else reversed(rest)))
