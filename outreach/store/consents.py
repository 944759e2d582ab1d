"""The ledger of consent and what follows from it: acts are appended, the consents in force are kept beside them.

Imports, forms, the preference centre, unsubscribing and providers' reports all write here, so that `subscription` is
true at every commit: it holds a row for each contact and topic whose newest act is a given one.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Insert, Select, and_, delete, insert, literal, or_, select, text
from sqlalchemy.orm import Session

from outreach.model.people import Basis, Consent, ConsentAct
from outreach.store.changes import change
from outreach.store.dialects import inserting, on_postgres
from outreach.store.tables import ConsentRow, ContactRow, SubscriptionRow

Act = tuple[int, Consent]
"""A contact's id and what that person did."""


def write(session: Session, acts: Sequence[Act]) -> None:
    """Append *acts*, in their order, and bring the consents in force up to date."""
    if not acts:
        return
    # Two writers about one person come one after the other, or the newest act and what is in force could differ.
    held = select(ContactRow.id).where(ContactRow.id.in_({who for who, _ in acts})).order_by(ContactRow.id)
    session.execute(held.with_for_update()).all()
    session.execute(insert(ConsentRow), [{"contact_id": who, **asdict(act)} for who, act in acts])
    last = {(who, act.topic): act for who, act in acts}
    _put_in_force(session, {key: act for key, act in last.items() if act.act is ConsentAct.GIVEN})
    _end(session, [key for key, act in last.items() if act.act is ConsentAct.WITHDRAWN])


def hold(session: Session) -> None:
    """Let nobody else write about contacts until the transaction ends; reading goes on.

    What writes about many at once takes this before anything else that others may hold: locking them one by one would
    cost more than the writing does, and would meet others crosswise.
    """
    if on_postgres(session):
        session.execute(text("LOCK TABLE contact IN EXCLUSIVE MODE"))


def write_for_all(session: Session, contacts: Select[Any], act: Consent) -> None:
    """Append *act* for each of *contacts*, a SELECT of ids in which nobody stands twice, by whoever called `hold`."""
    who = contacts.subquery()
    contact_id = next(iter(who.c))
    values = {name: literal(value, ConsentRow.__table__.c[name].type) for name, value in asdict(act).items()}
    appended = select(contact_id, *values.values()).order_by(contact_id)
    session.execute(insert(ConsentRow).from_select(["contact_id", *values], appended))
    if act.act is ConsentAct.WITHDRAWN:
        ended = (SubscriptionRow.topic == act.topic, SubscriptionRow.contact_id.in_(select(contact_id)))
        change(session, delete(SubscriptionRow).where(*ended))
        return
    since = literal(act.since, SubscriptionRow.__table__.c.since.type)
    columns = {name: values[name] for name in ("topic", "basis")} | {"since": since}
    # without a condition SQLite takes ON CONFLICT for one of a join
    in_force = select(contact_id, *columns.values()).where(contact_id.is_not(None)).order_by(contact_id)
    session.execute(_putting_in_force(session).from_select(["contact_id", *columns], in_force))


def newest(session: Session, contact_id: int, topic: str) -> Consent | None:
    """Return the newest act of a contact on *topic*, which is the one that counts."""
    row = session.scalars(
        select(ConsentRow)
        .where(ConsentRow.contact_id == contact_id, ConsentRow.topic == topic)
        .order_by(ConsentRow.id.desc())
        .limit(1)
    ).one_or_none()
    return consent(row) if row is not None else None


def consent(row: ConsentRow) -> Consent:
    """Return a row of the ledger as it travels."""
    return Consent(
        topic=row.topic,
        act=ConsentAct(row.act),
        basis=Basis(row.basis),
        evidence=row.evidence,
        source=row.source,
        at=row.at,
        language=row.language,
        text=row.text,
        version=row.version,
        requested_at=row.requested_at,
        confirmed_at=row.confirmed_at,
    )


def _put_in_force(session: Session, given: dict[tuple[int, str], Consent]) -> None:
    if not given:
        return
    rows = [
        {"contact_id": who, "topic": topic, "basis": act.basis, "since": act.since}
        for (who, topic), act in sorted(given.items())
    ]
    session.execute(_putting_in_force(session), rows)


def _putting_in_force(session: Session) -> Insert:
    """Return an INSERT of consents; of what was in force already only the ground changes, since when stays."""
    upsert = inserting(session, SubscriptionRow)
    return upsert.on_conflict_do_update(index_elements=["contact_id", "topic"], set_={"basis": upsert.excluded.basis})


def _end(session: Session, ended: Sequence[tuple[int, str]]) -> None:
    if not ended:
        return
    which = [and_(SubscriptionRow.contact_id == who, SubscriptionRow.topic == topic) for who, topic in ended]
    change(session, delete(SubscriptionRow).where(or_(*which)))
