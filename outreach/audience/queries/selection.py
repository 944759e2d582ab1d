"""Segments compiled to SQL: one statement each, whatever the rules; and who is left out, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select, union
from sqlalchemy.orm import Session, aliased

from outreach.audience.predicates import Clause
from outreach.audience.predicates.consent import subscribed_to
from outreach.audience.predicates.days import days_before
from outreach.audience.predicates.waves import written_to_since
from outreach.audience.queries.conditions import one_of, rule
from outreach.model.cap import Cap
from outreach.model.people import DAYS_BETWEEN, TRACKING, AddressKind, Frequency
from outreach.model.segment import Preference, Segment
from outreach.store import mailed
from outreach.store.tables import ContactRow, OrganisationRow, SuppressionRow

UNKNOWN_LANGUAGE = "unknown"

SUPPRESSED = "suppressed"
ANOTHER_ADDRESS = "another address of the same organisation"
BEYOND_THE_CAP = "beyond the most that the audience may have"
_WILLING, _UNCAPPED, _REACHED = "willing", "uncapped", "reached"


def recipients(segment: Segment, *, topic: str, now: datetime, cap: Cap | None = None) -> Select[Any]:
    """Return the one statement that selects who gets a mail about *topic*, in no order.

    Columns: contact_id, email, first_name, organisation (empty where none), language (null where nobody said), kind,
    tracked. Suppressed addresses, people without a consent to *topic* in force, those who were written to too lately
    for their wish and those who had as many mails as the house's *cap* allows are never in it, whatever the segment.
    """
    employer = aliased(OrganisationRow)  # the predicates look up organisations of their own
    columns = (
        ContactRow.id.label("contact_id"),
        ContactRow.email.label("email"),
        ContactRow.first_name.label("first_name"),
        func.coalesce(employer.name, "").label("organisation"),
        ContactRow.language.label("language"),
        ContactRow.kind.label("kind"),
        subscribed_to((TRACKING,)).label("tracked"),
    )
    chosen = (
        select(*columns)
        .outerjoin(employer, employer.id == ContactRow.organisation_id)
        .where(rule(segment, now), eligible(topic, now, cap))
    )
    if segment.per_organisation:
        chosen = _some_of_each_organisation(chosen, segment, segment.per_organisation)
    if segment.at_most:
        first = chosen.order_by("contact_id").limit(segment.at_most).subquery()
        chosen = select(*first.c)
    return chosen


def eligible(topic: str, now: datetime, cap: Cap | None = None) -> Clause:
    """Return the condition under which somebody may be written to now about *topic*, whatever the segment."""
    enough = [had_enough(cap, now)] if cap else []
    return and_(~suppressed(), subscribed_to((topic,)), *(~soon for soon in (*too_soon(now).values(), *enough)))


def had_enough(cap: Cap, now: datetime) -> Clause:
    """Return who had as many mails as the house sends to one person."""
    full = mailed.capped(cap, now).subquery()
    return exists().where(full.c.contact_id == ContactRow.id)


def suppressed() -> Clause:
    """Return whether an address is never written to."""
    return exists().where(SuppressionRow.email == ContactRow.email)


def too_soon(now: datetime) -> Mapping[Frequency, Clause]:
    """Return who was written to too lately for the frequency that they wish."""
    return {
        frequency: _wished_for_less(frequency, days_before(days, now))
        for frequency, days in DAYS_BETWEEN.items()
        if days
    }


def count(session: Session, segment: Segment, *, topic: str, now: datetime, cap: Cap | None = None) -> int:
    """Return how many would get a mail about *topic*."""
    return sum(count_by_language(session, segment, topic=topic, now=now, cap=cap).values())


def count_by_language(
    session: Session, segment: Segment, *, topic: str, now: datetime, cap: Cap | None = None
) -> dict[str, int]:
    """Return how many would get a mail, by preferred language, in order of its code."""
    who = recipients(segment, topic=topic, now=now, cap=cap).subquery()
    language = func.coalesce(who.c.language, UNKNOWN_LANGUAGE)
    rows = session.execute(select(language, func.count()).group_by(language)).tuples()
    return dict(sorted((code, number) for code, number in rows))


def left_out(
    session: Session, segments: Sequence[Segment], *, topic: str, now: datetime, cap: Cap | None = None
) -> dict[str, int]:
    """Return how many people the rules let in who still get nothing, by the first reason that holds.

    Somebody whom one segment leaves out and another lets in is not left out. Reasons nobody is left out for are not
    in it.
    """
    if not segments:
        return {}
    let_in = select(func.count()).select_from(ContactRow).where(one_of(rule(segment, now) for segment in segments))
    asked = let_in.where(~suppressed(), subscribed_to((topic,)))
    tallies = {
        SUPPRESSED: let_in.where(suppressed()),
        f"no consent for {topic}": let_in.where(~suppressed(), ~subscribed_to((topic,))),
        **{wish_for(frequency): asked.where(soon) for frequency, soon in too_soon(now).items()},
    }
    if cap:
        tallies[cap.why] = let_in.where(eligible(topic, now), had_enough(cap, now))
    limited = any(segment.per_organisation or segment.at_most for segment in segments)
    if limited:  # otherwise everybody whom the rules let in, and who is willing, is reached
        tallies |= {
            _WILLING: let_in.where(eligible(topic, now, cap)),
            _UNCAPPED: _reached([replace(segment, at_most=None) for segment in segments], topic, now, cap),
            _REACHED: _reached(segments, topic, now, cap),
        }
    numbers = session.execute(select(*(each.scalar_subquery() for each in tallies.values()))).one()
    out: dict[str, int] = dict(zip(tallies, numbers, strict=True))
    if limited:
        willing, uncapped, reached = out.pop(_WILLING), out.pop(_UNCAPPED), out.pop(_REACHED)
        out |= {ANOTHER_ADDRESS: willing - uncapped, BEYOND_THE_CAP: uncapped - reached}
    return {reason: number for reason, number in out.items() if number}


def wish_for(frequency: Frequency) -> str:
    """Return why somebody with a wish for this frequency is left out."""
    return f"wants mail at most {frequency}"


def rank(prefer: Sequence[Preference]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Return the order in which addresses of one organisation are taken: as preferred, then the oldest."""
    personal = ContactRow.kind == AddressKind.PERSONAL
    known_by_name = func.length(ContactRow.first_name + ContactRow.last_name) > 0
    meaning: Mapping[Preference, Clause] = {
        Preference.NAMED: and_(personal, known_by_name),
        Preference.ROLE: ContactRow.kind == AddressKind.ROLE,
        Preference.UNNAMED: and_(personal, ~known_by_name),
    }
    places = [(meaning[preference], place) for place, preference in enumerate(prefer)]
    return case(*places, else_=len(places)), ContactRow.id.expression


def _wished_for_less(frequency: Frequency, since: datetime) -> Clause:
    # looked up from the few who have such a wish: asked of everybody, it would cost more than all else
    wishing = aliased(ContactRow)
    return exists().where(
        wishing.id == ContactRow.id, wishing.frequency == frequency, written_to_since(since, to=wishing)
    )


def _some_of_each_organisation(chosen: Select[Any], segment: Segment, most: int) -> Select[Any]:
    """Keep the first of each organisation; who belongs to none stands alone."""
    alone = case((ContactRow.organisation_id.is_(None), ContactRow.id))
    place = func.row_number().over(partition_by=(ContactRow.organisation_id, alone), order_by=rank(segment.prefer))
    ranked = chosen.add_columns(place.label("place")).subquery()
    return select(*(column for column in ranked.c if column.name != "place")).where(ranked.c.place <= most)


def _reached(segments: Sequence[Segment], topic: str, now: datetime, cap: Cap | None) -> Select[tuple[int]]:
    everybody = union(
        *(select(recipients(segment, topic=topic, now=now, cap=cap).subquery().c.contact_id) for segment in segments)
    )
    return select(func.count()).select_from(everybody.subquery())
