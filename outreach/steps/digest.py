"""What an issue of a newsletter holds for whom, and the mails that it makes."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from sqlalchemy.orm import Session

from outreach.compose.compile import Digest
from outreach.compose.variants import without_others
from outreach.delivery.queries.freeze import Variants
from outreach.feeds import queries as feeds
from outreach.feeds.queries import MOST_NEW
from outreach.model.campaign import Campaign, DigestRules, WaveDefinition
from outreach.model.mail import Message
from outreach.model.newsletter import Issue, Part
from outreach.model.preflight import Finding, Level
from outreach.newsletters import queries, rules
from outreach.newsletters.rules import Chosen, Limits, Offer, Window
from outreach.services import Services
from outreach.steps import planning
from outreach.steps.planning import Composed
from outreach.store import reading

Reading = Mapping[str, Chosen]
"""What somebody reads, by language."""


class _About(TypedDict):
    topics: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """What every audience reads. *since* is when the issue before was gathered, *absent* are pins that lead nowhere."""

    chosen: Mapping[str, Reading]
    since: datetime | None
    absent: tuple[str, ...] = ()

    @property
    def new(self) -> bool:
        """Whether anybody reads anything new."""
        return any(one.new for by_language in self.chosen.values() for one in by_language.values())

    def parts(self) -> tuple[Part, ...]:
        """Return what is in it, audiences that read the same taken together."""
        readers: dict[tuple[str, Chosen], list[str]] = {}
        for audience, by_language in self.chosen.items():
            for language, one in by_language.items():
                readers.setdefault((language, one), []).append(audience)
        return tuple(_part(tuple(audiences), language, one) for (language, one), audiences in readers.items())


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for what fits topics and a language."""

    session: Session
    windows: tuple[Window, ...]
    now: datetime
    pinned: tuple[str, ...]

    def offer(self, topics: tuple[str, ...], language: str) -> Offer:
        """Return all that may go in; pinned items whatever their age."""
        about: _About = {"topics": topics, "language": language}
        news = [
            item
            for window in self.windows
            for item in feeds.news_seen(
                self.session, **about, after=window.seen, until=window.until, published=window.published
            )
        ]
        events = feeds.upcoming_events(self.session, **about, limit=MOST_NEW, now=self.now)
        linked = feeds.linked(self.session, **about, links=self.pinned, now=self.now) if self.pinned else []
        return Offer(
            news=(*news, *(item for item in linked if not item.starts)),
            events=(*events, *(item for item in linked if item.starts)),
            pinned=self.pinned,
        )


def gather(services: Services, campaign: Campaign, newsletter: WaveDefinition, issue: Issue) -> Gathered:
    """Return what is new for whom: not told to them before, and seen before this issue was gathered first."""
    digest = newsletter.digest or DigestRules()
    limits = Limits(newsletter.news, newsletter.events, digest.order)
    topics = {audience: digest.topics.get(audience, (campaign.topic,)) for audience in newsletter.audiences}
    with reading(services.sessions) as session:
        before = queries.before(session, issue.newsletter, issue.number)
        windows = rules.windows(before.until, issue.until, digest.first_days)
        search = _Search(session, windows, services.clock(), digest.pinned)
        offers = {
            (about, language): search.offer(about, language)
            for about in set(topics.values())
            for language in campaign.languages
        }
    chosen = {
        audience: {
            language: rules.choose(offers[about, language], limits, before.of(audience), issue.draft.changes)
            for language in campaign.languages
        }
        for audience, about in topics.items()
    }
    held = {item.link for offer in offers.values() for item in (*offer.news, *offer.events)}
    return Gathered(chosen, before.until, tuple(link for link in digest.pinned if link not in held))


def composed(
    services: Services, campaign: Campaign, definition: WaveDefinition, gathered: Gathered, intros: Collection[str]
) -> Composed:
    """Return the mails: one set for all audiences that read the same, else one for each.

    A language that has nothing new to say is in no mail; who reads no other gets none. *intros* are the languages that
    have one.
    """
    everybody = planning.variant_table(campaign, definition)
    read = {audience: _told_of(by_language) for audience, by_language in gathered.chosen.items()}
    tables = {
        audience: {cell: without_others(variant, told) for cell, variant in everybody.items()}
        for audience, told in read.items()
    }
    findings = tuple(_findings(definition, gathered, intros))
    first = next(iter(read))
    if all(told == read[first] for told in read.values()):
        return Composed(
            _messages(services, campaign, definition, tables[first], read[first]), tables[first], findings=findings
        )
    messages = [
        replace(message, audience=audience)
        for audience, told in read.items()
        for message in _messages(services, campaign, definition, tables[audience], told)
    ]
    return Composed(tuple(messages), everybody, tables, findings)


def _messages(
    services: Services, campaign: Campaign, definition: WaveDefinition, table: Variants, told: Reading
) -> tuple[Message, ...]:
    wanted = dict.fromkeys(variant for variant in table.values() if variant)
    content = {language: Digest(one.news, one.events) for language, one in told.items()}
    return planning.compiled(services, campaign, definition, wanted, content)


def _told_of(by_language: Reading) -> dict[str, Chosen]:
    """What stands in the mails: without the languages that have nothing new, and what a person left out."""
    return {language: replace(one, left_out=(), more=0) for language, one in by_language.items() if one.new}


def _part(audiences: tuple[str, ...], language: str, one: Chosen) -> Part:
    return Part(
        audiences=audiences,
        language=language,
        items=tuple(map(rules.item_of, (*one.news, *one.events))),
        left_out=tuple(map(rules.item_of, one.left_out)),
        more=one.more,
        new=one.new,
    )


def _findings(definition: WaveDefinition, gathered: Gathered, intros: Collection[str]) -> Iterator[Finding]:
    for link in gathered.absent:
        what = f"pinned: nothing that was pulled leads to {link}; correct it in campaign.toml, or take it out"
        yield Finding(Level.WARNING, definition.name, what)
    spoken = dict.fromkeys(part.language for part in gathered.parts() if part.new)
    if intros and (without := [language for language in spoken if language not in intros]):
        what = f"there is an intro in {', '.join(intros)}, and none in {', '.join(without)}"
        yield Finding(Level.WARNING, definition.name, what)
