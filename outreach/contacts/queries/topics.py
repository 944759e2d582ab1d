"""Topics that people agreed to already, whatever the templates know of them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.store.tables import SubscriptionRow


def topics_in_force(session: Session) -> set[str]:
    """Return the topics that somebody is subscribed to."""
    return set(session.scalars(select(SubscriptionRow.topic).distinct()))
