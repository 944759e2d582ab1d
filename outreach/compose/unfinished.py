"""Words that somebody still has to write: marks of `outreach campaign new`, and what people leave for later."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from outreach.compose.facts import Topic, facts, line_of, without_comments
from outreach.model.campaign import Body, Campaign, WaveDefinition
from outreach.model.preflight import Finding, Level

PLACEHOLDER = "✎"
"""What `outreach campaign new` puts before the words that its author is to write."""

_LATER = re.compile(
    r"\b(?:TODO|FIXME|TBD|XXX+)\b"
    r"|\b(?i:lorem ipsum)\b"
    r"|\[(?i:(?:voor|first |last |achter|vor|nach)?na(?:am|me)|datum|date|dag|day|tag|titel|title|link|url|te[kx]s?t"
    r"|plaats|place|ort|onderwerp|betreff|subject|bedrag|betrag|amount)\](?![(\[:])"
)
_LONGEST = 60


def unfinished(campaign: Campaign, wave: WaveDefinition) -> Iterator[Finding]:
    """Yield every line of the wave's texts, and of the campaign as its mails show it, that is not written yet."""
    for body in wave.bodies.values():
        for place, words in _lines(body):
            yield _finding(body.source, place, words)
    where = f"{campaign.slug}/campaign.toml"
    for name, value in _shown(campaign, wave).items():
        for place, words in _strings(name, value):
            if _unwritten(words):
                yield _finding(where, place, words)


def _finding(where: str, place: str, words: str) -> Finding:
    told = f"{words[:_LONGEST]}…" if len(words) > _LONGEST else words
    return Finding(Level.STOP, where, f"{place} still holds “{told}”; write what belongs there")


def _lines(body: Body) -> Iterator[tuple[str, str]]:
    for place, words in (("subject", body.subject), ("preheader", body.preheader)):
        if _unwritten(words):
            yield place, words
    read = without_comments(body.markdown).split("\n")
    start = 0
    for line, shown in zip(body.markdown.split("\n"), read, strict=True):
        if PLACEHOLDER in line or _LATER.search(shown):
            yield line_of(body.markdown, start), line.strip()
        start += len(line) + 1


def _unwritten(words: str) -> bool:
    return PLACEHOLDER in words or _LATER.search(words) is not None


def _shown(campaign: Campaign, wave: WaveDefinition) -> Mapping[str, object]:
    """Return what a wave's mails show of `campaign.toml`; calls and events of other waves may wait."""
    said = [fact for language, body in wave.bodies.items() for fact in facts(body, language)]
    calls = {wave.call, *(fact.key for fact in said if fact.topic is Topic.CALLS)}
    events = {wave.event, *(fact.key for fact in said if fact.topic is Topic.EVENTS)}
    return {
        "title": campaign.title,
        "summary": campaign.summary,
        "sender": campaign.sender,
        "calls": {slug: call for slug, call in campaign.calls.items() if slug in calls},
        "events": {slug: event for slug, event in campaign.events.items() if slug in events},
        f"waves.{wave.name}.title": wave.title,
        f"waves.{wave.name}.signed": wave.signed,
    }


def _strings(path: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield every text within *value*, with the keys that lead to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _strings(f"{path}.{name}", each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _strings(path, each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _strings(f"{path}.{field.name}", getattr(value, field.name))
