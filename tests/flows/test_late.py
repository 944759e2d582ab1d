"""Runs that begin long after they were due."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow, get_client
from prefect.client.schemas.objects import State
from prefect.states import Completed, Crashed, Failed, Paused, Pending, Running, Scheduled, Suspended
from pydantic import BaseModel

from flows import asking, late
from flows.forms import Decision
from flows.late import LateAnswer, Order, order_of
from outreach.clock import now
from outreach.errors import StateError
from outreach.model.wave import WaveState
from outreach.services import Services
from outreach.steps import waves
from tests.builders_delivery import planned_wave, sending_wave
from tests.conftest import FakeClock
from tests.flows.runs import Run

DUE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Wave(BaseModel):
    id: int


class Late(Run):
    """A run of a flow that asks whether its wave may go, due some hours ago."""

    def __init__(self, wave_id: int, **ago: float) -> None:
        self.answers: list[bool] = []
        self.notes: list[str] = []

        @flow(name="late-wave")
        def late_wave(wave: Wave) -> None:
            self.notes.append(late.note())
            self.answers.append(late.may_go(wave.id))

        super().__init__(late_wave, wave=Wave(id=wave_id))
        self.put(Scheduled(scheduled_time=now() - timedelta(**ago)))

    def put(self, *states: State[object]) -> None:
        with get_client(sync_client=True) as client:
            for state in states:
                client.set_flow_run_state(self.run.id, state, force=True)


@pytest.fixture
def wave_id(services: Services) -> int:
    return planned_wave(services, 3)


def scheduled(hours: float, name: str = "Scheduled") -> State[object]:
    return Scheduled(scheduled_time=DUE + timedelta(hours=hours), name=name)


BEGUN = (scheduled(0), Pending(), Running())
ASKED = (*BEGUN, Suspended(pause_key="approve-1"))
ASKED_LATE = (*BEGUN, Suspended(pause_key="late-1"))


@pytest.mark.parametrize(
    ("history", "order"),
    [
        ((Pending(), Running()), None),
        (BEGUN, Order(DUE)),
        ((scheduled(0), scheduled(0, "Late"), Pending(), Running()), Order(DUE)),
        ((scheduled(0), Pending(), scheduled(2, "AwaitingConcurrencySlot"), Pending(), Running()), Order(DUE)),
        ((scheduled(0), scheduled(3), Pending(), Running()), Order(DUE + timedelta(hours=3))),
        ((*BEGUN, Crashed(), scheduled(5), Pending(), Running()), Order(DUE)),
        ((*BEGUN, Failed(), scheduled(5, "AwaitingRetry"), Pending()), Order(DUE + timedelta(hours=5))),
        ((*ASKED, scheduled(22, "Resuming"), Running()), Order(DUE + timedelta(hours=22), "approve-1")),
        ((*ASKED_LATE, scheduled(22, "Resuming"), Running()), Order(DUE + timedelta(hours=22), "late-1")),
        (
            (*ASKED_LATE, scheduled(22, "Resuming"), Running(), Crashed(), scheduled(30), Running()),
            Order(DUE + timedelta(hours=22), "late-1"),
        ),
        ((scheduled(0), Paused(), Completed()), Order(DUE)),
    ],
)
def test_when_a_run_was_to_start_is_said_by_people_and_schedules_and_not_by_restarts(history, order):
    assert order_of(history) == order


def test_a_late_run_asks_once_and_goes_when_a_person_says_so_also_after_a_crash(installed: str, wave_id: int):
    run = Late(wave_id, hours=3)

    assert run.go() == "Suspended"
    due, now_it_is, asked = json.loads(run.question()).partition(" now: ")
    assert (due[:23], now_it_is, asked) == (
        "This wave was due at **",
        " now: ",
        "3 hours late.\n\n**Send it all the same?** An answer without a choice rejects it: then nothing is sent.",
    )
    run.answer(decision="approve")
    assert (run.go(), run.answers) == ("Suspended", [])
    assert "3 hours late." in run.question()
    run.answer(decision="approve", by="Noor")
    assert (run.go(), run.answers) == ("Completed", [True])

    run.put(Crashed(), Scheduled())
    assert (run.go(), run.answers) == ("Completed", [True, True])
    assert [note[-14:] for note in run.notes] == [" 3 hours late.", "", "", ""]


def test_an_answer_without_a_choice_sends_nothing(installed: str, wave_id: int):
    run = Late(wave_id, hours=3)

    run.go()
    run.answer()

    assert (run.go(), run.answers) == ("Completed", [False])


def test_an_answer_that_is_carried_out_too_late_asks_again(installed: str, wave_id: int):
    run = Late(wave_id, hours=9)
    answered = Scheduled(name="Resuming", scheduled_time=now() - timedelta(hours=5))
    run.put(Pending(), Running(), Suspended(pause_key="approve-1"), answered)

    assert run.go() == "Suspended"
    assert run.question().partition(" now: ")[2].partition(".")[0] == "5 hours late"


def test_a_run_in_time_asks_nothing(installed: str, wave_id: int):
    run = Late(wave_id, minutes=59)

    assert (run.go(), run.answers, run.notes) == ("Completed", [True], [""])


def test_a_wave_that_stood_still_is_paused_until_the_question_of_its_run_is_answered(
    installed: str, services: Services, clock: FakeClock
):
    clock.at = now() - timedelta(days=3)
    wave_id = sending_wave(services, 5)
    run = Late(wave_id, days=2)

    assert run.go() == "Suspended"
    assert waves.wave(services, wave_id).state is WaveState.PAUSED
    run.answer(decision="approve")
    assert (run.go(), waves.wave(services, wave_id).state) == ("Suspended", WaveState.PAUSED)  # nobody said so by name
    run.answer(decision="approve", by="Noor")

    assert (run.go(), run.answers) == ("Completed", [True])
    assert waves.wave(services, wave_id).state is WaveState.SENDING


def test_a_question_that_nobody_answers_by_name_is_put_five_times_and_nothing_is_decided(
    monkeypatch: pytest.MonkeyPatch,
):
    put: list[str] = []

    def nameless(wanted: type[LateAnswer], key: str) -> LateAnswer:
        put.append(key)
        return wanted(decision=Decision.APPROVE, by="  ")

    monkeypatch.setattr(asking, "ask", nameless)
    monkeypatch.setattr(asking, "read_flow_run_input", lambda _key: "It is late.")

    with pytest.raises(StateError, match="Your name: asked 5 times, and nobody was named, so nothing was decided"):
        asking.ask_by_name(LateAnswer, "late-1", lambda answer: answer.approves)

    assert put == ["late-1", *(f"late-1-name-{times}" for times in (1, 2, 3, 4))]
    assert {asking.first_key(key) for key in put} == {"late-1"}
