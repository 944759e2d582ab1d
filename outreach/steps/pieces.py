"""What a campaign sends, waves and newsletters alike, compiled for looking at: no row is written and no mail sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from outreach.compose.brand import Brand, read_brand
from outreach.compose.samples import samples
from outreach.compose.section import Digest
from outreach.compose.variants import variants
from outreach.errors import NotFound
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.content import Content
from outreach.model.mail import Message
from outreach.services import Services
from outreach.steps import content, planning

Contents = Mapping[str, Digest]
"""News and events per language."""


def pieces(campaign: Campaign) -> dict[str, WaveDefinition]:
    """Return the campaign's waves and newsletters by name; no two share one. `start.b` is a wave's second version."""
    every = (*campaign.waves.values(), *campaign.newsletters.values())
    return {version.stem: version for wave in every for version in wave.versions}


def piece(campaign: Campaign, name: str) -> WaveDefinition:
    """Return a wave or newsletter; `NotFound` lists what there is."""
    try:
        return pieces(campaign)[name]
    except KeyError:
        raise NotFound(f"wave of {campaign.slug}", name, pieces(campaign)) from None


def compiled(services: Services, campaign: Campaign, wave: WaveDefinition, contents: Contents) -> tuple[Message, ...]:
    """Return the message in every variant that anybody could get, in this one version."""
    return planning.compiled(services, campaign, wave, variants(campaign, wave), contents)


def newest(services: Services, campaign: Campaign, wave: WaveDefinition) -> dict[str, Digest]:
    """Return what the topic has now, in each language; where nothing was pulled yet, invented items stand in."""
    real, now = found(services, campaign, wave), services.clock()
    return {language: real.get(language) or samples(language, campaign.topic, now) for language in campaign.languages}


def found(services: Services, campaign: Campaign, wave: WaveDefinition) -> dict[str, Digest]:
    """Return what was pulled on the topic, in the languages in which there is something.

    For a newsletter it is what its first audience reads about, told in an earlier issue or not.
    """
    topics = wave.digest.topics.get(wave.audiences[0], ()) if wave.digest else ()
    pulled = {
        language: _merged(
            [
                content.fitting(services, topic=topic, language=language, news=wave.news, events=wave.events)
                for topic in topics or (campaign.topic,)
            ]
        )
        for language in campaign.languages
    }
    return {language: digest for language, digest in pulled.items() if digest.news or digest.events}


def invented(campaign: Campaign, now: datetime) -> dict[str, Digest]:
    """Return invented items in each language."""
    return {language: samples(language, campaign.topic, now) for language in campaign.languages}


def brand(services: Services) -> Brand:
    """Return who speaks."""
    return read_brand(services.settings.templates / "brand.toml")


def _merged(pulled: Sequence[tuple[tuple[Content, ...], tuple[Content, ...]]]) -> Digest:
    """Return the items of several topics in the order of one."""
    news = sorted((item for some, _ in pulled for item in some), key=lambda item: item.published, reverse=True)
    events = sorted((item for _, some in pulled for item in some), key=lambda item: item.starts or item.published)
    return Digest(tuple(news), tuple(events))
