"""What a text says that must be the same in every language: calls, events, files, pictures, links, dates, numbers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from outreach.compose.written_dates import Found, date_key, read_dates, read_numbers
from outreach.model.campaign import Body


class Topic(StrEnum):
    """What is compared, in the words of findings."""

    CALLS = "calls"
    EVENTS = "events"
    ASSETS = "files"
    PICTURES = "pictures"
    LINKS = "links"
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

COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_NAMED = re.compile(r"""\b(button|url|closes|event|asset|day)\(\s*["']([^"']+)["']""")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
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
_READER = MarkdownIt("commonmark", {"html": False}).disable(["html_block", "html_inline"])


def facts(body: Body, language: str) -> tuple[Fact, ...]:
    """Return what *body* says, in order; a day without its year is left out where a date with a year is that day."""
    said = [
        *_of_words(body.subject, language, "subject"),
        *_of_words(body.preheader, language, "preheader"),
        *_of_text(body.markdown, language),
    ]
    dates = [fact.key for fact in said if fact.topic is Topic.DATES]
    told = {key[:_DAY_ALONE] for key in dates if len(key) == _WITH_YEAR}
    return tuple(fact for fact in said if fact.topic is not Topic.DATES or fact.key not in told)


def prose(text: str, language: str) -> Iterator[Said]:
    """Yield the dates and numbers in words; those in web addresses are the links' affair."""
    dates, rest = read_dates(_ADDRESS.sub(_blank, text), language)
    yield from ((Topic.DATES, found) for found in dates)
    yield from ((Topic.NUMBERS, found) for found in read_numbers(rest, language))


def without_comments(source: str) -> str:
    """Return *source* without the comments that no reader sees, every line in its place."""
    return COMMENT.sub(_blank, source)


def line_of(source: str, start: int) -> str:
    """Return the line of the file that *start* lies in: a body begins with as many empty lines as it has above it."""
    return f"line {source.count(NEW_LINE, 0, start) + 1}"


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _of_words(words: str, language: str, place: str) -> Iterator[Fact]:
    """Yield what a line of the front matter says."""
    for topic, found in (*_between_braces(words), *prose(_EXPRESSION.sub(_blank, words), language)):
        yield Fact(topic, found.key, found.shown, place)


def _of_text(markdown: str, language: str) -> Iterator[Fact]:
    source = without_comments(markdown)
    for topic, found in _between_braces(source):
        yield Fact(topic, found.key, found.shown, line_of(source, found.start))
    marker = ""
    for token in _READER.parse(_EXPRESSION.sub(lambda match: NEW_LINE * match[0].count(NEW_LINE), source)):
        if token.type == "list_item_open":
            marker = f"{token.info}. "
        elif token.type == "inline" or token.content:
            text, shown = _read(token)
            for topic, found in (*shown, *prose(_with_marker(marker, text, language), language)):
                line = (token.map or [0])[0] + text.count(NEW_LINE, 0, found.start) + 1
                yield Fact(topic, found.key, found.shown, f"line {line}")
            marker = ""


def _with_marker(marker: str, text: str, language: str) -> str:
    """Return a list item with its number where that is the day of a date: `3. Dezember` at the start of a line."""
    dates, _ = read_dates(marker + text, language)
    return marker + text if dates and dates[0].start == 0 and marker.strip(". ") else text


def _between_braces(source: str) -> Iterator[Said]:
    """Yield what authors' expressions name."""
    for expression in _EXPRESSION.finditer(source):
        for named in _NAMED.finditer(expression[0]):
            name, value = named.groups()
            topic = _TOPICS.get(name, Topic.DATES)
            yield topic, Found(_day(value) if name == "day" else value, value, expression.start())
        for digits in re.findall(r"\d+", _QUOTED.sub("", expression[0])):
            yield from ((Topic.NUMBERS, Found(one.key, one.shown, expression.start())) for one in read_numbers(digits))


def _day(written: str) -> str:
    try:
        return date_key(date.fromisoformat(written))
    except ValueError:  # told where it is compiled, with its line
        return written


def _read(token: Token) -> tuple[str, list[Said]]:
    """Return the words of a block, and its links and pictures by where they stand in them."""
    if token.children is None:
        return token.content, []
    words, shown, aside = "", list[Said](), False
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


def _target(topic: Topic, token: Token, attribute: str, start: int) -> Sequence[Said]:
    address = unquote(str(token.attrGet(attribute) or "")).strip()
    whole = topic is Topic.PICTURES or _SCHEME.match(address)  # what an expression began is named by it
    return [(topic, Found(address, address, start))] if address and whole else []
