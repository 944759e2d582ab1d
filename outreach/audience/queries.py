"""Segments compiled to SQL: one statement each, whatever the rules; and who is left out, and why."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, not_, or_, select, true, union
from sqlalchemy.orm import Session, aliased

from outreach.audience.predicates import Clause, clause, subscribed_to
from outreach.model.people import TRACKING, AddressKind
from outreach.model.segment import Group, Join, Segment, Term
from outreach.store.tables import ContactRow, OrganisationRow, SuppressionRow

UNKNOWN_LANGUAGE = "unknown"


def recipients(segment: Segment, *, topic: str) -> Select[Any]:
    """Return the one statement that selects who gets a mail about *topic*, in no order.

    Columns: contact_id, email, first_name, organisation (empty where none), language (null where nobody said), kind,
    tracked. Suppressed addresses and people without a consent to *topic* in force are never in it, whatever the
    segment says.
    """
    employer = aliased(OrganisationRow)  # the predicates look up organisations of their own
    columns = (
        ContactRow.id.label("contact_id"),
        ContactRow.email.label("email"),
        ContactRow.first_name.label("first_name"),
        func.coalesce(employer.name, "").label("organisation"),
        ContactRow.language.label("language"),
        ContactRow.kind.label("kind"),
        subscribed_to(TRACKING).label("tracked"),
    )
    everyone = (
        select(*columns)
        .outerjoin(employer, employer.id == ContactRow.organisation_id)
        .where(rule(segment), ~_suppressed(), subscribed_to(topic))
    )
    if segment.one_per is None:
        return everyone
    ranked = everyone.add_columns(_place_in_organisation().label("place")).subquery()
    return select(*(column for column in ranked.c if column.name != "place")).where(ranked.c.place == 1)


def rule(segment: Segment) -> Clause:
    """Return the segment's rules as one condition on contacts."""
    return _joined(segment.name, segment.rule)


def count(session: Session, segment: Segment, *, topic: str) -> int:
    """Return how many would get a mail about *topic*."""
    return sum(count_by_language(session, segment, topic=topic).values())


def count_by_language(session: Session, segment: Segment, *, topic: str) -> dict[str, int]:
    """Return how many would get a mail, by preferred language, in order of its code."""
    who = recipients(segment, topic=topic).subquery()
    language = func.coalesce(who.c.language, UNKNOWN_LANGUAGE)
    rows = session.execute(select(language, func.count()).group_by(language)).tuples()
    return dict(sorted((code, number) for code, number in rows))


def left_out(session: Session, segments: Sequence[Segment], *, topic: str) -> dict[str, int]:
    """Return how many people the rules let in who still get nothing, by the first reason that holds.

    Somebody whom one segment leaves out and another lets in is not left out. Reasons nobody is left out for are not
    in it.
    """
    if not segments:
        return {}
    let_in = select(func.count()).select_from(ContactRow).where(or_(*(rule(segment) for segment in segments)))
    reached = union(*(select(recipients(segment, topic=topic).subquery().c.contact_id) for segment in segments))
    wanting = let_in.where(~_suppressed())
    suppressed, unasked, eligible, chosen = session.execute(
        select(
            let_in.where(_suppressed()).scalar_subquery(),
            wanting.where(~subscribed_to(topic)).scalar_subquery(),
            wanting.where(subscribed_to(topic)).scalar_subquery(),
            select(func.count()).select_from(reached.subquery()).scalar_subquery(),
        )
    ).one()
    reasons = {
        "suppressed": suppressed,
        f"no consent for {topic}": unasked,
        "another address of the same organisation": eligible - chosen,
    }
    return {reason: number for reason, number in reasons.items() if number}


def _joined(name: str, group: Group) -> Clause:
    parts = [clause(name, each) if isinstance(each, Term) else _joined(name, each) for each in group.rules]
    match group.join:
        case Join.ALL:
            return and_(true(), *parts)
        case Join.ANY:
            return or_(false(), *parts)
        case Join.NONE:
            return not_(or_(false(), *parts))


def _suppressed() -> Clause:
    return exists().where(SuppressionRow.email == ContactRow.email)


def _place_in_organisation() -> ColumnElement[int]:
    """Rank the addresses of one organisation: a person known by name, then a role, then the oldest.

    Who belongs to no organisation stands alone.
    """
    named = and_(ContactRow.kind == AddressKind.PERSONAL, func.length(ContactRow.first_name + ContactRow.last_name) > 0)
    rank = case((named, 0), (ContactRow.kind == AddressKind.ROLE, 1), else_=2)
    alone = case((ContactRow.organisation_id.is_(None), ContactRow.id))
    return func.row_number().over(partition_by=(ContactRow.organisation_id, alone), order_by=(rank, ContactRow.id))
