"""Refuses rows whose address and external id lead to different people, before anything is stored.

What is refused here is refused again when the same file comes again: a row may give a person a new address only where
no other row, and nobody in the database, has to do with either address.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Select,
    String,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from outreach.contacts.queries.incoming import TEMPORARY, departed, incoming
from outreach.model.people import SuppressionReason
from outreach.store.tables import ContactRow, SuppressionRow

clash = Table(
    "clash",
    TEMPORARY,
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    Column("external_id", String),
    Column("known_email", String),  # of the contact with this external id
    Column("suppressed", String),  # why that contact gets no mail at any address
    Column("here_id", BigInteger),  # the contact with this address
    Column("here_external_id", String),
    prefixes=["TEMPORARY"],
)
move = Table(
    "move",
    TEMPORARY,
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    Column("external_id", String),
    Column("old_email", String),
    prefixes=["TEMPORARY"],
)


def refuse_clashes(session: Session) -> None:
    """Refuse, with the reason, all rows that contradict the database or move people across each other."""
    for table in (clash, move):
        table.create(session.connection(), checkfirst=False)
    columns = [each.name for each in clash.c]
    session.execute(insert(clash).from_select(columns, _clashes()))
    if not session.scalar(select(exists(clash.c.row))):
        return
    refused = (incoming.c.row == clash.c.row, _contradicts_database())
    session.execute(update(incoming).values(reason=_reason()).where(*refused))
    moves = (
        select(clash.c.row, clash.c.external_id, clash.c.known_email)
        .join(incoming, incoming.c.row == clash.c.row)
        .where(incoming.c.reason.is_(None))
    )
    session.execute(insert(move).from_select([each.name for each in move.c], moves))
    _refuse_crossing_moves(session)


def _clashes() -> Select[Any]:
    """Rows whose external id is known with another address, or whose address with another external id."""
    known, here = aliased(ContactRow), aliased(ContactRow)
    wish = (
        select(func.min(SuppressionRow.reason))
        .where(SuppressionRow.email == known.email, SuppressionRow.reason != SuppressionReason.HARD_BOUNCE)
        .scalar_subquery()
    )
    leaves = case((known.email.in_(select(departed.c.email)), SuppressionReason.UNSUBSCRIBED.value))
    columns = (
        incoming.c.row,
        incoming.c.external_id,
        known.email,
        func.coalesce(wish, leaves),  # as it is by now, and as it will be by this file
        here.id,
        here.external_id,
    )
    return (
        select(*columns)
        .select_from(incoming)
        .outerjoin(known, known.external_id == incoming.c.external_id)
        .outerjoin(here, here.email == incoming.c.email)
        .where(
            incoming.c.external_id.is_not(None),
            incoming.c.reason.is_(None),
            incoming.c.leader.is_(None),
            or_(known.email != incoming.c.email, here.external_id != incoming.c.external_id),
        )
    )


def _other_id() -> ColumnElement[bool]:
    return clash.c.here_external_id != clash.c.external_id


def _wants_no_mail() -> ColumnElement[bool]:
    """A new address may follow a bounce; it does not undo that somebody wants no mail."""
    return clash.c.suppressed.is_not(None)


def _contradicts_database() -> ColumnElement[bool]:
    two_people = and_(clash.c.known_email.is_not(None), clash.c.here_id.is_not(None))
    return or_(_other_id(), two_people, _wants_no_mail())


def _reason() -> ColumnElement[str]:
    mine = "external id '" + clash.c.external_id + "'"
    return case(
        (_other_id(), "this address belongs to external id '" + clash.c.here_external_id + "' already"),
        (
            clash.c.here_id.is_not(None),
            mine + " is known with '" + clash.c.known_email + "', and this address on its own",
        ),
        else_=mine + " wants no mail (" + clash.c.suppressed + "); a new address changes nothing",
    )


def _refuse_crossing_moves(session: Session) -> None:
    """Refuse both where one row moves a person away from an address that another row has: only people can tell."""
    told = exists().where(incoming.c.email == move.c.old_email)
    session.execute(delete(move).where(~told))
    one_of_them = "; leave one of the two rows"
    mine = "external id '" + move.c.external_id + "'"
    session.execute(
        update(incoming)
        .values(reason=mine + " is known with '" + move.c.old_email + "', which another row has" + one_of_them)
        .where(incoming.c.row == move.c.row)
    )
    session.execute(
        update(incoming)
        .values(reason="another row moves " + mine + " from this address to another" + one_of_them)
        .where(incoming.c.email == move.c.old_email, incoming.c.leader.is_(None), incoming.c.reason.is_(None))
    )
