"""One person and one wave: everything that a decision rests on, read and never guessed."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, literal, select
from sqlalchemy.orm import Session

from outreach.audience.explanation import Aim, Entry, Ground, Had, Person, Suppression, Wish
from outreach.audience.predicates import Named, clause, names_in
from outreach.audience.predicates.days import days_before
from outreach.audience.predicates.waves import parted
from outreach.audience.queries.conditions import rule
from outreach.audience.queries.selection import eligible, rank, recipients
from outreach.model.campaign import Words
from outreach.model.cap import Cap
from outreach.model.people import DAYS_BETWEEN, AddressKind, Frequency, SuppressionReason
from outreach.model.segment import Judged, Segment, judge, terms
from outreach.model.wave import SPOKEN_FOR, BatchState, Status
from outreach.store import consents, mailed
from outreach.store.tables import (
    BatchRow,
    CallRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    ErasedRow,
    OrganisationRow,
    SubscriptionRow,
    SuppressionRow,
    WaveRow,
)


def by_email(session: Session, email: str) -> Person | None:
    """Return who has the (normalised) address."""
    return _first(session, _people().where(ContactRow.email == email))


def by_id(session: Session, contact_id: int) -> Person | None:
    """Return a contact, if it was not erased."""
    return _first(session, _people().where(ContactRow.id == contact_id))


def sample(
    session: Session, segment: Segment, *, topic: str, now: datetime, size: int, cap: Cap | None = None
) -> list[Person]:
    """Return a handful of those who would get a mail: the ones who came into the files first."""
    who = recipients(segment, topic=topic, now=now, cap=cap).subquery()
    first = select(who.c.contact_id).order_by(who.c.contact_id).limit(size)
    return [_person(row) for row in session.execute(_people().where(ContactRow.id.in_(first)).order_by(ContactRow.id))]


def judged(session: Session, segment: Segment, contact_ids: Collection[int], now: datetime) -> dict[int, Judged]:
    """Return the segment's rules with what they say about each contact, by one SELECT with a column a predicate."""
    asked = terms(segment.rule)
    columns = [clause(segment.name, term, now) for term in asked]
    rows = session.execute(select(ContactRow.id, *columns).where(ContactRow.id.in_(contact_ids)))
    return {
        contact_id: judge(segment.rule, dict(zip(asked, map(bool, answers), strict=True)))
        for contact_id, *answers in rows
    }


def taken_of_organisation(
    session: Session, segment: Segment, organisation_id: int, *, topic: str, now: datetime, cap: Cap | None = None
) -> dict[int, str]:
    """Return the addresses that the segment takes of one organisation, by contact, before its cap on all."""
    able = select(ContactRow.id, ContactRow.email).where(
        ContactRow.organisation_id == organisation_id, rule(segment, now), eligible(topic, now, cap)
    )
    rows = session.execute(able.order_by(*rank(segment.prefer)).limit(segment.per_organisation)).tuples()
    return dict(rows.all())


def frozen_of_organisation(
    session: Session, wave_id: int | None, audience: str, organisation_id: int
) -> dict[int, str]:
    """Return the addresses of one organisation that a wave was frozen for in an audience, by contact."""
    frozen = select(DeliveryRow.contact_id, DeliveryRow.email).join(ContactRow, ContactRow.id == DeliveryRow.contact_id)
    rows = session.execute(
        frozen.where(
            DeliveryRow.wave_id == wave_id,
            DeliveryRow.audience == audience,
            ContactRow.organisation_id == organisation_id,
        ).order_by(DeliveryRow.id)
    )
    return dict(rows.tuples().all())


def is_within_cap(
    session: Session, segment: Segment, contact_id: int, *, topic: str, now: datetime, cap: Cap | None = None
) -> bool:
    """Return whether the segment, with all its limits, has room for a contact."""
    who = recipients(segment, topic=topic, now=now, cap=cap).subquery()
    return session.scalar(select(who.c.contact_id).where(who.c.contact_id == contact_id)) is not None


def suppression(session: Session, email: str) -> Suppression | None:
    """Return why an address is never written to, if it is not: what came first, where there are several reasons."""
    known = select(SuppressionRow).where(SuppressionRow.email == email)
    row = session.scalars(known.order_by(SuppressionRow.at, SuppressionRow.reason).limit(1)).one_or_none()
    return Suppression(SuppressionReason(row.reason), row.detail, row.at) if row else None


def ground(session: Session, contact_id: int, topic: str) -> Ground | None:
    """Return on what a topic's mails to a contact rest; None where nothing was ever said."""
    act = consents.newest(session, contact_id, topic)
    if act is None:
        return None
    since = select(SubscriptionRow.since).where(
        SubscriptionRow.contact_id == contact_id, SubscriptionRow.topic == topic
    )
    return Ground(act, session.scalar(since))


def wish(session: Session, person: Person, now: datetime, *, apart_from: int | None, frozen: bool) -> Wish:
    """Return how often a person wants mail, and whether one now, of the wave *apart_from*, would come too soon.

    It is decided as planning decides it; where the wave is *frozen* for the person, as it is when the mail goes out.
    """
    days = DAYS_BETWEEN[person.frequency]
    since = days_before(days or 1, now)
    moment = literal(now, BatchRow.settled_at.type)
    lately = and_(WaveRow.id.in_(mailed.active_since(since)), mailed.settled_since(since))
    last, too_soon = session.execute(
        select(
            func.max(func.coalesce(BatchRow.settled_at, WaveRow.finished_at, moment)),
            func.count().filter(lately),
        )
        .select_from(DeliveryRow)
        .join(WaveRow, WaveRow.id == DeliveryRow.wave_id)
        .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
        .join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
        .where(
            DeliveryRow.contact_id == person.id,
            CampaignRow.hidden.is_(False),
            WaveRow.id != (apart_from or 0),
            mailed.went() if frozen else mailed.goes(),
        )
    ).one()
    return Wish(person.frequency, last, bool(days and too_soon))


