"""Why a person gets a mail, or does not: which rule, on which consent, since when."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.audience.explanation import Aim, Explanation, Had, Hearing, Out, Person
from outreach.audience.predicates import Named
from outreach.audience.queries import person as people_of
from outreach.campaigns import queries as campaigns
from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.errors import DefinitionError, NotFound
from outreach.model.campaign import Words
from outreach.model.erasure import address_key
from outreach.model.segment import Segment
from outreach.services import Services
from outreach.steps import people
from outreach.steps.addresses import normalised
from outreach.store import reading


def explain(services: Services, email: str, wave: str) -> Explanation:
    """Return why *wave*, written `campaign/wave`, is for an address or not, as things are now.

    A wave that was never planned is explained from its folder. An address that nobody has is an explanation too.
    """
    normal = normalised(email, "EMAIL")
    with reading(services.sessions) as session:
        aim = _aim(services, session, wave)
        person = people_of.by_email(session, normal)
        entry = people_of.entry_of(session, aim.wave_id, person.id) if person and aim.wave_id else None
        explanation = Explanation(
            email=normal,
            aim=aim,
            person=person,
            forgotten_at=people_of.erased_at(session, address_key(services.settings.erasure_secret(), normal)),
            suppression=people_of.suppression(session, normal),
            entry=entry,
        )
        return _with_hearings(services, session, explanation)


def explain_delivery(services: Services, delivery_id: int) -> Explanation:
    """Return why a mail went, or is to go, to its recipient; `NotFound` where the ledger has no such mail."""
    with reading(services.sessions) as session:
        entry = people_of.entry(session, delivery_id)
        if entry is None:
            raise NotFound("mail", delivery_id)
        person = people_of.by_id(session, entry.contact_id)
        email = person.email if person else entry.email
        explanation = Explanation(
            email=email,
            aim=people_of.aim(session, entry.wave_id),
            person=person,
            suppression=people_of.suppression(session, email),
            entry=entry,
        )
        return _with_hearings(services, session, explanation)


def _aim(services: Services, session: Session, wave: str) -> Aim:
    slug, _, name = wave.partition("/")
    if not (slug and name):
        raise DefinitionError(f"WAVE: found {wave!r}; write campaign/wave, such as sociaal-werkers/start")
    wave_id = campaigns.find(session, slug, name)
    if wave_id is not None:
        return people_of.aim(session, wave_id)
    if slug in list_campaigns(services.settings.templates):
        campaign = load_campaign(services.settings.templates, slug)
        if name in campaign.waves:
            wanted = campaign.waves[name]
            return Aim(slug, name, wanted.title, campaign.topic, campaign.languages, wanted.audiences)
    planned = {f"{each.campaign}/{each.name}" for each in campaigns.all_waves(session)}
    raise NotFound("wave", wave, planned | people.known_names(services)[Named.WAVE])


def _with_hearings(services: Services, session: Session, explanation: Explanation) -> Explanation:
    person, aim, now = explanation.person, explanation.aim, services.clock()
    if person is None:
        return replace(explanation, names=_names(services, session, []))
    explanation = replace(
        explanation,
        ground=people_of.ground(session, person.id, aim.topic),
        wish=people_of.wish(session, person, now, apart_from=aim.wave_id, frozen=explanation.entry is not None),
        had=_had(services, session, explanation, now),
        names=_names(services, session, []),
    )
    if aim.hidden:
        return explanation
    segments = {name: _segment(services, session, name) for name in aim.audiences}
    return replace(
        explanation,
        hearings=tuple(
            segment if isinstance(segment, Hearing) else _hearing(session, segment, explanation, person, now)
            for segment in segments.values()
        ),
        names=_names(services, session, [each for each in segments.values() if isinstance(each, Segment)]),
    )


def _segment(services: Services, session: Session, name: str) -> Segment | Hearing:
    """Return an audience, or what is wrong with it: an old wave's may be gone, its mail is explained."""
    try:
        segment = people.load_segment(services, name)
        people.check_names(services, session, [segment])
    except DefinitionError as fault:
        return Hearing(name, out=Out.UNREADABLE, fault=str(fault))
    return segment


def _hearing(session: Session, segment: Segment, about: Explanation, person: Person, now: datetime) -> Hearing:
    judged = people_of.judged(session, segment, [person.id], now)[person.id]
    hearing = Hearing(segment.name, segment.titles, judged)
    out = _barred(about) if judged.holds else Out.RULES
    if out:
        return replace(hearing, out=out)
    return hearing if about.entry else _within_limits(session, hearing, segment, about, now)


def _had(services: Services, session: Session, about: Explanation, now: datetime) -> Had | None:
    cap = people.house_cap(services)
    if cap is None or about.person is None or about.aim.hidden:
        return None
    frozen = about.entry is not None
    return people_of.had(session, about.person.id, cap, now, apart_from=about.aim.wave_id, frozen=frozen)


def _barred(about: Explanation) -> Out | None:
    """Return why somebody is not written to whatever the audience, by the first reason that holds."""
    if about.suppression:
        return Out.SUPPRESSED
    if about.ground is None or not about.ground.in_force:
        return Out.NO_CONSENT
    if about.wish and about.wish.too_soon:
        return Out.TOO_SOON
    return Out.HAD_ENOUGH if about.had and about.had.enough else None


def _within_limits(session: Session, hearing: Hearing, segment: Segment, about: Explanation, now: datetime) -> Hearing:
    """Return whether the audience's limits leave room; for whom the wave was frozen, that was decided then."""
    person, topic = about.person, about.aim.topic
    if person is None:
        return hearing
    if segment.per_organisation and person.organisation_id:
        taken = people_of.frozen_of_organisation(session, about.aim.wave_id, segment.name, person.organisation_id)
        if not taken:
            taken = people_of.taken_of_organisation(
                session, segment, person.organisation_id, topic=topic, now=now, cap=about.cap
            )
        if person.id not in taken:
            return replace(hearing, out=Out.ANOTHER_ADDRESS, instead=tuple(taken.values()))
    if segment.at_most and not people_of.is_within_cap(
        session, segment, person.id, topic=topic, now=now, cap=about.cap
    ):
        return replace(hearing, out=Out.BEYOND_THE_CAP)
    return hearing


def _names(services: Services, session: Session, segments: Sequence[Segment]) -> Mapping[tuple[Named, str], Words]:
    topics = {(Named.TOPIC, name): topic.titles for name, topic in people.topics(services).items()}
    return {**topics, **people_of.titles(session, segments)}
