from datetime import timedelta

import pytest
from sqlalchemy import update

from outreach.model.trial import Part
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services
from outreach.steps import sending, standing, waves
from outreach.steps.standing import pause_if_still
from outreach.store.tables import BatchRow, WaveRow
from tests.builders_delivery import planned_wave, send, sending_wave
from tests.conftest import FakeClock


def put_off(services: Services, **values: object) -> None:
    with services.sessions.begin() as session:
        session.execute(update(BatchRow).values(**values))


def state(services: Services, wave_id: int) -> WaveState:
    return waves.wave(services, wave_id).state


def test_a_wave_that_nobody_sent_on_for_a_day_is_paused_with_the_reason_until_a_person_resumes_it(
    services: Services, clock: FakeClock
):
    wave_id = sending_wave(services, 5)
    clock.forward(hours=24)
    assert (pause_if_still(services, wave_id), state(services, wave_id)) == (False, WaveState.SENDING)

    clock.forward(hours=30)
    assert (pause_if_still(services, wave_id), state(services, wave_id)) == (True, WaveState.PAUSED)
    assert waves.wave(services, wave_id).paused_why == (
        "it stood still for 2 days, since 20 Nov 2026, 13:00 CET: people wait whom nobody wrote to, as where a machine "
        "was off. Look whether its mails are still right, then resume or cancel it with steer-wave"
    )
    assert pause_if_still(services, wave_id) is False

    waves.take_step(services, wave_id, WaveStep.RESUME)
    assert pause_if_still(services, wave_id) is False


def test_a_wave_whose_sender_gave_up_is_sent_on_after_some_minutes(services: Services, clock: FakeClock):
    wave_id = sending_wave(services, 5)
    assert sending.waves_with_due(services) == []
    clock.forward(minutes=11)
    assert sending.waves_with_due(services) == [wave_id]
    send(services, wave_id)
    assert sending.waves_with_due(services) == []


def test_who_was_put_off_on_purpose_does_not_stand_still_before_a_day_after_their_time(
    services: Services, clock: FakeClock
):
    wave_id = sending_wave(services, 5)
    put_off(services, not_before=clock.at + timedelta(days=3))

    paused = []
    for hours in (25, 46, 25, 1):
        clock.forward(hours=hours)
        paused.append(pause_if_still(services, wave_id))

    assert paused == [False, False, False, True]


def test_the_rest_of_a_wave_that_waits_for_a_verdict_does_not_stand_still(services: Services, clock: FakeClock):
    wave_id = sending_wave(services, 5)
    put_off(services, part=Part.REST)
    clock.forward(days=3)
    assert pause_if_still(services, wave_id) is False

    with services.sessions.begin() as session:
        session.execute(update(WaveRow).values(released_at=clock.at))
    clock.forward(hours=23)
    assert pause_if_still(services, wave_id) is False
    clock.forward(hours=2)
    assert pause_if_still(services, wave_id) is True


def test_a_wave_that_still_calls_or_has_nobody_waiting_does_not_stand_still(services: Services, clock: FakeClock):
    services.provider.put_off = {"person1@example.org": "greylisted"}
    wave_id = sending_wave(services, 5)
    clock.forward(days=3)
    send(services, wave_id)
    clock.forward(hours=24)
    assert pause_if_still(services, wave_id) is False
    services.provider.put_off = {}
    send(services, wave_id)
    clock.forward(days=9)
    assert pause_if_still(services, wave_id) is False


def test_a_wave_that_has_not_begun_asks_when_it_is_late(services: Services, clock: FakeClock):
    wave_id = planned_wave(services, 3)
    due = clock.at
    clock.forward(minutes=60)
    assert standing.doubts(services, wave_id, due) == ""

    clock.forward(minutes=15)
    told = "This wave was due at **20 Nov 2026, 13:00 CET**, and it is **20 Nov 2026, 14:15 CET** now: 75 minutes late."
    assert standing.doubts(services, wave_id, due) == told


def test_a_wave_that_stood_still_is_paused_while_it_asks_and_goes_on_by_a_newer_word(
    services: Services, clock: FakeClock
):
    wave_id = sending_wave(services, 5)
    ordered = clock.at
    clock.forward(days=3)

    asked = standing.doubts(services, wave_id, ordered)
    assert (asked[:48], state(services, wave_id)) == (
        "The wave is paused: it stood still for 3 days, s",
        WaveState.PAUSED,
    )
    assert standing.doubts(services, wave_id, ordered) == asked

    assert (standing.doubts(services, wave_id, clock.at), state(services, wave_id)) == ("", WaveState.SENDING)


def test_what_a_person_paused_no_word_about_lateness_lets_go_on(services: Services, clock: FakeClock):
    wave_id = sending_wave(services, 5)
    waves.take_step(services, wave_id, WaveStep.PAUSE)

    assert (standing.doubts(services, wave_id, clock.at), state(services, wave_id)) == ("", WaveState.PAUSED)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "0 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_lengths_of_time_are_told_in_the_unit_that_people_would_use(length: timedelta, words: str):
    assert standing.span(length) == words
