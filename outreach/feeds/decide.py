"""The editorial decision: what a pull means for what is known. Pure; it gets the time and returns intents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from outreach.feeds import identity
from outreach.model.content import FeedItem


@dataclass(frozen=True, slots=True)
class Known:
    """What the decision needs to know of a piece of content that we have."""

    id: int
    uid: str
    link: str
    digest: str
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class New:
    """Not seen before; *item* has a time of publication, not later than now."""

    item: FeedItem


@dataclass(frozen=True, slots=True)
class Revised:
    """Edited at the source, or taking place after all."""

    content_id: int
    item: FeedItem


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Will not take place: a correction is due to those who were told of it."""

    content_id: int
    item: FeedItem


@dataclass(frozen=True, slots=True)
class Seen:
    """Still there, unchanged."""

    content_id: int


Intent = New | Revised | Cancelled | Seen


def decide(known: Mapping[str, Known], items: Iterable[FeedItem], now: datetime) -> list[Intent]:
    """Return what is to be done, in the order of uids whatever the order of *items*.

    *known* is keyed by uid. An event that is cancelled before we knew of it leads to nothing: nobody was told.
    """
    ordered = sorted(identity.unique(items), key=lambda item: item.uid)
    intents = (_intent(_known_as(item, known), item, now) for item in ordered)
    return [intent for intent in intents if intent]


def names_of(item: FeedItem) -> tuple[str, str, str]:
    """Return the uids under which *item* may be known: its own, or as one of several that share it."""
    shared = item.uid.rpartition("#")[0]
    return item.uid, identity.with_link(item.uid, item.link), shared or item.uid


def _known_as(item: FeedItem, known: Mapping[str, Known]) -> Known | None:
    own, beside_another, alone = names_of(item)
    if beside_another in known:  # it shared its uid when it came, and is the only one with it now
        return known[beside_another]
    if own in known:
        return known[own]
    was_alone = known.get(alone)
    return was_alone if was_alone and identity.with_link(alone, was_alone.link) == item.uid else None


def _intent(known: Known | None, item: FeedItem, now: datetime) -> Intent | None:
    if known is None:
        return None if item.cancelled else New(_dated(item, now))
    if item.cancelled:
        return Seen(known.id) if known.cancelled else Cancelled(known.id, item)
    return Seen(known.id) if known.digest == item.digest else Revised(known.id, item)


def _dated(item: FeedItem, now: datetime) -> FeedItem:
    """No date, or one ahead that would keep the item on top: the time of fetching."""
    return replace(item, published=min(item.published or now, now))
