"""Dates and numbers in prose, read as the people of a language write them, so that languages can be compared.

`28 mei 2027`, `28. Mai 2027`, `28-5-2027` and `28.5.2027` are one date; `1.000`, `1,000` and `1 000` with a blank that
does not break are one number; `13:00`, `13.00`, `13` and, in English, `1 pm` are one as well.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from unicodedata import decimal

from babel import Locale

_DAY = r"(?<!\d)(?P<day>\d{1,2})"
ORDINAL = r"(?:\.|º|st|nd|rd|th|er|e|ste|de)?"
_YEAR = r"(?P<year>\d{4})(?!\d)"

_TO = r"(?:[-–—&]|to|and|through|or)"
"""Between two days after the name of their month."""

_GROUPED = r"\d{1,3}(?P<set>[.,'’\u00a0\u202f])\d{3}(?:(?P=set)\d{3})*"
_NUMBER = re.compile(
    rf"(?P<grouped>(?<!\d){_GROUPED}(?!\d))(?:[.,](?P<part>\d+))?"
    r"|(?P<whole>\d+)(?:(?:[.,:]|h(?=\d\d\b))(?P<rest>\d+))?(?:\s?(?P<half>[ap])\.?m\b)?"
)
_SEPARATORS = re.compile(r"[.,'’\u00a0\u202f]")
_CENTURY = 2000
_NOON = 12
_ALSO: Mapping[str, Mapping[str, int]] = {
    "de": {"Mrz": 3, "Mär": 3, "Sep": 9},
    "en": {"Sept": 9},
    "nl": {"maa": 3, "sept": 9},
}
"""Months as people shorten them, where Babel does it otherwise."""

LEAP = 2000
"""Stands in for a year that is not told, so that 29 February can be one."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at *start* of a text: *key* is the same in every language, *shown* is as it is written.

    A date also has its *end*, and tells whether its month came first, by name: `May 3`.
    """

    key: str
    shown: str
    start: int
    end: int = 0
    month_first: bool = False


def read_dates(text: str, language: str) -> tuple[list[Found], str]:
    """Return the dates in *text*, and the text with blanks in their place.

    A date has a day, or is a month of a year; the name of a month alone may be any word.
    """
    dates: list[Found] = []
    for pattern in _patterns(language):
        for match in pattern.finditer(text):
            key = _key(match, language)
            if key:
                dates += _with_first(match, key)
                blank = re.sub(r"\S", " ", match[0])
                text = text[: match.start()] + blank + text[match.end() :]
    return sorted(dates, key=lambda found: found.start), text


def _with_first(match: re.Match[str], key: str) -> Iterator[Found]:
    """Yield the date, and before it the first day of `May 3–5, 2027`."""
    parts = {"first": None, "name": None, **match.groupdict()}
    shown = " ".join(match[0].split())
    if parts["first"]:
        yield Found(f"{int(parts['first']):02}{key[2:]}", shown, match.start())
    by_name = bool(parts["name"]) and match.start("name") == match.start()
    yield Found(key, shown, match.start(), match.end(), by_name)


def read_numbers(text: str, language: str = "") -> Iterator[Found]:
    """Yield the numbers in *text*, hours of the clock among them."""
    for match in _NUMBER.finditer(text):
        yield Found(_value(match, language), match[0].strip(), match.start())


def date_key(day: date) -> str:
    """Return the key of a date as `read_dates` gives it."""
    return f"{day:%d-%m}-{day.year}"


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    """Return the ways to write a date, the longest first."""
    month = f"(?P<name>{'|'.join(sorted(map(re.escape, _months(language)), key=len, reverse=True))})\\b\\.?"
    ways = [
        r"(?<![\d-])(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?![\d-])",
        rf"(?<![./]){_DAY}(?P<sign>[./-])\s?(?P<month>\d{{1,2}})(?P=sign)\s?(?P<year>\d{{4}}|\d{{2}})(?!\d)",
        rf"{_DAY}{ORDINAL}\s*(?:of\s+)?{month}(?:,?\s*{_YEAR})?",
        rf"\b{month}\s+(?P<first>\d{{1,2}}){ORDINAL}\s*{_TO}\s*(?P<day>\d{{1,2}})(?!\d){ORDINAL},?\s+{_YEAR}"
        if month_first(language)
        else "",
        rf"\b{month}\s+(?P<day>\d{{1,2}})(?!\d){ORDINAL}(?:,?\s+{_YEAR})?" if month_first(language) else "",
        rf"\b{month}\s+{_YEAR}",
        rf"(?<![./]){_DAY}\.\s?(?P<month>\d{{1,2}})\.(?!\d)" if "." in _short(language) else "",
    ]
    return tuple(re.compile(way) for way in ways if way)


@cache
def _months(language: str) -> Mapping[str, int]:
    """Return the names of months, as they stand in a sentence and at its beginning, with their numbers."""
    named: dict[str, int] = {}
    for context in Locale.parse(language).months.values():
        for width in ("wide", "abbreviated"):
            for number, name in context.get(width, {}).items():
                plain = name.rstrip(".")
                named |= dict.fromkeys((plain, plain[:1].upper() + plain[1:], plain.upper()), number)
    named |= _ALSO.get(language, {})
    return {name: number for name, number in named.items() if name and not name.isdigit()}


def _short(language: str) -> str:
    return str(Locale.parse(language).date_formats["short"].pattern)


def month_first(language: str) -> bool:
    """Tell whether the month comes before the day in numbers: 5/28."""
    return _short(language).startswith("M")


def _key(match: re.Match[str], language: str) -> str:
    """Return the key of a date, empty where there is no such day."""
    parts: dict[str, str | None] = {"day": None, "month": None, "year": None, **match.groupdict()}
    month = int(parts["month"]) if parts["month"] else _months(language)[match["name"]]
    ways = [(month, int(parts["day"] or 1))]
    if parts.get("sign") == "/":  # where neither is above 12, the language's own order decides
        ways.insert(0 if month_first(language) else 1, ways[0][::-1])
    for each in ways:
        try:
            found = date_key(date(_year(parts["year"]), *each))
        except ValueError:
            continue
        return found[3:] if parts["day"] is None else found if parts["year"] else found[:5]
    return ""


def _year(written: str | None) -> int:
    if written is None:
        return LEAP
    return int(written) + (_CENTURY if len(written) <= len("27") else 0)


def _value(match: re.Match[str], language: str) -> str:
    parts = match.groupdict()
    whole = _SEPARATORS.sub("", parts["grouped"] or parts["whole"])
    rest = (parts["part"] or parts["rest"] or "").rstrip("0")
    if parts["half"] and language.startswith("en"):
        whole = str(int(whole[-2:]) % _NOON + (_NOON if parts["half"] == "p" else 0))
    digits = "".join(str(decimal(digit)) for digit in whole).lstrip("0") or "0"
    return f"{digits}.{rest}" if rest else digits
