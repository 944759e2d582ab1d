"""Bytes to items. What a document is, its content decides: suffixes and content types are often wrong."""

import logging
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from outreach.errors import FeedBroken
from outreach.feeds import calendar_feed, identity, json_feed, words, xml_feed
from outreach.model.content import FeedItem

HOME_ZONE = ZoneInfo("Europe/Amsterdam")
MOST_ITEMS = 1_000
_log = logging.getLogger(__name__)


def read(
    body: bytes, source: str, now: datetime, *, zone: tzinfo = HOME_ZONE, content_type: str = ""
) -> list[FeedItem]:
    """Return the items of an RSS, Atom or JSON feed or of a calendar, uids unique.

    *source* is the address it came from: relative links start there, errors name it. Times without a zone are meant
    in *zone*. `FeedBroken` says what was found instead of a feed.
    """
    try:
        items = identity.unique(_read(body, source, now, zone, content_type))
    except FeedBroken:
        raise
    except Exception as error:  # whatever a parser makes of hostile bytes, it concerns this source alone
        raise FeedBroken(source, f"the feed cannot be read: {type(error).__name__}: {str(error)[:160]}") from error
    return _bounded(items, source, now)


def _read(body: bytes, source: str, now: datetime, zone: tzinfo, content_type: str) -> list[FeedItem]:
    opening = _opening(body)
    if not opening:
        raise FeedBroken(source, "the answer is empty")
    if opening.upper().startswith("BEGIN:VCALENDAR"):
        return calendar_feed.read(body, source, now, zone)
    if opening[0] in "{[":
        return json_feed.read(body, source, now, zone)
    if opening[0] == "<":
        return xml_feed.read(body, source, now, zone, content_type)
    raise FeedBroken(source, f"this is neither feed nor calendar: it begins with {words.printable(opening)[:60]!r}")


def _opening(body: bytes) -> str:
    head = body[:4_096]
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return head.decode(encoding, "replace").replace("\0", "").strip().lstrip("\ufeff")


def _bounded(items: list[FeedItem], source: str, now: datetime) -> list[FeedItem]:
    """The most pressing items: the soonest events, the newest news."""
    if len(items) > MOST_ITEMS:
        _log.warning("only %d of %d items kept", MOST_ITEMS, len(items), extra={"source": source})
    return sorted(items, key=lambda item: abs((item.starts or item.published or now) - now))[:MOST_ITEMS]
