"""Milestones on their way from the ledger to Prefect's events."""

from prefect import task
from prefect.events import emit_event

from outreach.services import open_services
from outreach.steps import milestones


@task(name="tell Prefect what happened", retries=3, retry_delay_seconds=[2, 10, 30])
def emit_milestones() -> int:
    """Emit what Prefect has not been told yet; return how many. Counts and milestones only, never a single open."""
    with open_services() as services:
        waiting = milestones.waiting(services)
        for milestone in waiting:
            emit_event(
                event=milestone.name,
                resource={"prefect.resource.id": milestone.resource, "prefect.resource.name": milestone.resource},
                payload=dict(milestone.payload),
                occurred=milestone.at,
            )
        milestones.emitted(services, [milestone.id for milestone in waiting])
        return len(waiting)
