"""A wave that several workers share, and runs whose machine is lost or seems to be."""

import contextvars
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from prefect import flow, get_client, runtime
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.events.schemas.automations import Posture
from prefect.exceptions import Abort
from prefect.flow_engine import run_flow
from prefect.input import RunInput
from prefect.states import Crashed, Running, Scheduled

from flows import alive, asking, deploy, lanes
from flows.forms import LanesForm
from flows.send_lane import send_lane
from flows.steer_wave import GoingOnForm, Steering, SteeringForm, steer_wave
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services
from outreach.steps import waves
from tests.builders_delivery import everyone_of, sending_wave
from tests.flows.runs import Run
from tests.flows.test_flows import mails

PEOPLE = 12


class Pool:
    """A work pool as a worker sees it: runs of `send-lane` that wait, each of which it starts in a thread."""

    def __init__(self) -> None:
        with get_client(sync_client=True) as client:
            self.deployment: UUID = client.create_deployment(client.create_flow(send_lane), name=send_lane.name)

    def runs(self) -> list[FlowRun]:
        ours = DeploymentFilter(id=DeploymentFilterId(any_=[self.deployment]))
        with get_client(sync_client=True) as client:
            return client.read_flow_runs(deployment_filter=ours)

    def start(self, run: FlowRun) -> threading.Thread:
        work = contextvars.copy_context().run
        thread = threading.Thread(target=work, args=(run_flow, send_lane, run), kwargs={"return_type": "state"})
        thread.start()
        return thread

    @contextmanager
    def working(self) -> Iterator[None]:
        """Start whatever waits until the block is over, and wait for all of it."""
        over, started = threading.Event(), {}

        def work() -> None:
            while not over.wait(0.05) or any(run.id not in started for run in self.runs()):
                for run in self.runs():
                    if run.id not in started:
                        started[run.id] = self.start(run)

        worker = threading.Thread(target=contextvars.copy_context().run, args=(work,))
        worker.start()
        try:
            yield
        finally:
            over.set()
            worker.join()
            for thread in started.values():
                thread.join()


@pytest.fixture
def pool(installed: str) -> Iterator[Pool]:
    pool = Pool()
    yield pool
    with get_client(sync_client=True) as client:
        for run in pool.runs():
            client.delete_flow_run(run.id)


def paused(services: Services) -> int:
    wave_id = sending_wave(services, PEOPLE)
    waves.take_step(services, wave_id, WaveStep.PAUSE)
    return wave_id


def test_a_wave_with_two_more_workers_goes_to_everybody_once(installed: str, services: Services, pool: Pool):
    wave_id = paused(services)

    with pool.working():
        outcome = steer_wave(SteeringForm(name=str(wave_id), step=Steering.RESUME), GoingOnForm(workers=2))

    assert outcome == {"accepted": PEOPLE, "refused": 0, "unknown": 0, "waiting": 0}
    assert mails(installed) == everyone_of(PEOPLE)
    assert waves.wave(services, wave_id).state is WaveState.SENT
    assert [run.state_name for run in pool.runs()] == ["Completed", "Completed"]


def test_a_run_that_starts_again_calls_no_more_workers_and_they_end_where_a_wave_is_not_sent(
    installed: str, services: Services, pool: Pool
):
    wave_id = paused(services)

    @flow
    def called_twice() -> None:
        for _ in range(2):
            lanes.call_workers(wave_id, LanesForm(workers=2))

    called_twice()
    for run in pool.runs():
        pool.start(run).join()

    assert [run.state_name for run in pool.runs()] == ["Completed", "Completed"]
    assert mails(installed) == []
    assert waves.wave(services, wave_id).state is WaveState.PAUSED


def test_a_wave_goes_out_although_no_worker_can_be_called(installed: str, services: Services):
    wave_id = paused(services)
    with get_client(sync_client=True) as client:
        for deployment in client.read_deployments():
            if deployment.name == send_lane.name:
                client.delete_deployment(deployment.id)

    steer_wave(SteeringForm(name=str(wave_id), step=Steering.RESUME), GoingOnForm(workers=2))

    assert mails(installed) == everyone_of(PEOPLE)


def crash(run: Run) -> None:
    """Let the run crash and be started again, as the automations do."""
    with get_client(sync_client=True) as client:
        for state in (Running(), Crashed(), Scheduled()):
            client.set_flow_run_state(run.run.id, state)


class Question(RunInput):
    word: str = "no"


def test_a_run_that_crashes_keeps_its_answer_and_asks_again_what_was_not_answered(prefect: None):
    answers = []

    @flow
    def asks() -> None:
        answers[:] = [asking.ask(Question, key).word for key in ("first", "second")]

    run = Run(asks)
    assert run.go() == "Suspended"
    run.answer(word="a")
    crash(run)
    assert run.go() == "Suspended"
    crash(run)
    assert run.go() == "Suspended"
    run.answer(word="b")

    assert run.go() == "Completed"
    assert answers == ["a", "b"]


def test_a_run_that_was_given_up_in_error_ends_without_a_word(prefect: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(alive, "EVERY", 0.01)

    @flow
    def lives_on() -> None:
        with alive.signs_of_life():
            run = UUID(runtime.flow_run.id)
            with get_client(sync_client=True) as client:
                for state in (Crashed(), Scheduled(), Running(message="started again")):
                    client.set_flow_run_state(run, state, force=True)
            while True:
                alive.check()

    run = Run(lives_on)
    with pytest.raises(Abort, match="goes on elsewhere"):
        run.go()

    assert run.state.message == "started again"


def test_automations_of_an_earlier_version_are_brought_up_to_date_and_stay_switched_off(prefect: None):
    earlier = deploy.LOST.model_copy(update={"description": "of an earlier version", "enabled": False})
    deploy.put_in_force(earlier)

    deploy.put_in_force(deploy.LOST)

    with get_client(sync_client=True) as client:
        (found,) = client.read_automations_by_name(deploy.LOST.name)
        client.delete_automation(found.id)
    assert (found.description, found.enabled) == (deploy.LOST.description, False)
    assert (found.trigger.posture, found.trigger.within) == (Posture.Proactive, alive.SILENCE)
    assert [action.type for action in found.actions] == ["change-flow-run-state"]
