"""What Prefect is still to be told."""

from outreach.services import Services
from outreach.store import milestones, reading
from outreach.store.milestones import Milestone


def waiting(services: Services) -> list[Milestone]:
    """Return what was written down and not told yet, oldest first."""
    with reading(services.sessions) as session:
        return milestones.waiting(session)


def emitted(services: Services, ids: list[int]) -> None:
    """Write down that Prefect was told; told twice after a crash is no harm."""
    with services.sessions.begin() as session:
        milestones.emitted(session, ids, services.clock())