def had(session: Session, contact_id: int, cap: Cap, now: datetime, *, apart_from: int | None, frozen: bool) -> Had:
    """Return how many mails of other waves than *apart_from* count against the house's cap for a person.

    As planning counts them; where the wave is *frozen* for the person, as when the mail goes out.
    """
    since = days_before(cap.days, now)
    mails = session.scalar(
        select(func.count())
        .select_from(DeliveryRow)
        .join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
        .join(WaveRow, WaveRow.id == DeliveryRow.wave_id)
        .where(
            DeliveryRow.contact_id == contact_id,
            DeliveryRow.wave_id.in_(mailed.active_since(since)),
            DeliveryRow.wave_id != (apart_from or 0),
            mailed.settled_since(since),
            mailed.went() if frozen else mailed.goes(),
        )
    )
    return Had(mails or 0, cap)


def entry(session: Session, delivery_id: int) -> Entry | None:
    """Return what the ledger says about a delivery."""
    return _entry(session, _entries().where(DeliveryRow.id == delivery_id))


def entry_of(session: Session, wave_id: int, contact_id: int) -> Entry | None:
    """Return what the ledger says about a contact in a wave, if the wave was frozen for it."""
    found = _entries().where(DeliveryRow.wave_id == wave_id, DeliveryRow.contact_id == contact_id)
    return _entry(session, found.order_by(DeliveryRow.id.desc()).limit(1))


def aim(session: Session, wave_id: int) -> Aim:
    """Return a wave that was planned, as an explanation needs it."""
    wave = session.get_one(WaveRow, wave_id)
    campaign = session.get_one(CampaignRow, wave.campaign_id)
    return Aim(
        campaign=campaign.slug,
        wave=wave.name,
        titles=wave.title,
        topic=campaign.topic,
        languages=tuple(campaign.languages),
        audiences=tuple(wave.audiences),
        wave_id=wave.id,
        planned_at=wave.planned_at,
        hidden=campaign.hidden,
    )


def erased_at(session: Session, key: str) -> datetime | None:
    """Return when somebody with this keyed hash asked to be forgotten."""
    return session.scalar(select(ErasedRow.at).where(ErasedRow.key == key))


def titles(session: Session, segments: Iterable[Segment]) -> dict[tuple[Named, str], Words]:
    """Return what the waves and calls that segments name are called."""
    named = {(kind, name) for kind, name in _named(segments) if kind in (Named.WAVE, Named.CALL)}
    found: dict[tuple[Named, str], Words] = {}
    for kind, name in sorted(named):
        words = session.scalar(_title(kind, name))
        if words:
            found[kind, name] = words.get("title", {}) if kind is Named.CALL else words
    return found


def _named(segments: Iterable[Segment]) -> Iterable[tuple[Named, str]]:
    for segment in segments:
        for term in terms(segment.rule):
            kind, names = names_in(term) or (None, ())
            yield from ((kind, name) for name in names if kind)


def _title(kind: Named, name: str) -> Select[tuple[Mapping[str, Any]]]:
    if kind is Named.CALL:
        return select(CallRow.definition).where(CallRow.slug == name)
    slug, wave = parted(name)
    waves = select(WaveRow.title).join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
    return waves.where(CampaignRow.slug == slug, WaveRow.name == wave)


def _people() -> Select[Any]:
    return select(ContactRow, func.coalesce(OrganisationRow.name, "").label("organisation")).outerjoin(
        OrganisationRow, OrganisationRow.id == ContactRow.organisation_id
    )


def _first(session: Session, people: Select[Any]) -> Person | None:
    row = session.execute(people).first()
    return _person(row) if row else None


def _person(row: Any) -> Person:
    contact = row.ContactRow
    return Person(
        id=contact.id,
        email=contact.email,
        first_name=contact.first_name,
        language=contact.language,
        time_zone=contact.time_zone,
        organisation_id=contact.organisation_id,
        organisation=row.organisation,
        frequency=Frequency(contact.frequency or Frequency.EVERY),
        joined=contact.created_at,
        kind=AddressKind(contact.kind),
    )


def _entries() -> Select[Any]:
    return select(DeliveryRow, BatchRow.state).outerjoin(BatchRow, BatchRow.id == DeliveryRow.batch_id)


def _entry(session: Session, entries: Select[Any]) -> Entry | None:
    row = session.execute(entries).first()
    if row is None:
        return None
    delivery = row.DeliveryRow
    spoken_for = SPOKEN_FOR[BatchState(row.state)] if row.state else Status.PLANNED
    return Entry(
        delivery_id=delivery.id,
        contact_id=delivery.contact_id,
        wave_id=delivery.wave_id,
        email=delivery.email,
        audience=delivery.audience,
        variant=delivery.variant,
        status=Status(delivery.status) if delivery.status else spoken_for,
        tracked=delivery.tracked,
    )
