"""Groups that people are in: whoever names another one may mean one of these."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.store.tables import ContactGroupRow


def groups_in_use(session: Session) -> list[str]:
    """Return the groups that somebody is in, in order."""
    return list(session.scalars(select(ContactGroupRow.name).distinct().order_by(ContactGroupRow.name)))
