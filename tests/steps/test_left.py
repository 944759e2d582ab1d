# ruff: noqa: E501 - a row of a table stays on one line
"""What waves under way wait for, and how that is told; few who wait for a time of their own hold nobody up."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from outreach.dashboard import tried
from outreach.errors import OutcomeUnknown
from outreach.model.left import NOBODY, Left
from outreach.model.pace import Waiting
from outreach.model.trial import Choice, Decision, Part, ToGo, Trial, Trying, Verdict
from outreach.model.wave import WaveState, WaveStep
from outreach.providers.port import Limits
from outreach.steps import figures, left, sending, trials, waves
from outreach.store.tables import BatchRow, DeliveryRow
from tests.builders_delivery import send, sending_wave
from tests.conftest import NOON
from tests.fakes import FakeProvider

CANARY = Trial(share=0.0, wait=timedelta(minutes=2), people=20)
NEXT_HOUR, AFTER = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
GMAIL = "gmail.com gets at most 1 mails an hour"


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider(limits=Limits(recipients=40, body_bytes=1_000_000))


@pytest.fixture
def limited(services):
    """Services that send one mail an hour to gmail.com."""
    return replace(services, settings=services.settings.model_copy(update={"domain_limits": "gmail.com=1"}))


def canary(services, *, at_gmail: int) -> int:
    """A wave to 40 of whom 20 go first; so many of these are at gmail.com, and all that may go went."""
    wave_id = sending_wave(services, 40, trial=CANARY)
    with services.sessions.begin() as session:
        first = select(DeliveryRow.id).join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
        ids = session.scalars(first.where(BatchRow.part == Part.FIRST).limit(at_gmail)).all()
        for number in ids:
            named = update(DeliveryRow).where(DeliveryRow.id == number)
            session.execute(named.values(email=f"p{number}@gmail.com"))
    send(services, wave_id)
    return wave_id


def of(services, wave_id: int) -> Left:
    return left.of_wave(services, waves.wave(services, wave_id))


def told(services, wave_id: int) -> str:
    trying = trials.standing(services, wave_id)
    assert trying is not None
    return tried.standing(trying, waves.wave(services, wave_id).state, services.clock())


def test_few_who_wait_for_a_limit_hold_nobody_up_and_get_their_mail_when_it_is_time(limited, provider, clock):
    wave_id = canary(limited, at_gmail=3)

    assert trials.seconds_until_due(limited, wave_id) == 120.0
    assert told(limited, wave_id) == (
        "The rest (20 people) waits until 20 Nov 2026, 13:02 CET; then it follows, if not too much comes back. "
        "2 of those who go first wait for a time of their own; nobody else waits for them."
    )
    clock.forward(minutes=2)
    assert trials.decide(limited, wave_id).why == (
        "of 18 who came first 0 bounced, 0 complained and 0 were refused, which is under the thresholds; "
        "2 wait for a time of their own"
    )
    send(limited, wave_id)
    assert (len(provider.mails), sending.seconds_until_due(limited, wave_id)) == (38, 58 * 60)
    assert of(limited, wave_id).waits == (Waiting(NEXT_HOUR, GMAIL, 2),)
    for _ in range(2):
        clock.forward(hours=1)
        send(limited, wave_id)
    sending.finish_wave(limited, wave_id)
    assert len({mail.rid for mail in provider.mails}) == 40
    assert waves.wave(limited, wave_id).state is WaveState.SENT
    assert of(limited, wave_id) == NOBODY


def test_many_who_wait_for_a_limit_hold_the_rest_up_and_the_moment_is_named_all_the_same(limited, clock):
    wave_id = canary(limited, at_gmail=4)

    assert trials.seconds_until_due(limited, wave_id) is None
    assert told(limited, wave_id) == (
        "The rest (20 people) waits until 20 Nov 2026, 14:02 CET at the earliest, 2 minutes after the last of the "
        "mails that go first; then it follows, if not too much comes back. "
        "3 of those who go first wait for a time of their own."
    )
    clock.at = NEXT_HOUR
    send(limited, wave_id)
    assert trials.seconds_until_due(limited, wave_id) == 120.0


def test_while_it_is_asked_what_became_of_a_call_the_wait_does_not_begin(services, provider):
    provider.failures_after = [OutcomeUnknown("the answer was lost")]
    wave_id = canary(services, at_gmail=0)

    assert trials.seconds_until_due(services, wave_id) is None
    assert "waits until 20 Nov 2026, 13:02 CET at the earliest" in told(services, wave_id)


def test_what_is_left_is_told_in_the_overview_and_on_the_dashboard(limited):
    busy, going = canary(limited, at_gmail=4), sending_wave(limited, 0, slug="later")
    assert of(limited, busy) == Left(
        people=23,
        waits=(Waiting(NEXT_HOUR, GMAIL, 3),),
        trying=trials.progress(limited, busy),
    )
    assert of(limited, busy).trying.to_go == (ToGo(Part.FIRST, 3, NEXT_HOUR),)
    waves.take_step(limited, busy, WaveStep.PAUSE, by="Noor | [x](y)", why="a wrong date")
    assert left.under_way(limited) == {busy: of(limited, busy), going: Left(40, going=40)}
    links = figures.links(limited, {})

    overview, dashboard = (unescape(text) for text in (figures.overview(limited, links), figures.wave_dashboard(limited, busy, links)))  # fmt: skip

    paused = "Paused by Noor | [x](y) since 20 Nov 2026, 13:00 CET; 23 were not written to yet."
    assert f"- ⏸ Start, sociaal-werkers/start: {paused} Why: a wrong date." in overview
    assert "| Start sociaal-werkers/start | Paused |" in overview
    assert dashboard.split("\n\n")[1:3] == [
        "**Paused** · wave sociaal-werkers/start · as of 20 Nov 2026, 13:00 CET",
        "> **⏸ Paused by Noor | [x](y): nobody more is written to until it is resumed.**\n>\n> A wrong date.\n>\n"
        "> Paused since 20 Nov 2026, 13:00 CET; 23 were not written to yet. What to do: *resume* or *cancel* it with "
        "[steer-wave](http://127.0.0.1:4200/v2/deployments).",
    ]


CLICKS = Trying(
    Trial(0.1, timedelta(hours=4), versions=True), {Part.A: 10, Part.B: 10, Part.REST: 9}, {}, {}, last=NOON
)
PERSON = replace(CLICKS, trial=replace(CLICKS.trial, choose=Choice.PERSON))
ASKED, STOPPED = (Verdict(decision, "too much", NOON) for decision in (Decision.ASKED, Decision.STOPPED))
S = WaveState.SENDING


@pytest.mark.parametrize(
    ("trying", "state", "told"),
    [
        (CLICKS, S, "The rest (9 people) waits until 20 Nov 2026, 17:00 CET at the earliest, 4 hours after the last of the mails that go first; then it gets the one that more readers clicked in."),
        (replace(CLICKS, ends=AFTER), S, "The rest (9 people) waits until 20 Nov 2026, 15:00 CET; then it gets the one that more readers clicked in."),
        (replace(CLICKS, ends=NOON), S, "The rest (9 people) waited until 20 Nov 2026, 13:00 CET; it is about to be decided what it gets."),
        (replace(PERSON, ends=AFTER), S, "The rest (9 people) waits for a person to choose a version; nothing goes to it before. Readers have time to click until 20 Nov 2026, 15:00 CET; then the overview asks for the choice."),
        (replace(PERSON, verdict=ASKED), S, "Since 20 Nov 2026, 13:00 CET the rest (9 people) waits for a person to choose a version; nothing goes to it before."),
        (replace(CLICKS, verdict=STOPPED), WaveState.PAUSED, "Stopped 20 Nov 2026, 13:00 CET, before the rest (9 people): too much."),
        (replace(CLICKS, ends=AFTER), WaveState.PAUSED, "The rest (9 people) waits until 20 Nov 2026, 15:00 CET; then it gets the one that more readers clicked in. The wave is paused: until it is resumed, nothing of this happens."),
        (CLICKS, WaveState.CANCELLED, "The wave ended before it was decided what the rest (9 people) gets: they get nothing."),
        (CLICKS, WaveState.PLANNED, "Two versions go first: version a to 10 people and version b to 10 people. 4 hours after the last of these mails the rest (9 people) gets the one that more readers clicked in, if bounces, complaints and errors stay under the thresholds; else the wave is paused."),
    ],
)  # fmt: skip
def test_where_a_trial_stands_is_told_in_words(trying, state, told):
    assert tried.standing(trying, state, NOON) == told


@pytest.mark.parametrize(
    ("trying", "state", "told"),
    [
        (CLICKS, S, "Nothing has to be done. Not to wait for that, run HERE: *send version a to the rest* or *send version b to the rest*."),
        (replace(CLICKS, trial=CANARY), S, "Nothing has to be done. Not to wait for that, run HERE: *send the rest*."),
        (replace(CLICKS, trial=CANARY), WaveState.PAUSED, "To let the wave go on, and the rest at once, run HERE: *send the rest*."),
        (PERSON, S, "**To do: choose a version, now or later.** Run HERE: *send version a to the rest* or *send version b to the rest*."),
        (replace(PERSON, verdict=ASKED), S, "**To do: choose a version.** Run HERE: *send version a to the rest* or *send version b to the rest*."),
        (CLICKS, WaveState.CANCELLED, ""),
        (replace(CLICKS, verdict=STOPPED), WaveState.PAUSED, ""),
    ],
)  # fmt: skip
def test_what_a_person_may_do_about_a_trial_is_told(trying, state, told):
    assert tried.what_to_do(trying, state, "HERE") == told
