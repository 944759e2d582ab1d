"""What people do to a wave from the UI while it is being sent, and after it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow
from prefect.states import Cancelled, Crashed, Running
from sqlalchemy import update

from flows import senders
from flows.forms import LanesForm
from flows.go_on_wave import go_on_wave, needed
from flows.late_mails import late_mails
from flows.leftovers import LeftoversForm, wave_leftovers
from flows.steer_wave import Steering, SteeringForm, steer_wave
from outreach.clock import now
from outreach.delivery.sending import Answer, Called
from outreach.errors import OutcomeUnknown, StateError
from outreach.model.trial import Part, Trial
from outreach.model.wave import BatchState, WaveState, WaveStep
from outreach.services import Services, open_services
from outreach.steps import again, calling, sending, trials, waves
from outreach.store.tables import BatchRow, WaveRow
from tests.builders_delivery import no_wait, planned_wave, sending_wave
from tests.conftest import FakeClock
from tests.flows.runs import Run

NAME = "sociaal-werkers/start"
HOW = LanesForm(lanes=4, workers=3)


def mails(outbox: str) -> int:
    answer = httpx.get(f"{outbox}/v1/messages", headers={"Authorization": "Bearer outbox"}).json()
    return len(answer["messages"])


def artifact(key: str) -> str:
    with get_client(sync_client=True) as client:
        return next(str(each.data) for each in client.read_artifacts() if each.key == key)


class GoingOn:
    """The deployment whose runs go on with waves, and a worker that starts them when told."""

    def __init__(self) -> None:
        with get_client(sync_client=True) as client:
            self.deployment: UUID = client.create_deployment(client.create_flow(go_on_wave), name=go_on_wave.name)

    def runs(self) -> list[FlowRun]:
        ours = DeploymentFilter(id=DeploymentFilterId(any_=[self.deployment]))
        with get_client(sync_client=True) as client:
            return client.read_flow_runs(deployment_filter=ours)

    def forms(self) -> list[dict[str, Any]]:
        return [run.parameters["sending"] for run in self.runs()]

    def go(self) -> list[str]:
        """Start what waits; return the names of the states that all are in then."""
        for run in self.runs():
            if run.state is not None and run.state.is_scheduled():
                run_flow(go_on_wave, flow_run=run, return_type="state")
        return [str(run.state_name) for run in self.runs()]


@pytest.fixture
def going_on(installed: str) -> Iterator[GoingOn]:
    made = GoingOn()
    yield made
    with get_client(sync_client=True) as client:
        for run in made.runs():
            client.delete_flow_run(run.id)
        client.delete_deployment(made.deployment)


def test_a_wave_is_paused_resumed_from_where_it_stopped_and_cannot_be_paused_once_sent(
    installed: str, services: Services
):
    wave_id = sending_wave(services, 5)

    run = Run(steer_wave, wave=SteeringForm(name=NAME, step=Steering.PAUSE, by="Noor", why="a wrong date"))
    assert run.go() == "Completed"
    assert run.state.message.startswith("Paused by Noor ")
    assert (waves.wave(services, wave_id).state, mails(installed)) == (WaveState.PAUSED, 0)
    assert "Noor" in artifact("wave-sociaal-werkers-start")
    assert "Paused" in artifact("outreach-overview")
    steer_wave(SteeringForm(name=str(wave_id), step=Steering.PAUSE))  # twice is the same as once

    outcome = steer_wave(SteeringForm(name=NAME, step=Steering.RESUME))
    assert "Sending now" in artifact("outreach-overview")
    assert (outcome["accepted"], waves.wave(services, wave_id).state, mails(installed)) == (5, WaveState.SENT, 5)
    with pytest.raises(Exception, match="a wave that is sent cannot pause; wave-leftovers sends again"):
        steer_wave(SteeringForm(name=NAME, step=Steering.PAUSE))


def test_a_cancelled_wave_writes_to_nobody_more_and_unknown_names_are_told(installed: str, services: Services):
    wave_id = planned_wave(services, 5)
    waves.take_step(services, wave_id, WaveStep.CANCEL)

    assert steer_wave(SteeringForm(name=NAME, step=Steering.CANCEL)) == {}  # also where its run says who waits
    assert mails(installed) == 0
    with pytest.raises(Exception, match="no planned wave 'nope/start'; there is: sociaal-werkers/start"):
        steer_wave(SteeringForm(name="nope/start", step=Steering.PAUSE))


def test_what_is_unknown_is_shown_and_sent_again_as_a_person_decides(installed: str, services: Services):
    services.provider.replays = False
    services.provider.failures_after = [OutcomeUnknown("no answer in time")]
    wave_id = sending_wave(services, 5)
    sending.send_batches(services, wave_id, no_wait)
    sending.finish_wave(services, wave_id)
    run = Run(wave_leftovers, wave=LeftoversForm(name=NAME))

    assert run.go() == "Suspended"
    assert "### Unknown: 3 people" in run.question()
    run.answer(unknown="send again", by=" ")
    assert (run.go(), again.unknown_calls(services, wave_id) == []) == ("Suspended", False)
    assert "Your name is missing" in run.question()
    assert "### Unknown: 3 people" in run.question()
    assert run.form()["unknown"]["default"] == "send again"
    run.answer(unknown="send again", by="Noor")
    assert run.go() == "Completed"
    assert run.state.message == "3 people were lined up again"

    assert (mails(installed), again.unknown_calls(services, wave_id)) == (3, [])
    assert waves.wave(services, wave_id).state is WaveState.SENT


def put_off(services: Services, clock: FakeClock, *, hours: float = 1) -> int:
    """A wave in which one of three people waits since some *hours* ago; their time comes after two minutes."""
    clock.at = now() - timedelta(hours=hours)
    services.provider.put_off = {"person2@example.org": "greylisted"}
    wave_id = sending_wave(services, 3)
    sending.send_batches(services, wave_id, no_wait)
    return wave_id


def test_who_was_put_off_is_tried_again_by_one_run_when_the_time_has_come(
    installed: str, services: Services, clock: FakeClock, going_on: GoingOn
):
    wave_id = put_off(services, clock)

    assert late_mails() == {str(wave_id): "goes on in a run of its own"}
    assert late_mails() == {str(wave_id): f"left to run {NAME}"}
    assert going_on.go() == ["Completed"]
    assert (mails(installed), waves.wave(services, wave_id).state) == (1, WaveState.SENT)
    assert late_mails() == {}


def test_a_wave_goes_on_as_it_was_sent_last(services: Services, clock: FakeClock, going_on: GoingOn):
    wave_id = put_off(services, clock, hours=0)
    with services.sessions.begin() as session:
        session.execute(update(WaveRow).values(planned_by=str(uuid4())))  # a run that Prefect does not know any more
    wave = waves.wave(services, wave_id)
    assert senders.form_of(wave) == LanesForm()

    assert Run(steer_wave, wave=SteeringForm(name=NAME, step=Steering.RESUME), sending=HOW).go() == "Completed"
    with get_client(sync_client=True) as client:  # and one that puts no such question
        client.create_flow_run(late_mails, tags=[senders.tag(wave)], state=Cancelled())
    with services.sessions.begin() as session:
        session.execute(update(BatchRow).where(BatchRow.state == BatchState.PLANNED).values(not_before=now()))
    late_mails()

    assert going_on.forms() == [HOW.model_dump()]


def test_no_more_workers_are_called_than_calls_keep_busy():
    assert [needed(HOW, batches).workers for batches in (1, 39, 80, 4000)] == [0, 0, 2, 3]


@pytest.mark.parametrize("lost", [(Running(), "LONG"), (Crashed(), "AGAIN")], ids=["running", "crashed"])
def test_a_run_that_is_lost_keeps_nobody_from_going_on(
    services: Services, clock: FakeClock, going_on: GoingOn, monkeypatch: pytest.MonkeyPatch, lost
):
    wave_id = put_off(services, clock)
    state, patience = lost
    with get_client(sync_client=True) as client:
        tags = [senders.tag(waves.wave(services, wave_id))]
        run = client.create_flow_run(late_mails, name="lost", tags=tags, state=state)

    assert late_mails() == {str(wave_id): "left to run lost"}
    monkeypatch.setattr(senders, patience, timedelta(0))
    assert late_mails() == {str(wave_id): "goes on in a run of its own"}
    with get_client(sync_client=True) as client:
        client.delete_flow_run(run.id)


def test_the_rest_follows_once_what_went_first_was_looked_at(
    installed: str, services: Services, clock: FakeClock, going_on: GoingOn
):
    clock.at = now() - timedelta(hours=1)
    wave_id = sending_wave(services, 6, trial=Trial(share=0.3, wait=timedelta(minutes=30)))
    sending.send_batches(services, wave_id, no_wait)
    clock.at = now()

    assert late_mails()[str(wave_id)].endswith("which is under the thresholds; goes on in a run of its own")
    assert going_on.go() == ["Completed"]
    assert (mails(installed), waves.wave(services, wave_id).state) == (4, WaveState.SENT)


def test_a_person_says_which_version_the_rest_gets(installed: str, services: Services, clock: FakeClock):
    clock.at = now()
    wave_id = sending_wave(services, 6, trial=Trial(share=0.2, wait=timedelta(days=1), versions=True))

    first = Run(steer_wave, wave=SteeringForm(name=NAME, step=Steering.RESUME))
    assert (first.go(), first.state.message[:13]) == ("Completed", "2 people wait")
    assert (mails(installed), waves.wave(services, wave_id).state) == (4, WaveState.SENDING)
    chosen = Run(steer_wave, wave=SteeringForm(name=NAME, step=Steering.VERSION_B))

    assert chosen.go() == "Suspended"
    chosen.answer(by="Noor")
    assert chosen.go() == "Completed"
    assert (mails(installed), waves.wave(services, wave_id).state) == (6, WaveState.SENT)
    trying = trials.standing(services, wave_id)
    assert trying is not None
    assert trying.verdict is not None
    assert (trying.verdict.part, trying.verdict.by) == (Part.B, "Noor")


def test_a_call_without_an_answer_is_asked_about_and_its_wave_closed_whatever_becomes_of_another(
    installed: str, services: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OUTREACH_OUTBOX_IDEMPOTENCY", "false")
    other = put_off(services, clock)
    clock.at = now()
    wave_id = sending_wave(services, 0, slug="jubilarissen")
    with open_services() as real:
        claimed = sending._claim(real, wave_id)
        real.provider.send(claimed.body, claimed.attempt.key, claimed.rids)
        calling.record(real, claimed.attempt, Called(Answer.UNKNOWN, why="the answer was lost"))

    with pytest.raises(StateError, match=f"^wave {other}: Prefect knows no go-on-wave/go-on-wave, .* `make deploy`"):
        late_mails()
    assert (mails(installed), waves.wave(services, wave_id).state) == (3, WaveState.SENT)


def test_a_paused_wave_stays_paused_whatever_is_decided_of_its_leftovers(installed: str, services: Services):
    services.provider.refuse = {"person2@example.org": "<person2@example.org> is full"}
    wave_id = sending_wave(services, 5)
    sending.send_batches(services, wave_id, no_wait)
    waves.take_step(services, wave_id, WaveStep.PAUSE)
    run = Run(wave_leftovers, wave=LeftoversForm(name=NAME))

    assert run.go() == "Suspended"
    assert "person2" not in run.question()
    run.answer(refused="send again", by="Noor")
    assert run.go() == "Completed"

    assert (mails(installed), waves.wave(services, wave_id).state) == (0, WaveState.PAUSED)
    assert again.refusals(services, wave_id) == []


def test_where_nothing_is_left_nobody_is_asked(installed: str, services: Services):
    wave_id = sending_wave(services, 3)
    sending.send_batches(services, wave_id, no_wait)
    sending.finish_wave(services, wave_id)

    run = Run(wave_leftovers, wave=LeftoversForm(name=NAME))
    assert (run.go(), run.state.message) == ("Completed", "nobody was refused, nobody is unknown")
    assert "**Nobody was refused, nobody is unknown.**" in artifact("leftovers-sociaal-werkers-start")
