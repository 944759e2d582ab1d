"""Looking into the ledger."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.delivery.queries.claim import frozen
from outreach.delivery.queries.plan import NAMED
from outreach.model.delivery import Frozen
from outreach.model.preflight import Finding, Level
from outreach.model.wave import SPOKEN_FOR, BatchState, Status
from outreach.store.tables import AttemptRow, BatchRow, CampaignRow, DeliveryRow, MessageRow, PreflightRow, WaveRow


@dataclass(frozen=True, slots=True)
class Went:
    """A call that was made for a mail: through which API, when, its body's hash, its outcome, and for how many people.

    *people* and *outcome* are None where no answer was written down.
    """

    provider: str
    at: datetime
    body_digest: str
    people: int | None
    outcome: str | None

    @property
    def may_have_arrived(self) -> bool:
        """Whether the mail was taken, or may have been."""
        return self.outcome not in ("refused", "not taken")


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail in the ledger. *went* is None before a call was made for it."""

    who: Frozen
    batch_id: int
    message_id: int
    campaign: str
    wave: str
    status: Status
    went: Went | None


def entry(session: Session, delivery_id: int) -> Entry | None:
    """Return a delivery as the ledger knows it."""
    found = session.execute(
        select(DeliveryRow, BatchRow, WaveRow.name, CampaignRow.slug)
        .join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
        .join(WaveRow, WaveRow.id == BatchRow.wave_id)
        .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
        .where(DeliveryRow.id == delivery_id)
    ).first()
    if found is None:
        return None
    row, batch, wave, campaign = found
    return Entry(
        who=frozen(row),
        batch_id=batch.id,
        message_id=batch.message_id,
        campaign=campaign,
        wave=wave,
        status=Status(row.status) if row.status else SPOKEN_FOR[BatchState(batch.state)],
        went=_went(session, batch.id),
    )


def _went(session: Session, batch_id: int) -> Went | None:
    """Return the call that was taken, else the newest that may have been, else the newest."""
    rows = session.scalars(select(AttemptRow).where(AttemptRow.batch_id == batch_id).order_by(AttemptRow.number))
    calls = [
        Went(row.provider, row.started_at, row.body_digest, _people(row), row.outcome) for row in rows
    ]  # fmt: skip
    sure = [call for call in calls if call.people is not None]
    return next(reversed(sure or [call for call in calls if call.may_have_arrived] or calls), None)


def _people(row: AttemptRow) -> int | None:
    return None if row.receipts is None else len(row.receipts)


def message_of(session: Session, delivery_id: int) -> tuple[int, int] | None:
    """Return wave and message of a delivery."""
    found = session.execute(
        select(DeliveryRow.wave_id, BatchRow.message_id)
        .join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
        .where(DeliveryRow.id == delivery_id)
    ).first()
    return (found.wave_id, found.message_id) if found else None


def findings(session: Session, wave_id: int) -> tuple[Finding, ...]:
    """Return what the preflight found."""
    row = session.get(PreflightRow, wave_id)
    found = row.findings if row else []
    return tuple(Finding(Level(each["level"]), each["where"], each["what"]) for each in found)


def messages(session: Session, wave_id: int) -> list[int]:
    """Return the wave's messages, in order of variant."""
    return list(session.scalars(select(MessageRow.id).where(MessageRow.wave_id == wave_id).order_by(*NAMED)))
