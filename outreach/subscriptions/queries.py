"""SQL of sign-ups and preferences, in the one transaction that the step has opened.

Rows are locked delivery first, then contact, then suppression: the order in which unsubscribing locks them.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from outreach.errors import NotFound
from outreach.model.people import AddressKind, Basis, Frequency, SuppressionReason
from outreach.store.changes import change
from outreach.store.dialects import inserting
from outreach.store.suppressions import suppress
from outreach.store.tables import (
    CampaignRow,
    ContactRow,
    DeliveryRow,
    ErasedRow,
    SignupRow,
    SubscriptionRow,
    SuppressionRow,
    WaveRow,
)
from outreach.subscriptions.acts import Sentence, Signup, Standing


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever a mail went to, as their preferences page shows them; *topic* is what that mail was about."""

    contact_id: int
    email: str
    language: str | None
    frequency: Frequency
    topic: str


def contact_with(session: Session, email: str) -> int | None:
    """Return the contact with this address, if there is one."""
    return session.scalar(select(ContactRow.id).where(ContactRow.email == email))


def welcome(session: Session, email: str, kind: AddressKind, language: str, now: datetime) -> int:
    """Return the contact with this address, made where it is new: without any consent, so nobody may write to it."""
    row = {"email": email, "kind": kind, "language": language, "first_name": "", "last_name": "", "attributes": {}}
    new = inserting(session, ContactRow).values(row | {"created_at": now, "updated_at": now})
    session.execute(new.on_conflict_do_nothing(index_elements=["email"]))
    return session.scalars(select(ContactRow.id).where(ContactRow.email == email)).one()


def keep_signup(
    session: Session,
    contact_id: int,
    sentences: Sequence[Sentence],
    *,
    first_name: str,
    language: str,
    form_url: str,
    network: str | None,
    now: datetime,
) -> int:
    """Write down what somebody asked for; it is consent only when it is confirmed."""
    row = SignupRow(
        contact_id=contact_id,
        topics=[asdict(sentence) for sentence in sentences],
        first_name=first_name,
        language=language,
        form_url=form_url,
        network=network,
        requested_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def signup_written_to(session: Session, signup_id: int, delivery_id: int) -> None:
    """Write down which letter asks for the confirmation."""
    session.execute(update(SignupRow).where(SignupRow.id == signup_id).values(delivery_id=delivery_id))


def signup_of(session: Session, delivery_id: int, *, hold: bool = False) -> Signup | None:
    """Return the sign-up that a letter asks to confirm, its person kept from other writers with *hold*.

    None where it or its person is gone, or has another address than the letter went to: only whoever reads the mail of
    an address answers for it.
    """
    found = session.execute(
        select(SignupRow.contact_id, DeliveryRow.email)
        .join(DeliveryRow, DeliveryRow.id == SignupRow.delivery_id)
        .where(SignupRow.delivery_id == delivery_id)
    ).one_or_none()
    if found is None:
        return None
    contact_id, written_to = found._tuple()
    # before the sign-up, as whoever forgets a person takes them
    contact = session.get(ContactRow, contact_id, with_for_update=True if hold else None)
    row = session.scalar(select(SignupRow).where(SignupRow.delivery_id == delivery_id))
    if contact is None or row is None or contact.email != written_to:
        return None
    return Signup(
        id=row.id,
        contact_id=row.contact_id,
        email=contact.email,
        sentences=tuple(Sentence(**sentence) for sentence in row.topics),
        first_name=row.first_name,
        language=row.language,
        form_url=row.form_url,
        requested_at=row.requested_at,
        confirmed_at=row.confirmed_at,
    )


def confirm(session: Session, signup_id: int, now: datetime) -> bool:
    """Mark a sign-up as confirmed; False where it was already, so that two clicks are one."""
    unconfirmed = update(SignupRow).where(SignupRow.id == signup_id, SignupRow.confirmed_at.is_(None))
    return bool(change(session, unconfirmed.values(confirmed_at=now)))


def reader_of(session: Session, delivery_id: int, *, hold: bool = False) -> Reader:
    """Return whoever a mail went to, kept from other writers with *hold*.

    `NotFound` where they were forgotten, or have another address now: the mailbox of the old one may be somebody
    else's.
    """
    wanted = (
        select(DeliveryRow.contact_id, DeliveryRow.email, CampaignRow.topic)
        .join(WaveRow, WaveRow.id == DeliveryRow.wave_id)
        .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
        .where(DeliveryRow.id == delivery_id)
    )
    found = session.execute(wanted.with_for_update(of=DeliveryRow) if hold else wanted).one_or_none()
    if found is None:
        raise NotFound("mail", delivery_id)
    contact_id, written_to, topic = found._tuple()
    contact = session.get(ContactRow, contact_id, with_for_update=True if hold else None)
    if contact is None or contact.email != written_to:
        raise NotFound("contact", contact_id)
    return Reader(contact.id, contact.email, contact.language, Frequency(contact.frequency or Frequency.EVERY), topic)


def standing(session: Session, contact_id: int) -> dict[str, Standing]:
    """Return the consents in force, by topic."""
    rows = session.scalars(
        select(SubscriptionRow).where(SubscriptionRow.contact_id == contact_id).order_by(SubscriptionRow.topic)
    )
    return {row.topic: Standing(row.topic, Basis(row.basis), row.since) for row in rows}


def choose(
    session: Session,
    contact_id: int,
    now: datetime,
    *,
    language: str | None = None,
    frequency: Frequency | None = None,
    first_name: str = "",
) -> None:
    """Write down what somebody said about themselves; what is empty was not said."""
    said = {"language": language, "frequency": frequency, "first_name": first_name}
    values = {name: value for name, value in said.items() if value}
    if values:
        session.execute(update(ContactRow).where(ContactRow.id == contact_id).values(**values, updated_at=now))


def stopped(session: Session, email: str) -> tuple[SuppressionReason, ...]:
    """Return all reasons why nothing is written to *email*, last the one that its reader can take back."""
    reasons = session.scalars(select(SuppressionRow.reason).where(SuppressionRow.email == email))
    found = {SuppressionReason(reason) for reason in reasons}
    return tuple(sorted(found, key=lambda reason: (reason is SuppressionReason.UNSUBSCRIBED, reason)))


def stop(session: Session, email: str, now: datetime) -> None:
    """Never write to *email* again, as its reader wishes; other reasons stay beside it."""
    suppress(session, email, SuppressionReason.UNSUBSCRIBED, "preferences page", now)


def lift(session: Session, email: str, key: str | None = None) -> None:
    """Take back that its reader wanted no mail, or to be forgotten (*key*); never a bounce or a complaint."""
    unsubscribed = (SuppressionRow.email == email, SuppressionRow.reason == SuppressionReason.UNSUBSCRIBED)
    session.execute(delete(SuppressionRow).where(*unsubscribed))
    if key is not None:
        session.execute(delete(ErasedRow).where(ErasedRow.key == key))
