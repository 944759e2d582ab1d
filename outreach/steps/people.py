"""Audiences are looked up, counted, sampled and taken apart."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.orm import Session

from outreach.audience import queries as audience
from outreach.audience import read as audiences
from outreach.audience.predicates import Named
from outreach.audience.queries import person
from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.contacts.topics import read_topics
from outreach.errors import DefinitionError
from outreach.model.campaign import Campaign
from outreach.model.cap import Cap
from outreach.model.people import Topic
from outreach.model.segment import Judged, Segment, Tallied
from outreach.services import Services
from outreach.store import reading

DEFAULT_TOPIC = "social-work"
HANDFUL = 5


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """How many would get a mail; *left_out* counts whom the rules let in who still get nothing, by reason."""

    total: int
    by_language: Mapping[str, int]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sampled:
    """Somebody in an audience, and what the rules say about them."""

    email: str
    language: str | None
    organisation: str
    judged: Judged


@dataclass(frozen=True, slots=True)
class AudienceExplanation:
    """An audience taken apart: its rules with their numbers, and who is left out after them."""

    segment: Segment
    topic: str
    tally: Tallied
    count: AudienceCount


def audience_names(services: Services) -> list[str]:
    """Return the names of all audiences."""
    return audiences.names(services.settings.audiences)


def house_cap(services: Services) -> Cap | None:
    """Return how many mails one person gets at most, over all campaigns; None where the house says nothing."""
    return Cap.read(services.settings.frequency_cap)


def load_segment(services: Services, name: str) -> Segment:
    """Return the audience *name*, read anew; `NotFound` lists what there is."""
    return audiences.load(services.settings.audiences, name)


def check_names(services: Services, session: Session, segments: Sequence[Segment]) -> None:
    """Refuse segments that name a group, wave, call … which does not exist; the error lists what does."""
    audience.check_names(session, segments, known_names(services))


def known_names(services: Services) -> audience.Known:
    """Return what segments may name before the database holds it: topics, and the folders' waves and calls."""
    campaigns = sound_campaigns(services)
    return {
        Named.TOPIC: set(topics(services)),
        Named.WAVE: {f"{campaign.slug}/{wave}" for campaign in campaigns for wave in campaign.waves},
        Named.CALL: {call for campaign in campaigns for call in campaign.calls},
        Named.LANGUAGE: {*audiences.LANGUAGES, *(code for campaign in campaigns for code in campaign.languages)},
    }


def topics(services: Services) -> Mapping[str, Topic]:
    """Return what people can subscribe to, by name."""
    return read_topics(services.settings.templates)


def sound_campaigns(services: Services) -> list[Campaign]:
    """Return every campaign folder that can be read; another one's faults are told when that one is checked."""
    folders = services.settings.templates
    found = []
    for slug in list_campaigns(folders):
        with suppress(DefinitionError):
            found.append(load_campaign(folders, slug))
    return found


def check_topic(services: Services, session: Session, topic: str) -> None:
    """Refuse a topic that nobody could have agreed to; the error lists what there is."""
    audience.check_topic(session, topic, {Named.TOPIC: set(topics(services))})


def count_audience(services: Services, name: str, *, topic: str | None = None) -> AudienceCount:
    """Return how many of audience *name* would get a mail about *topic* now."""
    segment = load_segment(services, name)
    with reading(services.sessions) as session:
        return _counted(services, session, segment, _checked_topic(services, session, segment, topic))


def sample_audience(
    services: Services, name: str, *, topic: str | None = None, size: int = HANDFUL
) -> tuple[Sampled, ...]:
    """Return a handful of those in audience *name* who would get a mail about *topic* now, the oldest first."""
    segment, now = load_segment(services, name), services.clock()
    with reading(services.sessions) as session:
        topic = _checked_topic(services, session, segment, topic)
        found = person.sample(session, segment, topic=topic, now=now, size=size, cap=house_cap(services))
        judged = person.judged(session, segment, [each.id for each in found], now)
    return tuple(Sampled(each.email, each.language, each.organisation, judged[each.id]) for each in found)


def explain_audience(services: Services, name: str, *, topic: str | None = None) -> AudienceExplanation:
    """Return the rules of audience *name* with how many people each holds for, and who is left out after them."""
    segment = load_segment(services, name)
    with reading(services.sessions) as session:
        topic = _checked_topic(services, session, segment, topic)
        tally = audience.tally(session, segment, services.clock())
        return AudienceExplanation(segment, topic, tally, _counted(services, session, segment, topic))


def _checked_topic(services: Services, session: Session, segment: Segment, topic: str | None) -> str:
    check_names(services, session, [segment])
    check_topic(services, session, topic or DEFAULT_TOPIC)
    return topic or DEFAULT_TOPIC


def _counted(services: Services, session: Session, segment: Segment, topic: str) -> AudienceCount:
    now, cap = services.clock(), house_cap(services)
    by_language = audience.count_by_language(session, segment, topic=topic, now=now, cap=cap)
    left_out = audience.left_out(session, [segment], topic=topic, now=now, cap=cap)
    return AudienceCount(sum(by_language.values()), by_language, left_out)
