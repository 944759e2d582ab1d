"""What makes an entry the same entry next time, where sources are careless about it."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from outreach.model.content import FeedItem

_UID_LENGTH = 400


def uid_of(given: str, link: str, title: str, body: str) -> str:
    """Return what *given* says, else the link, else a hash of the words; bounded, since an index holds it."""
    uid = given.strip() or link or _hash(title, body)
    return uid if len(uid) <= _UID_LENGTH else _hash(uid)


def with_link(uid: str, link: str) -> str:
    """Return the uid of an entry that shares *uid* with another one."""
    return f"{uid[:_UID_LENGTH]}#{_hash(link)[:16]}"


def unique(items: Iterable[FeedItem]) -> list[FeedItem]:
    """Return the items with uids told apart by their links, the same whatever the order they came in.

    Of entries with equal uid and link the latest is kept.
    """
    items = list(items)
    times = Counter(uid for uid, _ in {(item.uid, item.link) for item in items})
    named = [item if times[item.uid] == 1 else replace(item, uid=with_link(item.uid, item.link)) for item in items]
    return list({item.uid: item for item in sorted(named, key=_age)}.values())


def _age(item: FeedItem) -> tuple[float, str]:
    return (item.published.timestamp() if item.published else 0, item.digest)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
