"""Dates, times and intervals as readers of a language write them, always in a named time zone."""

from datetime import UTC, date, datetime, time, timedelta

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton, format_time, get_timezone, get_timezone_name


def days_before(days: int, now: datetime) -> datetime:
    """Return since when something was less than *days* days ago by the calendar: 1 is today, 7 a week.

    Days of the calendar, so that what goes out every Friday is seven days apart, though an hour earlier this time.
    """
    return datetime.combine(now.astimezone(UTC).date() - timedelta(days=days - 1), time(), UTC)


def day(moment: date, language: str) -> str:
    """Return a date in words: `10 december 2026`, `10. Dezember 2026`."""
    return format_date(moment, "long", locale=language)


def local(moment: datetime, zone: str) -> datetime:
    """Return *moment* as clocks in *zone* show it."""
    return moment.astimezone(get_timezone(zone))


def deadline(moment: datetime, language: str, zone: str) -> str:
    """Return the last moment of something; the last minute of a day counts as the whole day."""
    there = local(moment, zone)
    if (there.hour, there.minute) == (23, 59):
        return day(there, language)
    return f"{day(there, language)}, {format_time(there, 'HH:mm', locale=language)}"


def month(moment: datetime, language: str) -> str:
    """Return the short name of a month, for the tile of an event."""
    return format_skeleton("MMM", moment, locale=language).rstrip(".")


HOURS = {"nl": "{hours} uur", "de": "{hours} Uhr"}
"""How a language says that numbers are hours of the clock; the others say nothing."""


def occasion(starts: datetime, ends: datetime | None, language: str, zone: str) -> str:
    """Return when something takes place: one day with its hours, or a span of days (`14.–16. Nov. 2026`)."""
    begin = local(starts, zone)
    end = local(ends, zone) if ends and ends > starts else None
    if _whole_days(begin, end):
        end = end - timedelta(days=1) if end else None
        return _days(begin, end, language)
    if end and end.date() != begin.date():
        return _days(begin, end, language)
    return f"{format_date(begin, 'full', locale=language)}, {_hours(language, begin, end)}"


def appointment(starts: datetime, ends: datetime, language: str, zone: str) -> str:
    """Return when somebody is expected: as `occasion`, with the hours of several days too, and the zone's name."""
    begin, end = local(starts, zone), local(ends, zone)
    if _whole_days(begin, end):
        return occasion(starts, ends, language, zone)
    told = occasion(starts, ends, language, zone)
    if begin.date() != end.date():
        both = (f"{format_date(one, 'full', locale=language)}, {_hours(language, one)}" for one in (begin, end))
        told = Locale.parse(language).interval_formats[None].format(*both)
    return f"{told} ({zone_name(language, zone)})"


def zone_name(language: str, zone: str) -> str:
    """Return how a time zone is called, in summer and winter alike: `Midden-Europese tijd`."""
    return get_timezone_name(get_timezone(zone), width="long", zone_variant="generic", locale=language)


def _hours(language: str, begin: datetime, end: datetime | None = None) -> str:
    hours = "–".join(format_time(one, "HH:mm", locale=language) for one in (begin, end) if one)
    return HOURS.get(language, "{hours}").format(hours=hours)


def _days(begin: datetime, end: datetime | None, language: str) -> str:
    if end is None or end.date() == begin.date():
        return format_date(begin, "full", locale=language)
    return format_interval(begin, end, "yMMMEd", locale=language)


def _whole_days(begin: datetime, end: datetime | None) -> bool:
    midnight = (begin.hour, begin.minute) == (0, 0)
    return midnight and (end is None or (end.hour, end.minute) == (0, 0))
