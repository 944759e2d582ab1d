"""Merges a file's rows with the contacts, a chunk at a time; each chunk may be a transaction of its own.

What a cell leaves empty stays as it is; suppressions stay; what readers said themselves goes before what a list says.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, cast, exists, func, insert, literal, not_, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.contacts.queries.incoming import COPIED, Incoming, departed, group_set, incoming, telling
from outreach.contacts.queries.organisations import told
from outreach.contacts.queries.repeats import group_besides, repeated
from outreach.contacts.queries.standing import (
    Chunk,
    Said,
    find_added,
    find_known,
    foresee_added,
    standing,
    stands,
)
from outreach.model.people import TRACKING, SuppressionReason
from outreach.store import consents
from outreach.store.changes import change
from outreach.store.dialects import inserting, on_postgres
from outreach.store.tables import ContactGroupRow, ContactRow, SubscriptionRow, SuppressionRow

MEANWHILE = "somebody else changed this person while the file was imported; import this row again"


@dataclass(frozen=True, slots=True)
class Totals:
    """What became of the rows of a file."""

    new: int
    changed: int
    unchanged: int
    repeated: int
    refused: int
    erased: int
    suppressed: int
    without_consent: int
    contradicting: int


def merge(session: Session, chunk: Chunk, about: Incoming, said: Said) -> None:
    """Merge the rows of *chunk*; nobody else may write contacts meanwhile (`consents.hold`)."""
    find_known(session, chunk, about, said)
    _alter(session, chunk, said)
    _add(session, chunk, said)
    find_added(session, chunk, said)
    session.execute(update(incoming).values(reason=MEANWHILE).where(chunk.stored(), not_(stands())))
    if about.groups:
        _join_groups(session, chunk)
    _consent(session, chunk, about, said)
    if about.gone:
        _suppress(session, chunk, said)


def foresee(session: Session, chunk: Chunk, about: Incoming, said: Said) -> None:
    """Find out what `merge` would make of the rows of *chunk*, and write nothing that others could wait for."""
    find_known(session, chunk, about, said)
    foresee_added(session, chunk, said)
    if about.groups:
        for memberships in (_own_groups(chunk), _groups_besides(chunk)):
            _mark_joined(session, chunk, _new_groups(memberships))


def _alter(session: Session, chunk: Chunk, said: Said) -> None:
    told_of = (
        select(told.c.id)
        .join(telling, telling.c.told == told.c.number)
        .where(telling.c.number == incoming.c.organisation)
        .scalar_subquery()
    )
    values: dict[str, Any] = {
        name: func.coalesce(incoming.c[name], getattr(ContactRow, name)) for name in ("email", *COPIED)
    }
    values["organisation_id"] = func.coalesce(told_of, ContactRow.organisation_id)
    values["attributes"] = _attributes_merged(session)
    values["updated_at"] = said.at
    mine = (ContactRow.id == standing.c.contact_id, incoming.c.row == standing.c.row, standing.c.altered)
    change(session, update(ContactRow).values(values).where(*mine, chunk.standing()))


def _attributes_merged(session: Session) -> ColumnElement[Any]:
    have, news = ContactRow.attributes, incoming.c.attributes
    merged = have.op("||")(cast(news, JSONB)) if on_postgres(session) else func.json_patch(have, news)
    return case((news.is_not(None), merged), else_=have)


def _add(session: Session, chunk: Chunk, said: Said) -> None:
    """Add whoever is new; an address that a form added at the same moment keeps what it has."""
    row = incoming.c
    attributes = func.coalesce(row.attributes, "{}")
    at = literal(said.at, ContactRow.created_at.type)
    values: dict[str, ColumnElement[Any]] = {
        "email": row.email,
        "external_id": row.external_id,
        "first_name": func.coalesce(row.first_name, ""),
        "last_name": func.coalesce(row.last_name, ""),
        "language": row.language,
        "kind": func.coalesce(row.kind, row.guess),
        "time_zone": row.time_zone,
        "organisation_id": told.c.id,
        "attributes": cast(attributes, JSONB) if on_postgres(session) else attributes,
        "created_at": at,
        "updated_at": at,
    }
    new = (
        select(*values.values())
        .select_from(incoming)
        .outerjoin(telling, telling.c.number == row.organisation)
        .outerjoin(told, told.c.number == telling.c.told)
        .where(chunk.stored(), not_(stands()))
        .order_by(row.email)  # indexes like it
    )
    adding = inserting(session, ContactRow).from_select(list(values), new)
    try:
        with session.begin_nested():
            session.execute(adding)
    except IntegrityError:  # somebody was quicker; looking out for that from the start would take a third longer
        session.execute(adding.on_conflict_do_nothing())


def _join_groups(session: Session, chunk: Chunk) -> None:
    for memberships in (_own_groups(chunk), _groups_besides(chunk)):
        news = _new_groups(memberships)
        _mark_joined(session, chunk, news)
        columns = (news.selected_columns.contact_id, news.selected_columns.name)
        joining = insert(ContactGroupRow).from_select(["contact_id", "name"], news.with_only_columns(*columns))
        session.execute(joining)


def _new_groups(memberships: Select[Any]) -> Select[Any]:
    told_of = memberships.subquery()
    member = exists().where(ContactGroupRow.contact_id == told_of.c.contact_id, ContactGroupRow.name == told_of.c.name)
    return select(told_of).where(or_(told_of.c.added, not_(member)))


def _mark_joined(session: Session, chunk: Chunk, news: Select[Any]) -> None:
    told_of = news.subquery()
    joining = select(told_of.c.contact_id).where(not_(told_of.c.added))
    joined = (chunk.standing(), not_(standing.c.added), standing.c.contact_id.in_(joining))
    session.execute(update(standing).values(joined=True).where(*joined))


def _own_groups(chunk: Chunk) -> Select[Any]:
    return (
        select(standing.c.contact_id, standing.c.added, group_set.c.name)
        .join(incoming, incoming.c.row == standing.c.row)
        .join(group_set, group_set.c.number == incoming.c.groups)
        .where(chunk.standing())
    )


def _groups_besides(chunk: Chunk) -> Select[Any]:
    return (
        select(standing.c.contact_id, standing.c.added, group_besides.c.name)
        .join(group_besides, group_besides.c.leader == standing.c.row)
        .where(chunk.standing())
    )


def _consent(session: Session, chunk: Chunk, about: Incoming, said: Said) -> None:
    mine = select(standing.c.contact_id).where(chunk.standing())
    if said.grant:
        consents.write_for_all(session, mine.where(standing.c.granted), said.grant)
    if about.tracking:
        for allowed in (True, False):
            act = said.tracking(allowed=allowed)
            consents.write_for_all(session, mine.where(standing.c.tracking.is_(allowed)), act)


def _suppress(session: Session, chunk: Chunk, said: Said) -> None:
    """Whoever left according to the list, be it a row that is refused, is never written to; other reasons stay.

    In the order of addresses, so that it meets nobody crosswise who suppresses several.
    """
    email, reason = departed.c.email, literal(SuppressionReason.UNSUBSCRIBED.value)
    detail, at = literal(said.source), literal(said.at, SuppressionRow.at.type)
    gone = select(email, reason, detail, at).where(chunk.departed()).group_by(email)
    columns = ["email", "reason", "detail", "at"]
    suppressed = inserting(session, SuppressionRow).from_select(columns, gone.order_by(email))
    session.execute(suppressed.on_conflict_do_nothing())


def totals(session: Session) -> Totals:
    """Return what became of all rows, once all chunks are merged; a refused row takes along those it spoke for."""
    _take_along(session)
    changed, new = _changed(), _number(standing.c.added)
    row = incoming.c
    stored = and_(row.reason.is_(None), not_(row.erased))
    of_people = select(new, _number(and_(not_(standing.c.added), changed)), func.count()).select_from(standing)
    of_rows = select(
        _number(and_(stored, row.leader.is_not(None))),
        _number(and_(row.reason.is_not(None), not_(row.erased))),
        _number(row.erased),
        _number(and_(stored, row.contradicts)),
    )
    added, altered, everybody = session.execute(of_people).one()
    repeated, wrong, erased, contradicting = session.execute(of_rows).one()
    return Totals(
        new=added,
        changed=altered,
        unchanged=everybody - added - altered,
        repeated=repeated,
        refused=wrong,
        erased=erased,
        suppressed=session.scalar(_suppressed()) or 0,
        without_consent=session.scalar(_without_consent()) or 0,
        contradicting=contradicting,
    )


def _take_along(session: Session) -> None:
    leader = incoming.alias("leading")
    spoken_for = (incoming.c.leader == leader.c.row, incoming.c.reason.is_(None))
    lost = (leader.c.row.in_(select(repeated.c.leader)), or_(leader.c.reason.is_not(None), leader.c.erased))
    fate = {"reason": leader.c.reason, "erased": leader.c.erased}
    session.execute(update(incoming).values(fate).where(*lost, *spoken_for))


def _changed() -> ColumnElement[bool]:
    return or_(standing.c.altered, standing.c.joined, standing.c.granted, standing.c.tracking.is_not(None))


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _suppressed() -> Select[Any]:
    return (
        select(func.count())
        .select_from(standing)
        .join(incoming, incoming.c.row == standing.c.row)
        .where(or_(incoming.c.gone, exists().where(SuppressionRow.email == incoming.c.email)))
    )


def _without_consent() -> Select[Any]:
    in_force = exists().where(SubscriptionRow.contact_id == standing.c.contact_id, SubscriptionRow.topic != TRACKING)
    return select(func.count()).select_from(standing).where(not_(standing.c.granted), not_(in_force))
