"""What a text says that must be the same in every language: calls, events, files, links, addresses, dates, numbers."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from itertools import chain
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from outreach.compose.doubtful import Reading, read_day, read_doubtful
from outreach.compose.written_dates import Found, date_key, read_dates, read_numbers
from outreach.model.campaign import Body


class Topic(StrEnum):
    """What is compared, in the words of findings."""

    CALLS = "calls"
    EVENTS = "events"
    ASSETS = "files"
    PICTURES = "pictures"
    LINKS = "links"
    ADDRESSES = "addresses"
    DATES = "dates"
    NUMBERS = "numbers"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is said: *key* is the same in every language, *shown* as it is written, *place* where."""

    topic: Topic
    key: str
    shown: str
    place: str


Said = tuple[Topic, Found]
"""One thing that is said, before its place is told."""

Ways = tuple[tuple[Said, ...], ...]
"""Ways to read one thing. The first is taken where nothing decides."""

Statement = tuple[tuple[Fact, ...], ...]
"""The same, with its place."""

COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_NAMED = re.compile(r"""\b(button|url|closes|event|asset|day)\(\s*["']([^"']+)["']""")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_ADDRESS = re.compile(
    r"\b(?P<web>(?:https?://|www\.)[^\s<>]*[^\s<>.,;:!?)\]}\"'’”»*_])|(?P<mail>[\w.+-]*\w@\w[\w-]*(?:\.\w[\w-]*)+)",
    re.IGNORECASE,
)
_AFTER_COUNTRY = re.compile(r"(?<=\d)\s?\(0\)(?=\s?\d)")
_LOWERED = {
    ord(low): digit for lows in ("₀₁₂₃₄₅₆₇₈₉", "⁰¹²³⁴⁵⁶⁷⁸⁹") for digit, low in zip("0123456789", lows, strict=True)
}
_SCHEME = re.compile(r"[a-z][a-z+.-]*:", re.IGNORECASE)
_TOPICS = {
    "button": Topic.CALLS,
    "url": Topic.CALLS,
    "closes": Topic.CALLS,
    "event": Topic.EVENTS,
    "asset": Topic.ASSETS,
}
NEW_LINE = "\n"
_WITH_YEAR = len("28-05-2027")
_DAY_ALONE = len("28-05")
_READER = MarkdownIt("commonmark", {"html": False}).disable(["html_block", "html_inline", "code"])


def facts(body: Body, language: str) -> tuple[Fact, ...]:
    """Return what *body* says, in order; a day without its year is left out where a date with a year is that day."""
    return told(chain.from_iterable(ways[0] for ways in statements(body, language)))


