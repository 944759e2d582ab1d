"""What people do to a wave from the UI while it is being sent, and after it."""

from datetime import timedelta

import httpx
import pytest

from flows.late_mails import late_mails
from flows.leftovers import LeftoversForm, wave_leftovers
from flows.steer_wave import Steering, SteeringForm, steer_wave
from outreach.clock import now
from outreach.delivery.sending import Answer, Called
from outreach.errors import OutcomeUnknown
from outreach.model.trial import Part, Trial
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services, open_services
from outreach.steps import again, calling, sending, trials, waves
from tests.builders_delivery import no_wait, planned_wave, sending_wave
from tests.conftest import FakeClock
from tests.flows.runs import Run

NAME = "sociaal-werkers/start"


def mails(outbox: str) -> int:
    answer = httpx.get(f"{outbox}/v1/messages", headers={"Authorization": "Bearer outbox"}).json()
    return len(answer["messages"])


def test_a_wave_is_paused_resumed_from_where_it_stopped_and_cannot_be_paused_once_sent(
    installed: str, services: Services
):
    wave_id = sending_wave(services, 5)

    steer_wave(SteeringForm(name=NAME, step=Steering.PAUSE))
    assert (waves.wave(services, wave_id).state, mails(installed)) == (WaveState.PAUSED, 0)
    steer_wave(SteeringForm(name=str(wave_id), step=Steering.PAUSE))  # twice is the same as once

    outcome = steer_wave(SteeringForm(name=NAME, step=Steering.RESUME))
    assert (outcome["accepted"], waves.wave(services, wave_id).state, mails(installed)) == (5, WaveState.SENT, 5)
    with pytest.raises(Exception, match="a wave that is sent cannot pause"):
        steer_wave(SteeringForm(name=NAME, step=Steering.PAUSE))


def test_a_cancelled_wave_writes_to_nobody_more_and_unknown_names_are_told(installed: str, services: Services):
    wave_id = planned_wave(services, 5)
    waves.take_step(services, wave_id, WaveStep.CANCEL)

    assert steer_wave(SteeringForm(name=NAME, step=Steering.CANCEL)) == {}
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
    run.answer(unknown="send again", by="Noor")
    assert run.go() == "Completed"

    assert (mails(installed), again.unknown_calls(services, wave_id)) == (3, [])
    assert waves.wave(services, wave_id).state is WaveState.SENT


def test_who_was_put_off_is_tried_again_when_the_time_has_come(installed: str, services: Services, clock: FakeClock):
    clock.at = now() - timedelta(hours=1)
    services.provider.put_off = {"person2@example.org": "greylisted"}
    wave_id = sending_wave(services, 3)
    sending.send_batches(services, wave_id, no_wait)

    assert late_mails() == {str(wave_id): 1}
    assert (mails(installed), waves.wave(services, wave_id).state) == (1, WaveState.SENT)
    assert late_mails() == {}


def test_the_rest_follows_once_what_went_first_was_looked_at(installed: str, services: Services, clock: FakeClock):
    clock.at = now() - timedelta(hours=1)
    wave_id = sending_wave(services, 6, trial=Trial(share=0.3, wait=timedelta(minutes=30)))
    sending.send_batches(services, wave_id, no_wait)
    clock.at = now()

    assert late_mails() == {str(wave_id): 4}
    assert (mails(installed), waves.wave(services, wave_id).state) == (4, WaveState.SENT)


def test_a_person_says_which_version_the_rest_gets(installed: str, services: Services, clock: FakeClock):
    clock.at = now()
    wave_id = sending_wave(services, 6, trial=Trial(share=0.2, wait=timedelta(days=1), versions=True))

    Run(steer_wave, wave=SteeringForm(name=NAME, step=Steering.RESUME)).go()
    assert (mails(installed), waves.wave(services, wave_id).state) == (4, WaveState.SENDING)
    chosen = Run(steer_wave, wave=SteeringForm(name=NAME, step=Steering.VERSION_B, by="Noor"))

    assert chosen.go() == "Completed"
    assert (mails(installed), waves.wave(services, wave_id).state) == (6, WaveState.SENT)
    trying = trials.standing(services, wave_id)
    assert trying is not None
    assert trying.verdict is not None
    assert (trying.verdict.part, trying.verdict.by) == (Part.B, "Noor")


def test_a_call_without_an_answer_is_asked_about_and_its_wave_closed(
    installed: str, services: Services, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OUTREACH_OUTBOX_IDEMPOTENCY", "false")
    wave_id = sending_wave(services, 3)
    with open_services() as real:
        claimed = sending._claim(real, wave_id)
        real.provider.send(claimed.body, claimed.attempt.key, claimed.rids)
        calling.record(real, claimed.attempt, Called(Answer.UNKNOWN, why="the answer was lost"))

    assert late_mails() == {str(wave_id): 0}
    assert (mails(installed), waves.wave(services, wave_id).state) == (3, WaveState.SENT)
    assert late_mails() == {}


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

    assert wave_leftovers(LeftoversForm(name=NAME)) == {}
