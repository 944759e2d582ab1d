"""Puts prefect.yaml in force and adds what it cannot say: `python -m flows.deploy`, or `make deploy`."""

import contextlib
import subprocess
import sys

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectAlreadyExists
from prefect.workers.process import ProcessWorker

from flows import alive, pace
from outreach.settings import ROOT

POOL = "outreach"

RESTART = AutomationCore(
    name="outreach, start crashed runs again",
    description="Starts a flow run again whose process or machine died; batches already sent are never sent again.",
    trigger=EventTrigger(
        expect={"prefect.flow-run.Crashed"},
        match_related={"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.outreach"},
        posture=Posture.Reactive,
        threshold=1,
    ),
    actions=[ChangeFlowRunState(state=StateType.SCHEDULED, name="Scheduled", message="after a crash", force=False)],
)

ENDS = ("Completed", "Failed", "TimedOut", "Crashed", "Cancelling", "Cancelled", "Paused", "Suspended")
"""States after which a run gives no sign of life any more, by the names of their events."""

LOST = AutomationCore(
    name="outreach, notice lost machines",
    description="Takes a run for crashed that was sending and gives no more signs of life; it is then started again.",
    trigger=EventTrigger(
        after={alive.SIGN},
        expect={alive.SIGN, *(f"prefect.flow-run.{end}" for end in ENDS)},
        match={"prefect.resource.id": "prefect.flow-run.*"},
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=alive.SILENCE,
    ),
    actions=[ChangeFlowRunState(state=StateType.CRASHED, name="Crashed", message="no sign of life", force=False)],
)

AUTOMATIONS = (RESTART, LOST)


def main() -> None:
    """Make the work pool and deploy every flow; see to it that a run whose process or machine died goes on."""
    make_pool()
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", "prefect.yaml"]
    done = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(done.returncode)
    for automation in AUTOMATIONS:
        put_in_force(automation)
        print(f"automation: {automation.name}")
    print(f"concurrency limit: {pace.make_limit()}")


def make_pool() -> None:
    """Make the work pool that prefect.yaml names, if no worker has made it yet."""
    pool = WorkPoolCreate(name=POOL, type="process", base_job_template=ProcessWorker.get_default_base_job_template())
    with get_client(sync_client=True) as client, contextlib.suppress(ObjectAlreadyExists):
        client.create_work_pool(pool)


def put_in_force(wanted: AutomationCore) -> None:
    """Make the automation, or bring the one of an earlier version up to date; one that was switched off stays so."""
    with get_client(sync_client=True) as client:
        found = client.read_automations_by_name(wanted.name)
        for automation in found:
            # Prefect tells only fields that were set, and refuses an owner
            fields = wanted.model_dump(mode="json", exclude={"owner_resource"}) | {"enabled": automation.enabled}
            client.update_automation(automation.id, AutomationCore(**fields))
        if not found:
            client.create_automation(wanted)


if __name__ == "__main__":
    main()
