"""What may be read in more than one way: `5-12` is a day, a range or a result. What the other language says decides.

Read is what stands beside sure dates (`14 t/m 16 november`, `May 3 and 4`), two numbers with a sign between them
(`3-1`, `3:1`, `2.10`), hours before an hour (`1 to 3 pm`), thousands with a blank (`12 500`), and noon.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from outreach.compose.written_dates import LEAP, ORDINAL, Found, month_first, read_numbers

JOIN = (
    r"(?:[-–—/,&]|\b(?:t/m|t\.e\.m\.|tot(?: en met)?|bis(?: zum)?|to|till|until|through"
    r"|en|und|and|et|of|oder|or|au)(?!\w))"
)
_BEFORE = re.compile(rf"(?<![\d./:,–-])(?P<day>\d{{1,2}}){ORDINAL}\s*{JOIN}\s*$")
_AFTER = re.compile(rf"\s*{JOIN}\s*(?P<day>\d{{1,2}})(?!\d|[.,:]\d)")
_LONE = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.")
_HALF = r"\s?[ap]\.?m\b"
_DOTTED = re.compile(rf"(?<![\d.,:/])(\d{{1,2}})\.(\d{{1,2}})(?!\d|[.,:/]\d|{_HALF})")
_PAIR = re.compile(rf"(?<![\d.,:/–-])(\d{{1,2}})([-–/:])(\d{{1,2}})(?!\d|[.,:/–-]\d|{_HALF})")
_HOUR = re.compile(rf"(?<![\d.:])\d{{1,2}}(?:[:.]\d\d)?(?=\s*{JOIN}\s*\d{{1,2}}(?:[:.]\d\d)?{_HALF})")
_GROUPED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?: \d{3})+(?!\d| \d)")
_NAMED: Mapping[str, tuple[str, ...]] = {
    "noon": ("12",),
    "midday": ("12",),
    "midnight": ("0", "24"),
    "middernacht": ("0", "24"),
    "mitternacht": ("0", "24"),
}
_WORD = re.compile(rf"\b(?:{'|'.join(_NAMED)})\b", re.IGNORECASE)
_WITH_DAY = (len("28-05"), len("28-05-2027"))
_LAST_HOUR = 23


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read something."""

    dates: tuple[Found, ...] = ()
    numbers: tuple[Found, ...] = ()


Doubtful = tuple[Reading, ...]
"""Ways to read one thing. The first is taken where nothing decides."""

Ways = Callable[[re.Match[str], str], Iterator[Reading]]


def read_day(found: Found) -> Doubtful:
    """Return the ways to read a date: `2.10.` alone may be a chapter's number as well."""
    lone = _LONE.fullmatch(found.shown)
    return (Reading(dates=(found,)), *([_as_written(lone, found.start)] if lone else []))


def read_doubtful(rest: str, dates: Sequence[Found], language: str) -> tuple[list[Doubtful], str]:
    """Return what is doubtful in a text whose *dates* are blanks in *rest*, and *rest* without it."""
    doubtful: list[Doubtful] = []
    for day, ways in _beside(rest, dates):
        doubtful.append(ways)
        rest = _without(rest, day)
    for pattern, readings in _PATTERNS:
        for match in pattern.finditer(rest):
            first = Reading(numbers=_numbers(match[0], match.start(), language))
            doubtful.append((first, *readings(match, language)))
            rest = _without(rest, match.span())
    return doubtful, rest


def _beside(rest: str, dates: Sequence[Found]) -> Iterator[tuple[tuple[int, int], Doubtful]]:
    """Yield the days that a sure date lends its month, with their place."""
    for found in (each for each in dates if len(each.key) in _WITH_DAY):
        start = found.start
        while before := _BEFORE.search(rest[:start]):
            yield before.span("day"), _days(before, found.key)
            start = before.start()
        if after := _AFTER.match(rest, found.end) if found.month_first else None:
            yield after.span("day"), _days(after, found.key)


def _days(match: re.Match[str], key: str) -> Doubtful:
    """Return a number, or that day of the month of *key*."""
    written, start = match["day"], match.start("day")
    month = dict.fromkeys((key[2:], key[2 : _WITH_DAY[0]]))  # with its year, and without
    days = (Reading(dates=(Found(f"{int(written):02}{each}", written, start),)) for each in month)
    return (Reading(numbers=_numbers(written, start, "")), *days)


def _dotted(match: re.Match[str], _language: str) -> Iterator[Reading]:
    yield _as_written(match, match.start())


def _as_written(match: re.Match[str], start: int) -> Reading:
    """Return two numbers with a dot between them, to the digit: chapter 2.1 is not chapter 2.10."""
    return Reading(numbers=(Found(f"{match[1]}.{match[2]} as written", match[0], start),))


def _pair(match: re.Match[str], language: str) -> Iterator[Reading]:
    one, sign, other = match.groups()
    day, month = (other, one) if sign == "/" and month_first(language) else (one, other)
    if sign in "-/" and _is_day(int(day), int(month)):
        yield Reading(dates=(Found(f"{int(day):02}-{int(month):02}", match[0], match.start()),))
    if sign != "/" and (len(other) == 1 or int(other) > _LAST_HOUR):
        yield Reading(numbers=(Found(f"{int(one)}:{int(other)}", match[0], match.start()),))


def _is_day(day: int, month: int) -> bool:
    try:
        date(LEAP, month, day)
    except ValueError:
        return False
    return True


def _hour(match: re.Match[str], language: str) -> Iterator[Reading]:
    for half in ("am", "pm"):
        yield Reading(numbers=_numbers(f"{match[0]} {half}", match.start(), language))


def _grouped(match: re.Match[str], language: str) -> Iterator[Reading]:
    whole = _numbers(match[0].replace(" ", ""), match.start(), language)
    yield Reading(numbers=tuple(Found(found.key, match[0], found.start) for found in whole))


def _named(match: re.Match[str], _language: str) -> Iterator[Reading]:
    for hour in _NAMED[match[0].lower()]:
        yield Reading(numbers=(Found(hour, match[0], match.start()),))


_PATTERNS: tuple[tuple[re.Pattern[str], Ways], ...] = (
    (_HOUR, _hour),
    (_PAIR, _pair),
    (_DOTTED, _dotted),
    (_GROUPED, _grouped),
    (_WORD, _named),
)


def _numbers(words: str, start: int, language: str) -> tuple[Found, ...]:
    return tuple(Found(each.key, each.shown, start + each.start) for each in read_numbers(words, language))


def _without(text: str, span: tuple[int, int]) -> str:
    start, end = span
    return text[:start] + re.sub(r"\S", " ", text[start:end]) + text[end:]
