"""iCalendar: every occurrence from yesterday to 400 days ahead is an event of its own."""

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import icalendar
import recurring_ical_events
from icalendar.prop import vDDDLists, vRecur

from outreach.errors import FeedBroken
from outreach.feeds import dates, identity, pictures, recurrence, words
from outreach.model.content import FeedItem

BEFORE = timedelta(days=1)
AHEAD = timedelta(days=400)
MOST_SERIES = 300
MOST_OCCURRENCES = 500
"""Per series; a daily event fits whole."""

_LINE = re.compile(r"[A-Za-z][A-Za-z0-9-]*[;:]|[ \t]|$")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Window:
    """What is read of a calendar, and the zone in which its floating times are meant."""

    opens: datetime
    closes: datetime
    zone: tzinfo
    source: str

    def holds(self, at: datetime) -> bool:
        return self.opens <= at <= self.closes


def read(body: bytes, source: str, now: datetime, zone: tzinfo) -> list[FeedItem]:
    """Return the occurrences; those that the source struck out come as cancelled."""
    calendars = _parsed(_whole_lines(body, source), source)
    return [item for calendar in calendars for item in _items(calendar, _window(calendar, source, now, zone))]


def _whole_lines(body: bytes, source: str) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
    # a line that is neither a property nor the rest of one comes from a text with raw line breaks
    lines = [line for line in text.splitlines() if _LINE.match(line)]
    if not any(line.upper().startswith("END:VCALENDAR") for line in reversed(lines[-20:])):
        raise FeedBroken(source, f"the calendar is cut off after {len(body)} bytes: no END:VCALENDAR")
    return "\r\n".join(line for line in lines if line.strip()) + "\r\n"


def _parsed(text: str, source: str) -> list[Any]:
    try:
        return list(icalendar.Calendar.from_ical(text, multiple=True))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise FeedBroken(source, f"the calendar cannot be read: {str(error)[:160]}") from error


def _window(calendar: Any, source: str, now: datetime, zone: tzinfo) -> _Window:
    named = str(calendar.get("X-WR-TIMEZONE", ""))
    try:
        zone = ZoneInfo(named) if named else zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        _log.info("calendar names an unknown zone", extra={"source": source, "zone": named[:60]})
    return _Window(now - BEFORE, now + AHEAD, zone, source)


def _items(calendar: Any, window: _Window) -> Iterator[FeedItem]:
    series: dict[str, list[Any]] = defaultdict(list)
    for number, event in enumerate(calendar.walk("VEVENT")):
        if "DTSTART" in event:
            series[str(event.get("UID", "")) or f"no-uid-{number}"].append(event)
    for uid, events in list(series.items())[:MOST_SERIES]:
        # one series at a time: an event that cannot be expanded must not take the others with it
        try:
            yield from _occurrences(uid, events, window)
        except Exception as error:  # anything may come out of someone else's calendar
            _log.warning("event skipped: %s", error, extra={"source": window.source, "uid": uid[:200]})


def _occurrences(uid: str, events: list[Any], window: _Window) -> list[FeedItem]:
    repeats = any(name in event for event in events for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    if refused := next(_refusals(events, window), None):
        _log.warning("event skipped: it %s", refused, extra={"source": window.source, "uid": uid[:200]})
        return []
    alone = icalendar.Calendar()
    alone.subcomponents = events
    found = recurring_ical_events.of(alone).between(window.opens, window.closes)
    items = [_item(uid, event, window, repeats=repeats) for event in found[:MOST_OCCURRENCES]]
    held = {item.uid for item in items}
    return [*items, *(item for item in _struck_out(uid, events, window) if item.uid not in held)]


def _refusals(events: Iterable[Any], window: _Window) -> Iterator[str]:
    for event in events:
        starts = dates.aware(event["DTSTART"].dt, window.zone)
        rules = event.get("RRULE", [])
        for rule in [rules] if isinstance(rules, vRecur) else rules:
            if why := recurrence.why_refused(rule, starts, window.closes):
                yield why


def _item(uid: str, event: Any, window: _Window, *, repeats: bool) -> FeedItem:
    starts = event["DTSTART"].dt
    title = words.title(str(event.get("SUMMARY", "")))
    body = words.body(str(event.get("DESCRIPTION", "")))
    link = words.link(str(event.get("URL", "")))
    name = identity.uid_of("" if uid.startswith("no-uid-") else words.printable(uid), link, title, body)
    image, image_alt = pictures.of_event(event)
    return FeedItem(
        uid=f"{name}/{_slot(event['RECURRENCE-ID'].dt, window.zone)}" if repeats else name,
        title=title or words.shortened(body.partition("\n")[0], 80) or "—",
        link=link,
        body=body,
        published=_published(event, window.zone),
        starts=dates.aware(starts, window.zone),
        ends=_end(starts, event.get("DTEND"), window.zone),
        place=words.title(str(event.get("LOCATION", ""))),
        cancelled=str(event.get("STATUS", "")).upper() == "CANCELLED",
        image=image,
        image_alt=image_alt,
    )


def _end(starts: date, property_: Any, zone: tzinfo) -> datetime | None:
    """The end; of whole days it is the midnight after them, as calendars count."""
    ends = dates.aware(property_.dt, zone) if property_ is not None else None
    return ends if ends and ends > dates.aware(starts, zone) else None


def _struck_out(uid: str, events: list[Any], window: _Window) -> Iterator[FeedItem]:
    for event in events:
        if "RRULE" not in event:
            continue
        title = words.title(str(event.get("SUMMARY", ""))) or "—"
        for day in _excluded(event):
            starts = dates.aware(day, window.zone)
            if window.holds(starts):
                name = identity.uid_of(words.printable(uid), "", "", "")
                yield FeedItem(f"{name}/{_slot(day, window.zone)}", title, "", starts=starts, cancelled=True)


def _excluded(event: Any) -> list[date]:
    found = event.get("EXDATE", [])
    lists = [found] if isinstance(found, vDDDLists) else found
    return [one.dt for listed in lists for one in listed.dts if isinstance(one.dt, date)]


def _published(event: Any, zone: tzinfo) -> datetime | None:
    for name in ("CREATED", "DTSTAMP"):
        value = getattr(event.get(name), "dt", None)
        if isinstance(value, date):
            return dates.aware(value, zone)
    return None


def _slot(value: date, zone: tzinfo) -> str:
    """The place in its series that an occurrence keeps although it is moved."""
    if not isinstance(value, datetime):
        return value.strftime("%Y%m%d")
    return dates.aware(value, zone).strftime("%Y%m%dT%H%M%SZ")
