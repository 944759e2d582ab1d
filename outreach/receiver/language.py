"""Which language a page is in, and how words, days and times are put in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from outreach.model import dates
from outreach.model.campaign import Words

LANGUAGES = ("nl", "de", "en")
"""What pages are written in; the first is for readers whose languages we do not have."""

ZONE = ZoneInfo("Europe/Amsterdam")
"""Where no brand says otherwise."""


Phrases = Mapping[str, Any]
"""The words of the pages in one language, by the sections of their file."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is made."""

    language: str
    zone: ZoneInfo
    words: Phrases


@dataclass(frozen=True, slots=True)
class Said:
    """Words with the language they are in, which may not be the page's."""

    text: str
    lang: str


def said(words: Words, language: str, order: Sequence[str] = LANGUAGES) -> Said:
    """Return *words* in *language*, or in the first of *order* (a campaign's own) that has them."""
    for code in (language, *order, *sorted(words)):
        if words.get(code):
            return Said(words[code], code)
    return Said("", language)


def choose(asked: str | None, spoken: Sequence[str], accepted: str) -> str:
    """Return the language of a page: what was *asked* for on it, what the mail spoke that led to it, what the browser
    prefers (Accept-Language), else the first.
    """
    for code in (asked, *spoken):
        if code in LANGUAGES:
            return code
    best, weight = max(_accepted(accepted).items(), key=lambda pair: pair[1], default=(LANGUAGES[0], 1.0))
    return best if weight > 0 else LANGUAGES[0]


def day(moment: datetime, language: str, zone: ZoneInfo) -> str:
    """Return a date in words."""
    return format_date(moment.astimezone(zone), "long", locale=language)


def day_and_time(moment: datetime, language: str, zone: ZoneInfo) -> str:
    """Return date and time with their zone."""
    local = moment.astimezone(zone)
    hours = dates.HOURS.get(language, "{hours}").format(hours=format_time(local, "HH:mm", locale=language))
    return f"{day(moment, language, zone)}, {hours} ({local.tzname()})"


def _accepted(header: str) -> Mapping[str, float]:
    weights: dict[str, float] = {}
    for part in header[:500].split(","):
        name, _, weight = part.partition(";")
        code = name.strip().lower().partition("-")[0]
        if code in LANGUAGES:
            weights.setdefault(code, _weight(weight))
    return weights


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return min(max(float(value), 0.0), 1.0) if name == "q" else 1.0
    except ValueError:
        return 0.0
