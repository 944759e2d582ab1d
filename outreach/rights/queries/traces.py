"""Finding all that is about a person, by address."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from outreach.rights.addresses import all_spellings
from outreach.store.tables import ContactRow, DeliveryRow, LetterRow, SubmissionRow


@dataclass(frozen=True, slots=True)
class Traces:
    """Where a person stands, as numbers of rows.

    *addresses* are those that the person's mails went to, unless somebody else has one of them now. *submissions* were
    given under one of these addresses, or by their mails and under none. *passed_on* came by their mails, but under
    another address: somebody else may have written them.
    """

    email: str
    contact_id: int | None
    addresses: tuple[str, ...]
    deliveries: tuple[int, ...]
    letters: tuple[int, ...]
    submissions: tuple[int, ...]
    passed_on: tuple[int, ...]


def of(session: Session, email: str, key: str) -> Traces:
    """Return the traces of the normalised address *email*, whose keyed hash is *key*."""
    contact_id = session.scalar(select(ContactRow.id).where(ContactRow.email == email))
    addresses = {email, *_former(session, contact_id)}
    deliveries = _deliveries(session, contact_id, addresses)
    own, passed_on = _submissions(session, contact_id, deliveries, addresses)
    letters = or_(LetterRow.address == key, LetterRow.delivery_id.in_(deliveries))
    return Traces(
        email=email,
        contact_id=contact_id,
        addresses=tuple(sorted(addresses)),
        deliveries=tuple(sorted(deliveries)),
        letters=tuple(session.scalars(select(LetterRow.id).where(letters).order_by(LetterRow.id))),
        submissions=own,
        passed_on=passed_on,
    )


def _former(session: Session, contact_id: int | None) -> Iterable[str]:
    if contact_id is None:
        return ()
    another = exists().where(ContactRow.email == DeliveryRow.email, ContactRow.id != contact_id)
    theirs = (DeliveryRow.contact_id == contact_id, DeliveryRow.email != "", ~another)
    return session.scalars(select(DeliveryRow.email).where(*theirs).distinct())


def _deliveries(session: Session, contact_id: int | None, addresses: set[str]) -> set[int]:
    by_address = session.scalars(select(DeliveryRow.id).where(DeliveryRow.email.in_(addresses)))
    by_contact = session.scalars(select(DeliveryRow.id).where(DeliveryRow.contact_id == contact_id))
    return {*by_address, *by_contact} if contact_id is not None else set(by_address)


def _submissions(
    session: Session, contact_id: int | None, deliveries: set[int], addresses: set[str]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    signed = func.lower(SubmissionRow.email).in_(all_spellings(addresses))
    by_mail = or_(SubmissionRow.delivery_id.in_(deliveries), _by_contact(contact_id))
    own = or_(signed, and_(SubmissionRow.email.is_(None), by_mail))
    passed_on = and_(by_mail, SubmissionRow.email.is_not(None), ~signed)
    return _ids(session, own), _ids(session, passed_on)


def _by_contact(contact_id: int | None) -> ColumnElement[bool]:
    return and_(SubmissionRow.contact_id.is_not(None), SubmissionRow.contact_id == contact_id)


def _ids(session: Session, wanted: ColumnElement[bool]) -> tuple[int, ...]:
    return tuple(session.scalars(select(SubmissionRow.id).where(wanted).order_by(SubmissionRow.id)))
