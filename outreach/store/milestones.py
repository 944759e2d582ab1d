"""The way of counts and milestones to Prefect's events: written with the facts, emitted later, lost never."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.store.tables import MilestoneRow


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that happened, for Prefect's events."""

    id: int
    name: str
    resource: str
    payload: Mapping[str, Any]
    at: datetime


def note(session: Session, name: str, resource: str, payload: Mapping[str, Any], at: datetime) -> None:
    """Write down that *name* happened to *resource* (such as `outreach.wave.7`), in the facts' own transaction."""
    session.add(MilestoneRow(name=name, resource=resource, payload=dict(payload), at=at))


def waiting(session: Session, limit: int = 200) -> list[Milestone]:
    """Return what Prefect has not been told, oldest first."""
    rows = session.scalars(
        select(MilestoneRow).where(MilestoneRow.emitted_at.is_(None)).order_by(MilestoneRow.id).limit(limit)
    )
    return [Milestone(row.id, row.name, row.resource, row.payload, row.at) for row in rows]


def emitted(session: Session, ids: list[int], at: datetime) -> None:
    """Write down that Prefect was told."""
    session.execute(update(MilestoneRow).where(MilestoneRow.id.in_(ids)).values(emitted_at=at))
