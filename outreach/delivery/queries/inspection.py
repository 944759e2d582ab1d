"""What a look over a planned wave asks of the ledger, and leaves there."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.delivery.queries.claim import FROZEN
from outreach.model.delivery import Frozen
from outreach.model.preflight import Finding, Level
from outreach.store.tables import BatchRow, CampaignRow, DeliveryRow, MessageRow, PreflightRow, WaveRow

LATER = "inspected"
"""Marks findings that came after planning, so that they can be told from the plan's own, and replaced.

Its value is the question that they belong to: the first, or another one that a later look with new stops called for.
"""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A wave that went out before, with the subject of one of its mails."""

    campaign: str
    wave: str
    subject: str
    started_at: datetime


def planned_under(session: Session, wave_id: int) -> str | None:
    """Return the digest of the plan that the findings are about; None where nothing is planned."""
    row = session.get(PreflightRow, wave_id)
    return row.digest if row else None


def of_planning(session: Session, wave_id: int) -> tuple[Finding, ...]:
    """Return the findings of planning alone."""
    row = session.get_one(PreflightRow, wave_id)
    planned = (each for each in row.findings if LATER not in each)
    return tuple(Finding(Level(each["level"]), each["where"], each["what"]) for each in planned)


def looked_at(session: Session, wave_id: int) -> datetime | None:
    """Return when the wave was looked over last, as it is planned: a look leaves at least a note. None: not yet."""
    row = session.get(PreflightRow, wave_id)
    return row.at if row and _question(row) else None


def question(session: Session, wave_id: int) -> int:
    """Return the number of the question to the approver that the last look leads to; 0 where there was no look yet."""
    row = session.get(PreflightRow, wave_id)
    return _question(row) if row else 0


def _question(row: PreflightRow) -> int:
    return max((int(each[LATER]) for each in row.findings if LATER in each), default=0)


def add(session: Session, wave_id: int, findings: Sequence[Finding], at: datetime) -> None:
    """Put *findings* beside those of planning, in place of an earlier look's; new stops among them are asked about."""
    row = session.get_one(PreflightRow, wave_id)
    planned = [each for each in row.findings if LATER not in each]
    before = {(each["where"], each["what"]) for each in row.findings if each["level"] == Level.STOP}
    new = {(each.where, each.what) for each in findings if each.level is Level.STOP} - before
    number = _question(row) + 1 if new else max(_question(row), 1)
    row.findings = [*planned, *({**asdict(finding), LATER: number} for finding in findings)]
    row.at = at


def with_longest_names(session: Session, wave_id: int, message_id: int) -> Frozen | None:
    """Return the recipient of a message whose names take most room; None where nobody gets it."""
    room = func.length(DeliveryRow.first_name) + func.length(DeliveryRow.organisation)
    people = select(*FROZEN).join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
    longest = people.where(DeliveryRow.wave_id == wave_id, BatchRow.message_id == message_id)
    row = session.execute(longest.order_by(room.desc(), DeliveryRow.id).limit(1)).first()
    return Frozen(*row) if row else None


def same_subject(session: Session, wave_id: int, subjects: Sequence[str]) -> list[Earlier]:
    """Return the waves that went out before under one of *subjects*, the newest first."""
    rows = (
        select(CampaignRow.slug, WaveRow.name, MessageRow.subject, WaveRow.started_at)
        .join(WaveRow, WaveRow.id == MessageRow.wave_id)
        .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
        .where(MessageRow.subject.in_(subjects), WaveRow.id != wave_id)
        .where(WaveRow.started_at.is_not(None), ~CampaignRow.hidden)
        .order_by(WaveRow.started_at.desc(), WaveRow.id.desc(), MessageRow.subject)
    )
    found = (Earlier(slug, wave, subject, at) for slug, wave, subject, at in session.execute(rows).tuples() if at)
    return list(dict.fromkeys(found))
