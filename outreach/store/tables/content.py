"""Sources and what was pulled from them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.tables.base import Base
from outreach.store.types import Key


class SourceRow(Base):
    """A feed or a database query. *state*: `active`, `gone` (410, asked no more) or `stopped` by a person.

    *query* is empty for feeds; *read_at* is when the source was last read whole.
    """

    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("url", "query"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    url: Mapped[str]
    query: Mapped[str]
    topic: Mapped[str]
    language: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    digest: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]


class ContentRow(Base):
    """A news item or event, as last seen."""

    __tablename__ = "content"
    __table_args__ = (
        UniqueConstraint("source_id", "uid"),
        Index("ix_content_topic_kind_published", "topic", "kind", "published"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    uid: Mapped[str]
    kind: Mapped[str]
    topic: Mapped[str]
    language: Mapped[str]
    title: Mapped[str]
    link: Mapped[str]
    body: Mapped[str]
    image: Mapped[str] = mapped_column(default="", server_default="")
    image_alt: Mapped[str] = mapped_column(default="", server_default="")
    place: Mapped[str]
    published: Mapped[datetime]
    starts: Mapped[datetime | None]
    ends: Mapped[datetime | None]
    cancelled: Mapped[bool]
    revision: Mapped[int]
    digest: Mapped[str]
    seen_at: Mapped[datetime]


class ContentRevisionRow(Base):
    """Every state that a piece of content was ever seen in."""

    __tablename__ = "content_revision"
    __table_args__ = (UniqueConstraint("content_id", "revision"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    revision: Mapped[int]
    item: Mapped[dict[str, Any]]
    seen_at: Mapped[datetime]
