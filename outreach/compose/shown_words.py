"""The words of `campaign.toml` that a wave's mails and forms show; calls and events of other waves may wait."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import PurePath

from outreach.compose.facts import Topic, facts
from outreach.model.campaign import Campaign, WaveDefinition, Words


def shown_words(campaign: Campaign, wave: WaveDefinition) -> Iterator[tuple[str, str | Words]]:
    """Yield words with the keys that lead to them; those in several languages together."""
    for name, value in _shown(campaign, wave).items():
        yield from _words(name, value)


def definition_of(campaign: Campaign, wave: WaveDefinition) -> tuple[str, WaveDefinition]:
    """Return the wave or newsletter as the files define it, with its name: an issue may begin with an intro."""
    source = next((body.source for body in wave.bodies.values()), wave.name)
    name = PurePath(source).name.partition(".")[0]
    return name, campaign.waves.get(name) or campaign.newsletters.get(name) or wave


def _shown(campaign: Campaign, wave: WaveDefinition) -> Mapping[str, object]:
    said = [fact for language, body in wave.bodies.items() for fact in facts(body, language)]
    calls = {wave.call, *(fact.key for fact in said if fact.topic is Topic.CALLS)}
    events = {wave.event, *(fact.key for fact in said if fact.topic is Topic.EVENTS)}
    path = f"waves.{wave.name}" if wave.digest is None else f"newsletters.{definition_of(campaign, wave)[0]}"
    return {
        "title": campaign.title,
        "summary": campaign.summary,
        "sender": campaign.sender,
        "calls": {slug: call for slug, call in campaign.calls.items() if slug in calls},
        "events": {slug: event for slug, event in campaign.events.items() if slug in events},
        f"{path}.title": wave.title,
        f"{path}.signed": wave.signed,
    }


def _words(path: str, value: object) -> Iterator[tuple[str, str | Words]]:
    if isinstance(value, str) or (isinstance(value, Mapping) and all(isinstance(each, str) for each in value.values())):
        yield path, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _words(f"{path}.{name}", each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _words(path, each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _words(f"{path}.{field.name}", getattr(value, field.name))
