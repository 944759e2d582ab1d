"""Addresses that are never written to; readers, lists and providers' reports all have a say in it."""

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.model.people import SuppressionReason
from outreach.store.dialects import inserting
from outreach.store.tables import SuppressionRow


def suppress(session: Session, email: str, reason: SuppressionReason, detail: str, at: datetime) -> None:
    """Never write to *email* again; other reasons stay beside this one, and what was known of this one as well.

    Whoever suppresses several does so in the order of the alphabet, so that nobody waits crosswise.
    """
    row = {"email": email, "reason": reason, "detail": detail, "at": at}
    new = inserting(session, SuppressionRow).values(row)
    session.execute(new.on_conflict_do_nothing(index_elements=["email", "reason"]))
