"""JSON Feed 1.0 and 1.1."""

import json
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import urljoin

from outreach.errors import FeedBroken
from outreach.feeds import dates, identity, pictures, words
from outreach.model.content import FeedItem

_VERSION = "jsonfeed.org/version/1"


def read(body: bytes, source: str, now: datetime, zone: tzinfo) -> list[FeedItem]:
    """Return the items that can be read."""
    feed = _loaded(body, source)
    version = feed.get("version")
    if not (isinstance(version, str) and _VERSION in version):
        keys = ", ".join(sorted(map(words.printable, feed))[:8]) or "nothing"
        raise FeedBroken(source, f"this JSON is no JSON Feed: no version, found the keys {keys[:200]}")
    items = feed.get("items")
    if not isinstance(items, list):
        raise FeedBroken(source, f"the JSON Feed has no list of items but {type(items).__name__}")
    home = words.link(_text(feed, "home_page_url"))
    read = (_item(item, source, home, now, zone) for item in items if isinstance(item, dict))
    return [item for item in read if item]


def _loaded(body: bytes, source: str) -> dict[str, Any]:
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FeedBroken(source, f"the JSON cannot be read, perhaps cut off: {str(error)[:120]}") from error
    if not isinstance(feed, dict):
        raise FeedBroken(source, f"this JSON is no JSON Feed but a {type(feed).__name__}")
    return feed


def _item(item: Mapping[str, Any], source: str, home: str, now: datetime, zone: tzinfo) -> FeedItem | None:
    link = _link(item, source)
    whole = words.body(_text(item, "content_html") or _text(item, "content_text"))
    body = words.body(_text(item, "summary")) or whole
    title = words.title(_text(item, "title")) or words.shortened(body.partition("\n")[0], 80)
    if not title:
        return None
    image, image_alt = pictures.of_json(item)
    return FeedItem(
        uid=identity.uid_of(_id(item), link, title, whole),
        title=title,
        link=link or home,
        body=body,
        language=_text(item, "language") or None,
        published=_published(item, now, zone),
        image=image,
        image_alt=image_alt,
    )


def _link(item: Mapping[str, Any], source: str) -> str:
    given = (_text(item, name) for name in ("url", "external_url"))
    return next((link for address in given if address and (link := words.link(_joined(source, address)))), "")


def _joined(source: str, address: str) -> str:
    try:
        return urljoin(source, address)
    except ValueError:
        return ""


def _published(item: Mapping[str, Any], now: datetime, zone: tzinfo) -> datetime | None:
    named = (_text(item, name) for name in ("date_published", "date_modified"))
    return next((found for text in named if (found := dates.moment(text, zone, now))), None)


def _id(item: Mapping[str, Any]) -> str:
    given = item.get("id")  # numbers are allowed in 1.0
    return words.printable(str(given)) if isinstance(given, (str, int, float)) else ""


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""
