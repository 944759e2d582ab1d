"""The ledger: campaigns, waves, frozen messages and recipients, batches, attempts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_, false, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.tables.base import Base
from outreach.store.types import Key


class CampaignRow(Base):
    """A campaign. *hidden*: the house's own letters (confirmations, links asked for), shown in no list."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    topic: Mapped[str]
    languages: Mapped[list[Any]]
    hidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]


class WaveRow(Base):
    """One mailing. *out* counts who was left out at planning, by reason; *planned_by* is the run that planned it.

    *event_ends* is when the event is over that its mails invite to. *trial* are the rules by which a share goes first;
    *trial_ends* is when what came of that share is looked at, *released_at* when the rest was let go, *verdict* what
    was found then, and by whom. *paused_at* is since when it is paused, *paused_by* the person who asked for that,
    empty: it paused itself, and *paused_why* what the pause is for; a person need not say. *forgiven* are the figures
    up to which a person has looked, which no longer count against the wave. *finished_by* is who cancelled it.
    """

    __tablename__ = "wave"
    __table_args__ = (UniqueConstraint("campaign_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    name: Mapped[str]
    title: Mapped[dict[str, Any]]
    audiences: Mapped[list[Any]]
    call: Mapped[str | None]
    state: Mapped[str]
    out: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    planned_at: Mapped[datetime | None]
    planned_by: Mapped[str | None]
    event_ends: Mapped[datetime | None]
    trial: Mapped[dict[str, Any] | None]
    trial_ends: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    verdict: Mapped[dict[str, Any] | None]
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None]
    paused_why: Mapped[str | None]
    forgiven: Mapped[dict[str, Any] | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    finished_by: Mapped[str | None]


class MessageRow(Base):
    """A frozen message: one variant of a wave. *audience* is whom alone it is for, empty: every audience.

    *version* is `b` for the other text of a wave that tries two of them.
    """

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("wave_id", "audience", "variant", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    audience: Mapped[str] = mapped_column(default="", server_default="")
    variant: Mapped[str]
    version: Mapped[str] = mapped_column(default="", server_default="")
    languages: Mapped[list[Any]]
    sender_email: Mapped[str]
    sender_name: Mapped[str]
    reply_to: Mapped[str]
    subject: Mapped[str]
    html: Mapped[str]
    text: Mapped[str]
    headers: Mapped[dict[str, Any]]
    salutations: Mapped[dict[str, Any]]
    digest: Mapped[str]


class LinkRow(Base):
    """A registered target; redirects go nowhere else. *position* is what tracked addresses carry."""

    __tablename__ = "link"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    url: Mapped[str]
    label: Mapped[str]


class BatchRow(Base):
    """One API call's worth of recipients of one message.

    *tries* counts how often its recipients were put off for now; it is not claimed before *not_before*. *looks* counts
    how often the provider was asked about it in vain since it is unknown; it is not asked before *look_at*.

    *part* is its share of a wave that tries something first (`model/trial.py`), *zone* the time zone of all its
    recipients, empty: the house's own. *domain* is the receiving domain that all of them share who wait for its turn.
    """

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("wave_id", "number"),
        Index("ix_batch_wave_state", "wave_id", "state", "number"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    number: Mapped[int]
    size: Mapped[int]
    state: Mapped[str]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    not_before: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0, server_default="0")
    look_at: Mapped[datetime | None]
    part: Mapped[str] = mapped_column(default="", server_default="")
    zone: Mapped[str] = mapped_column(default="", server_default="")
    domain: Mapped[str] = mapped_column(default="", server_default="")
    settled_at: Mapped[datetime | None]
    detail: Mapped[str]


class AttemptRow(Base):
    """One try to send a batch, committed before the socket opens. *receipts* are the provider's ids in order.

    *account* tells apart the provider's accounts (`providers/account.py`); empty where it was not written down.
    """

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("batch_id", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    number: Mapped[int]
    provider: Mapped[str]
    account: Mapped[str] = mapped_column(default="", server_default="")
    key: Mapped[str]
    body_digest: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    detail: Mapped[str]
    receipts: Mapped[list[Any] | None]


class DeliveryRow(Base):
    """One recipient of one wave, frozen at planning. *status* is null while its batch speaks for it.

    *cause* is what brought a letter of the house about (`signup 7`); a wave's mails have none.

    A plan writes a million of these at once, so little is kept beside them. Wave and batch are no foreign keys: they
    are written in the same transaction, and to look them up row by row took 11 s of 19 for a million. There is no index
    by contact, which took another 2 s: whoever looks for a person's deliveries looks in every wave (`of_contact`).
    """

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("wave_id", "contact_id", "cause"), Index("ix_delivery_batch", "batch_id"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    wave_id: Mapped[int]
    contact_id: Mapped[int] = mapped_column(Key)
    batch_id: Mapped[int | None] = mapped_column(Key)
    audience: Mapped[str]
    variant: Mapped[str]
    email: Mapped[str]
    first_name: Mapped[str]
    organisation: Mapped[str]
    tracked: Mapped[bool]
    cause: Mapped[str] = mapped_column(default="", server_default="")
    status: Mapped[str | None]
    detail: Mapped[str | None]
    opened_at: Mapped[datetime | None]
    opened_human_at: Mapped[datetime | None]
    clicked_at: Mapped[datetime | None]
    clicked_human_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]

    @classmethod
    def of_contact(cls, contact_id: Any) -> ColumnElement[bool]:
        """Return the condition that a delivery is one of a contact's, found by the index in every wave."""
        return and_(cls.contact_id == contact_id, cls.wave_id.in_(select(WaveRow.id)))

    @classmethod
    def of_contacts(cls, contact_ids: Sequence[int]) -> ColumnElement[bool]:
        """Return the condition that a delivery is one of these contacts', found in the same way."""
        return and_(cls.contact_id.in_(contact_ids), cls.wave_id.in_(select(WaveRow.id)))


class LetterRow(Base):
    """A letter of the house that somebody asked for by a form, also where none was written; the guards count them.

    *address* is a keyed hash, so that who is not in our files leaves no address behind; *network* is cut.
    """

    __tablename__ = "letter"
    __table_args__ = (
        Index("ix_letter_address_at", "address", "at"),
        Index("ix_letter_network_at", "network", "at"),
        {"sqlite_autoincrement": True},  # rows go by age, but a letter's cause names the number: it is given once
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str]
    address: Mapped[str]
    network: Mapped[str | None]
    form_token: Mapped[str] = mapped_column(unique=True)
    delivery_id: Mapped[int | None] = mapped_column(Key, unique=True)
    at: Mapped[datetime]


class CounterRow(Base):
    """A figure of a wave by audience and variant, kept up to date in the transaction that changes it."""

    __tablename__ = "counter"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    audience: Mapped[str] = mapped_column(primary_key=True)
    variant: Mapped[str] = mapped_column(primary_key=True)
    figure: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class SpentRow(Base):
    """Mails that went to a receiving domain, or from a sender's, in a span of time that begins at *since*."""

    __tablename__ = "spent"

    scope: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    mails: Mapped[int]


class PreflightRow(Base):
    """The findings over a planned wave, by the digest of what was looked at."""

    __tablename__ = "preflight"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    digest: Mapped[str]
    findings: Mapped[list[Any]]
    at: Mapped[datetime]


class PictureRow(Base):
    """What a message of a planned wave looks like, as a PNG; *key* is the unguessable part of its address."""

    __tablename__ = "picture"
    __table_args__ = (Index("ix_picture_wave", "wave_id"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    message: Mapped[str]
    width: Mapped[int]
    scheme: Mapped[str]
    png: Mapped[bytes]


class IssueRow(Base):
    """One issue of a newsletter. *newsletter* is `campaign/name`; *until* is when its content was gathered.

    *changes* is its draft: what is in it for whom, and what a person had changed about it.
    """

    __tablename__ = "issue"
    __table_args__ = (UniqueConstraint("newsletter", "number"),)

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    newsletter: Mapped[str]
    number: Mapped[int]
    run: Mapped[str]
    until: Mapped[datetime]
    changes: Mapped[dict[str, Any]]


class ApprovalRow(Base):
    """A person's word on a digest of content and audience."""

    __tablename__ = "approval"

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    digest: Mapped[str]
    approved: Mapped[bool]
    by: Mapped[str]
    note: Mapped[str]
    at: Mapped[datetime]


class MilestoneRow(Base):
    """Counts and milestones on their way to Prefect's events; the facts stand in the other tables."""

    __tablename__ = "milestone"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str]
    resource: Mapped[str]
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    emitted_at: Mapped[datetime | None] = mapped_column(index=True)
