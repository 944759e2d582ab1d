"""In which languages a mail speaks to its reader."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.store.tables import ContactRow, DeliveryRow


def spoken(session: Session, delivery_id: int) -> tuple[str, str | None] | None:
    """Return the variant that a mail went in, and its reader's own language, None where neither they nor it is known.

    None alone where the ledger has no such mail.
    """
    found = session.execute(
        select(DeliveryRow.variant, ContactRow.language)
        .outerjoin(ContactRow, ContactRow.id == DeliveryRow.contact_id)
        .where(DeliveryRow.id == delivery_id)
    ).first()
    return (found.variant, found.language) if found else None
