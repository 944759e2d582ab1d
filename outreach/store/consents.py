"""The ledger of consent and what follows from it: acts are appended, the consents in force are kept beside them.

Imports, forms, the preference centre, unsubscribing and providers' reports all write here, so that `subscription` is
true at every commit: it holds a row for each contact and topic whose newest act is a given one.
"""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.model.people import Basis, Consent, ConsentAct
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
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    upsert = dialect.insert(SubscriptionRow)
    changed = upsert.on_conflict_do_update(
        index_elements=["contact_id", "topic"],
        set_={"basis": upsert.excluded.basis},  # since when stays: it was in force already
    )
    rows = [
        {"contact_id": who, "topic": topic, "basis": act.basis, "since": act.at}
        for (who, topic), act in sorted(given.items())
    ]
    session.execute(changed, rows)


def _end(session: Session, ended: Sequence[tuple[int, str]]) -> None:
    if not ended:
        return
    which = [and_(SubscriptionRow.contact_id == who, SubscriptionRow.topic == topic) for who, topic in ended]
    session.execute(delete(SubscriptionRow).where(or_(*which)).execution_options(synchronize_session=False))
