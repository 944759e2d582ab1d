"""Dates as feeds write them: in three languages, with zones by name, or without a year.

feedparser reads CET and CEST as UTC, takes times without a zone as UTC and knows no Dutch or German names, so the
text is read here first.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

_NAMES = (
    ("jan", "januari", "january", "januar", "jän", "jänner"),
    ("feb", "februari", "february", "februar"),
    ("mar", "mrt", "maart", "march", "mär", "märz", "mrz"),
    ("apr", "april"),
    ("may", "mei", "mai"),
    ("jun", "juni", "june"),
    ("jul", "juli", "july"),
    ("aug", "augustus", "august"),
    ("sep", "sept", "september"),
    ("oct", "okt", "oktober", "october"),
    ("nov", "november"),
    ("dec", "dez", "december", "dezember"),
)
_MONTHS: Mapping[str, int] = {name: number for number, names in enumerate(_NAMES, 1) for name in names}

_HOURS: Mapping[str, int] = {
    "utc": 0, "gmt": 0, "ut": 0, "z": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "met": 1, "mez": 1,
    "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "eest": 3, "est": -5, "edt": -4, "cst": -6, "cdt": -5,
    "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip

_CLOCK = (
    r"(?:[\s,t]+(?:om|um|at|-|–)?\s*(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
    r"\s*(?:uur|uhr)?\s*(?P<zone>[a-z]{1,5}|[+-]\d{2}:?\d{2})?)?\s*(?:\([a-z ]{1,40}\))?$"
)
_SHAPES = tuple(
    re.compile(shape + _CLOCK)
    for shape in (
        r"^(?:[a-zäöü]+\.?,?\s+)?(?P<day>\d{1,2})\.?[\s-]+(?P<name>[a-zä]+)\.?(?:,?[\s-]+(?P<year>\d{4}|\d{2}(?![:.\d])))?",
        r"^(?:[a-zäöü]+\.?,?\s+)?(?P<name>[a-zä]+)\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
        r"^(?:[a-zäöü]+\.?,?\s+)?(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>\d{4})",
    )
)
_LONGEST = 100


def moment(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """Return the moment that *text* names, in UTC, or None; *zone* holds where none is written.

    A date without a year is the one nearest to *now*.
    """
    text = " ".join(text.split()).lower()[:_LONGEST]
    return _by_the_standard(text, zone) or _in_words(text, zone, now)


def aware(value: datetime | date, zone: tzinfo) -> datetime:
    """Return *value* in UTC: floating times and whole days are meant in *zone*.

    One form for one moment: a source that names its zone differently next time has edited nothing.
    """
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return (value.replace(tzinfo=zone) if value.tzinfo is None else value).astimezone(UTC)


def _by_the_standard(text: str, zone: tzinfo) -> datetime | None:
    try:
        return _within_reach(aware(datetime.fromisoformat(text.upper()), zone))
    except (ValueError, OverflowError):
        return None


def _in_words(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    found = next((match for shape in _SHAPES if (match := shape.match(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    try:
        at = time(int(parts["hour"] or 0), int(parts["minute"] or 0), int(parts["second"] or 0))
        month = int(parts["month"]) if "month" in parts else _MONTHS[parts["name"]]
        day = _day(parts["year"], month, int(parts["day"]), now)
        return _within_reach(datetime.combine(day, at, _zone(parts["zone"], zone)))
    except (ValueError, KeyError, OverflowError):
        return None


def _day(year: str | None, month: int, day: int, now: datetime) -> date:
    if year is None:
        return _nearest(month, day, now.date())
    number = int(year)
    return date(number + 2000 if len(year) == len("26") else number, month, day)


def _nearest(month: int, day: int, today: date) -> date:
    years = [today.year - 1, today.year, today.year + 1]
    return min((date(year, month, day) for year in years if _exists(year, month, day)), key=lambda d: abs(d - today))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _zone(text: str | None, otherwise: tzinfo) -> tzinfo:
    if not text:
        return otherwise
    if text[0] in "+-":
        digits = text[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return timezone(-offset if text[0] == "-" else offset)
    return timezone(timedelta(hours=_HOURS[text])) if text in _HOURS else otherwise


def _within_reach(value: datetime) -> datetime:
    if not 1900 <= value.year <= 9000:  # noqa: PLR2004
        raise ValueError("no date of a feed")
    return value.astimezone(UTC)
