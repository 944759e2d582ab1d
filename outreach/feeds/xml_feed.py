"""RSS and Atom, read by feedparser, with what it leaves to us: plain titles, dates in our languages, truncation."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

import feedparser

from outreach.errors import FeedBroken
from outreach.feeds import dates, identity, pictures, words
from outreach.model.content import FeedItem

_CLOSED = re.compile(rb"</\s*(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
_TAIL = 4_096


def read(body: bytes, source: str, now: datetime, zone: tzinfo, content_type: str = "") -> list[FeedItem]:
    """Return the entries that can be read; a feed that ends in the middle is refused whole, and read next time."""
    # bytes only: a string could be taken for a path or a URL and opened
    headers = {"content-location": source, "content-type": content_type}
    found = feedparser.parse(body, response_headers=headers)
    if not found["version"]:
        raise FeedBroken(source, f"this is no feed: {_opening(body)}; give the address of an RSS or Atom feed")
    if found["bozo"] and not _CLOSED.search(body[-_TAIL:].replace(b"\0", b"")):
        raise FeedBroken(source, f"the feed is cut off after {len(body)} bytes")
    home = words.link(_text(found["feed"], "link"))
    return [item for entry in found["entries"] if (item := _item(entry, home, now, zone))]


def _item(entry: Any, home: str, now: datetime, zone: tzinfo) -> FeedItem | None:
    link = words.link(_text(entry, "link"))
    body = words.body(next(_bodies(entry), ""))
    title = words.title(_text(entry, "title")) or words.shortened(body.partition("\n")[0], 80)
    if not title:
        return None
    image, image_alt = pictures.of_entry(entry)
    return FeedItem(
        uid=identity.uid_of(words.printable(_text(entry, "id")), link, title, body),
        title=title,
        link=link or home,
        body=body,
        published=_published(entry, now, zone),
        image=image,
        image_alt=image_alt,
    )


def _bodies(entry: Any) -> Iterator[str]:
    """The teaser before the whole text: a newsletter leads to the article."""
    if summary := _text(entry, "summary"):
        yield summary
    for content in entry.get("content", ()):
        yield _text(content, "value")


def _published(entry: Any, now: datetime, zone: tzinfo) -> datetime | None:
    for name in ("published", "updated", "created"):
        # `in` first: feedparser warns where it makes up one date from the other
        if name not in entry:
            continue
        if found := dates.moment(_text(entry, name), zone, now) or _parsed(entry.get(f"{name}_parsed")):
            return found
    return None


def _parsed(value: Any) -> datetime | None:
    if not value:
        return None
    try:
        year, month, day, hour, minute, second = value[:6]
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None


def _text(entry: Any, name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _opening(body: bytes) -> str:
    text = body[:2_000].decode("utf-8", "replace").replace("\0", "")
    if re.search(r"<(?:!doctype\s+)?html", text, re.IGNORECASE):
        named = re.search(r"<title[^>]*>([^<]{1,100})", text, re.IGNORECASE)
        return f"a web page titled {words.title(named[1])!r}" if named else "a web page"
    return f"it begins with {' '.join(words.printable(text).split())[:60]!r}"
