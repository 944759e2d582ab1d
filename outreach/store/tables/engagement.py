"""What came back: hits, submissions of calls, webhooks."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.tables.base import Base
from outreach.store.types import Key


class EngagementRow(Base):
    """One hit. Without the reader's consent *delivery_id*, *agent* and *network* stay empty."""

    __tablename__ = "engagement"
    __table_args__ = (Index("ix_engagement_delivery_at", "delivery_id", "at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    delivery_id: Mapped[int | None] = mapped_column(Key)
    act: Mapped[str]
    link: Mapped[int | None]
    label: Mapped[str]
    reason: Mapped[str]
    agent: Mapped[str | None]
    network: Mapped[str | None]
    at: Mapped[datetime]


class CallRow(Base):
    """A call to action with its form, open to the public under `/calls/<slug>`."""

    __tablename__ = "call"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    slug: Mapped[str] = mapped_column(unique=True)
    definition: Mapped[dict[str, Any]]
    closes: Mapped[datetime | None]


class SubmissionRow(Base):
    """One filled form. *fold* is the value under which submissions count as one, such as a municipality.

    *standing* is `submitted`, and for calls with a capacity `registered` or `waiting`.
    """

    __tablename__ = "submission"
    __table_args__ = (Index("ix_submission_call_at", "call_id", "at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    delivery_id: Mapped[int | None] = mapped_column(Key)
    contact_id: Mapped[int | None] = mapped_column(Key, index=True)
    email: Mapped[str | None]
    language: Mapped[str]
    answers: Mapped[dict[str, Any]]
    fold: Mapped[str | None]
    standing: Mapped[str] = mapped_column(default="submitted", server_default="submitted")
    network: Mapped[str | None]
    form_token: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]


class WebhookRow(Base):
    """A webhook as it came, kept before it is answered; unique by what the provider calls it."""

    __tablename__ = "webhook"
    __table_args__ = (UniqueConstraint("provider", "event_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    provider: Mapped[str]
    event_id: Mapped[str]
    rid: Mapped[str]
    kind: Mapped[str]
    detail: Mapped[str]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
