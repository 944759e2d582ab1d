"""People, organisations, consent and suppression."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.tables.base import Base
from outreach.store.types import Key


class OrganisationRow(Base):
    """An organisation; found again by *code* where it has one, else by *kind* and *name*."""

    __tablename__ = "organisation"
    __table_args__ = (Index("ix_organisation_kind_name", "kind", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    code: Mapped[str | None] = mapped_column(unique=True)
    region: Mapped[str] = mapped_column(index=True)
    country: Mapped[str]
    province: Mapped[str] = mapped_column(default="", server_default="")
    municipality: Mapped[str] = mapped_column(default="", server_default="")


WISHED = text("frequency IS NOT NULL")


class ContactRow(Base):
    """One address, normalised and unique."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_frequency", "frequency", postgresql_where=WISHED, sqlite_where=WISHED),  # few have a wish
        {"sqlite_autoincrement": True},  # no number of somebody forgotten is given to another: old links name it
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    language: Mapped[str | None]
    kind: Mapped[str]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    attributes: Mapped[dict[str, Any]]
    frequency: Mapped[str | None]
    time_zone: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ContactGroupRow(Base):
    """Membership of a group, such as `member` or `social-worker`."""

    __tablename__ = "contact_group"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True, index=True)


class ConsentRow(Base):
    """The ledger of consent: rows are added and never changed; the newest per contact and topic is in force."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_contact_topic_id", "contact_id", "topic", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    topic: Mapped[str]
    act: Mapped[str]
    basis: Mapped[str]
    evidence: Mapped[str]
    source: Mapped[str]
    language: Mapped[str | None]
    text: Mapped[str] = mapped_column(default="", server_default="")
    version: Mapped[str] = mapped_column(default="", server_default="")
    requested_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    at: Mapped[datetime]


class SubscriptionRow(Base):
    """A consent in force, derived from the ledger in the transaction that writes there (`store/consents.py`)."""

    __tablename__ = "subscription"
    __table_args__ = (Index("ix_subscription_topic_contact", "topic", "contact_id"),)

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    basis: Mapped[str]
    since: Mapped[datetime]


class SignupRow(Base):
    """Consent asked for by a form and not given before it is confirmed; *topics* with their exact texts.

    *first_name* and *language*, that of the mails, become the contact's when it confirms.
    """

    __tablename__ = "signup"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - as for letters: causes name the number

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    delivery_id: Mapped[int | None] = mapped_column(Key, unique=True)
    topics: Mapped[list[Any]]
    first_name: Mapped[str] = mapped_column(default="", server_default="")
    language: Mapped[str]
    form_url: Mapped[str]
    network: Mapped[str | None]
    requested_at: Mapped[datetime] = mapped_column(index=True)
    confirmed_at: Mapped[datetime | None]


class ErasedRow(Base):
    """Somebody who asked to be forgotten: a keyed hash of the address, so that no import brings them back."""

    __tablename__ = "erased"

    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class RetentionRow(Base):
    """Proof of what a retention run removed: by rule, up to when, how many, and the hash of what it was."""

    __tablename__ = "retention"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    rule: Mapped[str]
    cutoff: Mapped[datetime]
    removed: Mapped[int]
    oldest: Mapped[datetime | None]
    newest: Mapped[datetime | None]
    digest: Mapped[str]
    at: Mapped[datetime]


class SuppressionRow(Base):
    """An address that is never written to; kept apart from contacts, so that an import cannot bring it back.

    Each reason stands by itself: a reader may take back their own wish, and a complaint beside it stays.
    """

    __tablename__ = "suppression"

    email: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    detail: Mapped[str]
    at: Mapped[datetime]
