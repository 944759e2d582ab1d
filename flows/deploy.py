"""Puts prefect.yaml in force and adds what it cannot say: `python -m flows.deploy`, or `make deploy`."""

import contextlib
import subprocess
import sys

from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.exceptions import ObjectAlreadyExists
from prefect.workers.process import ProcessWorker

from outreach.settings import ROOT

POOL = "outreach"
RESTART = "outreach, start crashed runs again"


def main() -> None:
    """Make the work pool and deploy every flow; see to it that a run whose process was killed is started again."""
    make_pool()
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", "prefect.yaml"]
    done = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(done.returncode)
    restart_crashed_runs()
    print(f"automation: {RESTART}")


def make_pool() -> None:
    """Make the work pool that prefect.yaml names, if no worker has made it yet."""
    pool = WorkPoolCreate(name=POOL, type="process", base_job_template=ProcessWorker.get_default_base_job_template())
    with get_client(sync_client=True) as client, contextlib.suppress(ObjectAlreadyExists):
        client.create_work_pool(pool)


def restart_crashed_runs() -> None:
    """Make the automation, once: Prefect's own retries do not cover a crash, and every flow of ours may be repeated."""
    with get_client(sync_client=True) as client:
        if client.read_automations_by_name(RESTART):
            return
    Automation(
        name=RESTART,
        description="Starts a flow run again whose process or machine died; batches already sent are never sent again.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Crashed"},
            match_related={"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.outreach"},
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[ChangeFlowRunState(state=StateType.SCHEDULED, name="Scheduled", message="after a crash", force=False)],
    ).create()


if __name__ == "__main__":
    main()