def told(said: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return *said* without the days that are told with their year as well."""
    said = tuple(said)
    dated = {fact.key[:_DAY_ALONE] for fact in said if fact.topic is Topic.DATES and len(fact.key) == _WITH_YEAR}
    return tuple(fact for fact in said if fact.topic is not Topic.DATES or fact.key not in dated)


def statements(body: Body, language: str) -> Iterator[Statement]:
    """Yield what *body* says, each with the ways to read it."""
    yield from of_words(body.subject, language, "subject")
    yield from of_words(body.preheader, language, "preheader")
    yield from _of_text(body.markdown, language)


def of_words(words: str, language: str, place: str) -> Iterator[Statement]:
    """Yield what a line of words says that is not Markdown; all of it is at *place*."""
    for ways in (*_between_braces(words), *prose(_EXPRESSION.sub(_blank, words), language)):
        yield tuple(tuple(Fact(topic, found.key, found.shown, place) for topic, found in way) for way in ways)


def prose(text: str, language: str) -> Iterator[Ways]:
    """Yield the addresses, dates and numbers in words."""
    for match in _ADDRESS.finditer(text):
        written = match[0]
        key = written.lower() if match["mail"] else written if _SCHEME.match(written) else f"https://{written}"
        yield (((Topic.ADDRESSES, Found(key, written, match.start())),),)
    text = _AFTER_COUNTRY.sub(_blank, _ADDRESS.sub(_blank, text))
    text = re.sub(r"(?<!\d)[₀-₉⁰¹²³⁴-⁹]", lambda low: low[0].translate(_LOWERED), text)
    dates, rest = read_dates(text, language)
    doubtful, rest = read_doubtful(rest, dates, language)
    for readings in (*map(read_day, dates), *doubtful):
        yield tuple(_said(reading) for reading in readings)
    for found in read_numbers(rest, language):
        yield (((Topic.NUMBERS, found),),)


def _said(reading: Reading) -> tuple[Said, ...]:
    dates = ((Topic.DATES, found) for found in reading.dates)
    return (*dates, *((Topic.NUMBERS, found) for found in reading.numbers))


def without_comments(source: str) -> str:
    """Return *source* without the comments that no reader sees, every line in its place."""
    return COMMENT.sub(_blank, source)


def line_of(source: str, start: int) -> str:
    """Return the line of the file that *start* lies in: a body begins with as many empty lines as it has above it."""
    return f"line {source.count(NEW_LINE, 0, start) + 1}"


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _of_text(markdown: str, language: str) -> Iterator[Statement]:
    source = without_comments(markdown)
    for ways in _between_braces(source):
        yield _placed(ways, lambda found: line_of(source, found.start))
    marker = ""
    for token in _READER.parse(_EXPRESSION.sub(lambda match: NEW_LINE * match[0].count(NEW_LINE), source)):
        if token.type == "list_item_open":
            marker = f"{token.info}. "
        elif token.type == "inline" or token.content:
            words, shown = _read(token)
            text, first = _with_marker(marker, words, language), (token.map or [0])[0] + 1
            for ways in (*shown, *prose(text, language)):
                yield _placed(ways, partial(_line, words, first))
            marker = ""


def _line(text: str, first: int, found: Found) -> str:
    return f"line {first + text.count(NEW_LINE, 0, found.start)}"


def _placed(ways: Ways, place: Callable[[Found], str]) -> Statement:
    return tuple(tuple(Fact(topic, found.key, found.shown, place(found)) for topic, found in way) for way in ways)


def _with_marker(marker: str, text: str, language: str) -> str:
    """Return a list item with its number where that is the day of a date: `3. Dezember` at the start of a line."""
    for way in chain.from_iterable(prose(marker + text, language)) if marker.strip(". ") else ():
        if any(topic is Topic.DATES and found.start == 0 for topic, found in way):
            return marker + text
    return text


def _between_braces(source: str) -> Iterator[Ways]:
    """Yield what authors' expressions name."""
    for expression in _EXPRESSION.finditer(source):
        start = expression.start()
        for named in _NAMED.finditer(expression[0]):
            name, value = named.groups()
            topic = _TOPICS.get(name, Topic.DATES)
            yield (((topic, Found(_day(value) if name == "day" else value, value, start)),),)
        for digits in re.findall(r"\d+", _QUOTED.sub("", expression[0])):
            for one in read_numbers(digits):
                yield (((Topic.NUMBERS, Found(one.key, one.shown, start)),),)


def _day(written: str) -> str:
    try:
        return date_key(date.fromisoformat(written))
    except ValueError:  # told where it is compiled, with its line
        return written


def _read(token: Token) -> tuple[str, list[Ways]]:
    """Return the words of a block, and its links and pictures by where they stand in them."""
    if token.children is None:
        return token.content, []
    words, shown, aside = "", list[Ways](), False
    for child in token.children:
        match child.type:
            case "softbreak" | "hardbreak":
                words += NEW_LINE
            case "link_open":
                aside = child.markup == "autolink"  # its words are its address
                shown += _target(Topic.LINKS, child, "href", len(words))
            case "link_close":
                aside = False
            case "image":
                shown += _target(Topic.PICTURES, child, "src", len(words))
                words += child.content
            case _:
                words += "" if aside else child.content
    return words, shown


def _target(topic: Topic, token: Token, attribute: str, start: int) -> Sequence[Ways]:
    address = unquote(str(token.attrGet(attribute) or "")).strip()
    whole = topic is Topic.PICTURES or _SCHEME.match(address)  # what an expression began is named by it
    return [(((topic, Found(address, address, start)),),)] if address and whole else []
