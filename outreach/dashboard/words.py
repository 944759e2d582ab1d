"""Figures, languages and times in words that comms staff read without a manual."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime

ZONE = ZoneInfo("Europe/Amsterdam")
"""The zone that times are shown in, the same in the Netherlands and Germany."""

NO_BREAK = "\u00a0"

REASONS: Mapping[str, str] = {
    "suppressed": "on the suppression list: bounced, complained or unsubscribed from everything before",
    "nothing new": "nothing new to read in a language of theirs",
}
"""Why somebody was left out, where the reason does not speak for itself."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole that is known only as a range: at *least* so many, at *most* so many, *of* how many."""

    least: int
    most: int
    of: int

    @property
    def count(self) -> str:
        """The range in numbers: `305 … 340`, or `41` where both ends are the same."""
        if self.least == self.most:
            return number(self.most)
        return f"{number(self.least)} … {number(self.most)}"

    @property
    def percent(self) -> str:
        """The range in per cent: `33.8 … 51.7 %`; a dash where there is no whole."""
        if not self.of:
            return "–"
        least, most = percent(self.least, self.of), percent(self.most, self.of)
        if least == most:
            return most
        return f"{least.removesuffix(' %')} … {most}"

    @property
    def shown(self) -> str:
        """Numbers and per cent in one table cell, which breaks between the two only."""
        if not self.of and not self.most:
            return "–"
        return " ".join(part.replace(" ", NO_BREAK) for part in (self.count, f"({self.percent})"))


def exactly(part: int, of: int) -> Share:
    """Return a share that is known for certain."""
    return Share(part, part, of)


def number(value: int) -> str:
    """Return *value* with thousands set apart."""
    return f"{value:,}"


def percent(part: int, of: int) -> str:
    """Return *part* of *of* with one decimal; only nothing is 0 % and only everything is 100 %."""
    if not of:
        return "–"
    if part <= 0:
        return "0 %"
    if part == of:
        return "100 %"
    rounded = f"{100 * part / of:.1f}"
    if rounded == "0.0":
        return "<0.1 %"
    return ">99.9 %" if rounded == "100.0" and part < of else f"{rounded} %"


def language(code: str) -> str:
    """Return a language's own name, `Nederlands` for `nl`; an unknown code stays as it is."""
    try:
        name = Locale.parse(code).get_language_name()
    except (UnknownLocaleError, ValueError):
        name = None
    return name[:1].upper() + name[1:] if name else code


def variant(code: str) -> str:
    """Return a variant in words: `Nederlands + Deutsch` for `nl+de`."""
    return " + ".join(language(part) for part in code.split("+"))


def message(name: str) -> str:
    """Return a message's name in words: its audience, where it is for one alone, its languages, and its version."""
    of, _, rest = name.rpartition(": ")
    code, comma, version = rest.partition(", ")
    words = f"{variant(code)}{comma}{version}"
    return f"{audience(of)}: {words}" if of else words


def audience(name: str) -> str:
    """Return an audience's file name as words."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize() or "(no audience)"


def reason(code: str) -> str:
    """Return why somebody was left out, in words."""
    return REASONS.get(code, code.replace("_", " "))


def moment(at: datetime | None, zone: tzinfo = ZONE) -> str:
    """Return *at* with its zone, `20 Nov 2026, 13:00 CET`; a dash where it has not come."""
    return format_datetime(at, "d MMM y, HH:mm z", tzinfo=zone, locale="en_GB") if at else "–"
