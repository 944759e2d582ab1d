"""Looking into the ledger."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.model.preflight import Finding, Level
from outreach.store.tables import BatchRow, DeliveryRow, MessageRow, PreflightRow


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
    return list(
        session.scalars(select(MessageRow.id).where(MessageRow.wave_id == wave_id).order_by(MessageRow.variant))
    )
