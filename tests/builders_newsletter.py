"""Newsletters: a campaign that has one, what stands in the feeds, and people who read it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from outreach.feeds import queries as feeds
from outreach.feeds.decide import New
from outreach.feeds.source import checked
from outreach.model.campaign import Campaign, DigestRules, WaveDefinition
from outreach.model.content import FeedItem
from outreach.model.delivery import Plan
from outreach.services import Services
from outreach.steps import newsletter, waves
from outreach.steps.newsletter import NothingNew
from outreach.store.tables import ContactGroupRow, ContactRow
from tests.builders_compose import body, both, campaign, wave
from tests.builders_delivery import add_people

NAME = "test/nieuwsbrief"


def newsletter_of(
    audiences: tuple[str, ...] = ("members",), *, most_news: int = 3, most_events: int = 2, **rules: Any
) -> tuple[Campaign, WaveDefinition]:
    """A campaign with one newsletter, in Dutch and German; *rules* are those of its digest."""
    made = wave(
        body("nl", subject="Brief {{ issue }}"),
        body("de", subject="Post {{ issue }}"),
        name="nieuwsbrief",
        title=both("Brief", "Post"),
        audiences=audiences,
        news=most_news,
        events=most_events,
        digest=DigestRules(**rules),
    )
    return campaign(newsletters={made.name: made}), made


def add_source(session: Session, topic: str = "social-work", language: str = "nl") -> int:
    return feeds.add(session, checked(f"https://feed.example.org/{topic}/{language}", topic=topic, language=language))


def pull(services: Services, *items: FeedItem, topic: str = "social-work", language: str = "nl") -> None:
    """Have *items* come in now from the feed of a topic and language."""
    with services.sessions.begin() as session:
        address = f"https://feed.example.org/{topic}/{language}"
        known = {view.url: view.id for view in feeds.views(session)}
        source_id = known.get(address) or add_source(session, topic, language)
        feeds.store(session, feeds.source(session, source_id), [New(item) for item in items], services.clock())


def news(services: Services, title: str, **more: Any) -> FeedItem:
    """An item that was published an hour ago."""
    published = services.clock() - timedelta(hours=1)
    return FeedItem(title, title, f"https://example.org/{title}", "Tekst.", published=published, **more)


def event(title: str, starts: datetime, **more: Any) -> FeedItem:
    return FeedItem(title, title, f"https://example.org/{title}", starts=starts, published=starts, **more)


def add_readers(services: Services, groups: Mapping[str, int]) -> list[int]:
    """Add people, each in one group; every second one reads German. Return their ids in order."""
    with services.sessions.begin() as session:
        ids = add_people(session, sum(groups.values()))
        names = [name for name, size in groups.items() for _ in range(size)]
        rows = [{"contact_id": id_, "name": name} for id_, name in zip(ids, names, strict=True)]
        session.execute(insert(ContactGroupRow), rows)
        session.execute(update(ContactRow).where(ContactRow.id.in_(ids[1::2])).values(language="de"))
    return ids


def planned(services: Services, named: tuple[Campaign, WaveDefinition], run: str = "run 1") -> Plan:
    plan = newsletter.plan_issue(services, *named, run)
    assert not isinstance(plan, NothingNew)
    return plan


def send(services: Services, plan: Plan) -> None:
    """Let an issue go; that it is approved is what counts."""
    waves.approve_wave(services, plan.wave_id, plan.digest, by="Marieke", without_a_look=True)
