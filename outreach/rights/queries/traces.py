"""Finding all that is about a person, by address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from outreach.rights.addresses import all_spellings
from outreach.store.tables import BatchRow, ConsentRow, ContactRow, DeliveryRow, LetterRow, SubmissionRow


@dataclass(frozen=True, slots=True)
class Traces:
    """Where a person stands, as numbers of rows.

    *addresses* are those that the person's mails went to, unless somebody else has one of them now. *submissions* were
    given under one of these addresses, or by their mails and under none. *passed_on* came by their mails, but under
    another address: somebody else may have written them. Where an old erasure is done again, *passed_on* is also what
    was answered after it, which stays. *back* is somebody who confirmed a sign-up since then: of them only what is
    older goes, and *contact_id* is none.
    """

    email: str
    contact_id: int | None
    addresses: tuple[str, ...]
    deliveries: tuple[int, ...]
    letters: tuple[int, ...]
    submissions: tuple[int, ...]
    passed_on: tuple[int, ...]
    before: datetime | None = None
    back: bool = False


def of(session: Session, email: str, key: str, before: datetime | None = None) -> Traces:
    """Return the traces of the normalised address *email*, whose keyed hash is *key*.

    With *before* they are those that an erasure of that time should have left nothing of. An answer from after it
    stays, whoever gave it, and keeps nothing else; nor does a sign-up that was never confirmed.
    """
    back = before is not None and came_back(session, email, before)
    contact_id = None if back else session.scalar(select(ContactRow.id).where(ContactRow.email == email))
    addresses = {email, *_former(session, contact_id)}
    deliveries = _deliveries(session, contact_id, addresses)
    letters = or_(LetterRow.address == key, LetterRow.delivery_id.in_(deliveries))
    if back and before is not None:
        deliveries = _settled(session, deliveries, before)
        letters = and_(letters, LetterRow.at <= before)
    own, passed_on = _submissions(session, contact_id, deliveries, addresses, before)
    return Traces(
        email=email,
        contact_id=contact_id,
        addresses=tuple(sorted(addresses)),
        deliveries=tuple(sorted(deliveries)),
        letters=tuple(session.scalars(select(LetterRow.id).where(letters).order_by(LetterRow.id))),
        submissions=own,
        passed_on=passed_on,
        before=before,
        back=back,
    )


def came_back(session: Session, email: str, forgotten_at: datetime) -> bool:
    """Return whether the person behind *email* confirmed, after they were forgotten, that they want mails."""
    confirmed = select(ConsentRow.id).join(ContactRow, ContactRow.id == ConsentRow.contact_id)
    since = (ContactRow.email == email, ConsentRow.confirmed_at > forgotten_at)
    return session.scalar(confirmed.where(*since).limit(1)) is not None


def _settled(session: Session, deliveries: set[int], before: datetime) -> set[int]:
    """Return the mails that were sent up to a time."""
    sent = select(DeliveryRow.id).join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
    return set(session.scalars(sent.where(DeliveryRow.id.in_(deliveries), BatchRow.settled_at <= before)))


def _former(session: Session, contact_id: int | None) -> Iterable[str]:
    if contact_id is None:
        return ()
    another = exists().where(ContactRow.email == DeliveryRow.email, ContactRow.id != contact_id)
    theirs = (DeliveryRow.of_contact(contact_id), DeliveryRow.email != "", ~another)
    return session.scalars(select(DeliveryRow.email).where(*theirs).distinct())


def _deliveries(session: Session, contact_id: int | None, addresses: set[str]) -> set[int]:
    by_address = session.scalars(select(DeliveryRow.id).where(DeliveryRow.email.in_(addresses)))
    by_contact = session.scalars(select(DeliveryRow.id).where(DeliveryRow.of_contact(contact_id)))
    return {*by_address, *by_contact} if contact_id is not None else set(by_address)


def _submissions(
    session: Session, contact_id: int | None, deliveries: set[int], addresses: set[str], before: datetime | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    signed = func.lower(SubmissionRow.email).in_(all_spellings(addresses))
    by_mail = or_(SubmissionRow.delivery_id.in_(deliveries), _by_contact(contact_id))
    own = or_(signed, and_(SubmissionRow.email.is_(None), by_mail))
    passed_on = and_(by_mail, SubmissionRow.email.is_not(None), ~signed)
    if before is not None:
        own, passed_on = and_(own, SubmissionRow.at <= before), or_(passed_on, and_(by_mail, SubmissionRow.at > before))
    return _ids(session, own), _ids(session, passed_on)


def _by_contact(contact_id: int | None) -> ColumnElement[bool]:
    return and_(SubmissionRow.contact_id.is_not(None), SubmissionRow.contact_id == contact_id)


def _ids(session: Session, wanted: ColumnElement[bool]) -> tuple[int, ...]:
    return tuple(session.scalars(select(SubmissionRow.id).where(wanted).order_by(SubmissionRow.id)))
