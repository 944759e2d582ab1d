# ruff: noqa: E501 - a row of a table stays on one line
"""Waves that try something on a share of their recipients first, walked with a clock that moves when told."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import insert, select, update

from outreach.dashboard import tried
from outreach.errors import DefinitionError, StateError
from outreach.model.report import Cell, Figure
from outreach.model.trial import Choice, Decision, Part, Trial, Trying, Verdict
from outreach.model.wave import WaveState, WaveStep
from outreach.providers.port import Limits
from outreach.steps import approval, figures, sending, trials, waves
from outreach.store.counters import count
from outreach.store.tables import BatchRow, ContactGroupRow, DeliveryRow, MilestoneRow, SuppressionRow
from tests.builders_compose import body, call, campaign, wave
from tests.builders_delivery import add_people, everyone_of, got, send
from tests.conftest import NOON
from tests.fakes import FakeProvider

CANARY = Trial(share=0.0, wait=timedelta(minutes=30), people=4)
CLICKS = Trial(share=0.25, wait=timedelta(hours=4), versions=True)
PERSON = replace(CLICKS, choose=Choice.PERSON)
MANY = 40


@pytest.fixture
def provider() -> FakeProvider:
    """An email API that takes whole parts of a wave at once: how batches are cut is told elsewhere."""
    return FakeProvider(limits=Limits(recipients=MANY, body_bytes=1_000_000))


def dutch(trial: Trial | None, subject: str = "Anders"):
    """A campaign in one language, so that a version is one mail; with the wave that tries something."""
    bodies, other = {"nl": body()}, {"nl": body(subject=subject)}
    second = other if trial and trial.versions else {}
    made = wave(bodies=bodies, title={"nl": "Start"}, trial=trial, other=second, news=0, events=0)
    words = {"title": {"nl": "Proef"}, "summary": {"nl": "Een proef."}, "languages": ("nl",), "calls": {"join": call()}}
    return campaign(made, **words), made


def planned(services, trial: Trial | None, people: int = MANY, **changes):
    with services.sessions.begin() as session:
        rows = [{"contact_id": id_, "name": "member"} for id_ in add_people(session, people, at=NOON)]
        session.execute(insert(ContactGroupRow), rows)
    return waves.plan_wave(services, *dutch(trial, **changes))


def begun(services, trial: Trial | None, people: int = MANY) -> int:
    """A wave whose first share went out; its lanes have nothing more to do."""
    plan = planned(services, trial, people)
    waves.approve_wave(services, plan.wave_id, plan.digest, by="Marieke", without_a_look=True)
    waves.start_wave(services, plan.wave_id)
    go_on(services, plan.wave_id)
    return plan.wave_id


def go_on(services, wave_id: int) -> WaveState:
    send(services, wave_id)
    sending.finish_wave(services, wave_id)
    return waves.wave(services, wave_id).state


def clicked(services, wave_id: int, **readers: int) -> None:
    """Everybody who got a mail allows counting; of the tried parts so many clicked."""
    with services.sessions.begin() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.wave_id == wave_id).values(tracked=True))
        for part, number in readers.items():
            of = select(BatchRow.id).where(BatchRow.wave_id == wave_id, BatchRow.part == part)
            who = session.scalars(select(DeliveryRow.id).where(DeliveryRow.batch_id.in_(of)).limit(number)).all()
            acts = {"opened_human_at": NOON, "clicked_human_at": NOON}
            session.execute(update(DeliveryRow).where(DeliveryRow.id.in_(who)).values(acts))


def bounced(services, wave_id: int, number: int) -> None:
    with services.sessions.begin() as session:
        count(session, wave_id, Cell("members", "nl"), {Figure.BOUNCED: number})


def subjects(provider) -> Counter[str]:
    return Counter(mail.subject for mail in provider.mails)


def standing(services, wave_id: int) -> str:
    trying = trials.standing(services, wave_id)
    assert trying is not None
    return tried.standing(trying, waves.wave(services, wave_id).state, services.clock())


def test_a_canary_goes_first_and_the_rest_follows_but_for_whoever_left_meanwhile(services, provider, clock):
    wave_id = begun(services, CANARY)
    assert len(provider.mails) == 4
    gone = next(email for email in everyone_of(MANY) if email not in got(provider))
    with services.sessions.begin() as session:
        row = {"email": gone, "reason": "unsubscribed", "detail": "", "at": clock()}
        session.execute(insert(SuppressionRow), [row])
    assert trials.seconds_until_due(services, wave_id) == 1800.0
    assert standing(services, wave_id) == (
        "The rest (36 people) waits until 20 Nov 2026, 13:30 CET; then it follows, if not too much comes back."
    )
    clock.forward(minutes=29)
    assert (trials.due(services), trials.decide(services, wave_id)) == ([], None)
    assert go_on(services, wave_id) is WaveState.SENDING

    clock.forward(minutes=1)
    assert trials.due(services) == [wave_id]
    verdict = trials.decide(services, wave_id)
    assert sending.waves_with_due(services) == [wave_id]

    assert go_on(services, wave_id) is WaveState.SENT
    assert got(provider) == [email for email in everyone_of(MANY) if email != gone]
    assert verdict == Verdict(
        Decision.RELEASED,
        "of 4 who came first 0 bounced, 0 complained and 0 were refused, which is under the thresholds",
        clock(),
    )
    assert trials.seconds_until_due(services, wave_id) is None


def test_a_canary_of_which_too_much_comes_back_pauses_the_wave_until_a_person_lets_it_go_on(services, provider, clock):
    wave_id = begun(services, CANARY)
    bounced(services, wave_id, 4)
    clock.forward(minutes=30)

    assert trials.decide(services, wave_id).decision is Decision.STOPPED

    paused = waves.wave(services, wave_id)
    assert paused.state is WaveState.PAUSED
    assert paused.paused_why == (
        "too much came of what went first: bounces: 4 of 4 (100 %), more than 5 %. Look into the cause, then resume or "
        "cancel it with steer-wave"
    )
    assert trials.due(services) == []

    waves.take_step(services, wave_id, WaveStep.RESUME)
    assert go_on(services, wave_id) is WaveState.SENT
    assert got(provider) == everyone_of(MANY)
    assert "a person let the wave go on" in standing(services, wave_id)


def test_the_better_of_two_versions_by_clicks_goes_to_the_rest_and_nobody_gets_both(services, provider, clock):
    wave_id = begun(services, CLICKS)
    assert subjects(provider) == {"Welkom": 10, "Anders": 10}
    clicked(services, wave_id, a=4, b=9)
    clock.forward(hours=4)

    with ThreadPoolExecutor(3) as deciders:
        found = list(deciders.map(lambda _: trials.decide(services, wave_id), range(3)))

    assert go_on(services, wave_id) is WaveState.SENT
    assert [verdict.why for verdict in found if verdict] == [
        "version b, by clicks: a 4 of 10 readers (40 %), b 9 of 10 readers (90 %)"
    ]
    assert subjects(provider) == {"Welkom": 10, "Anders": 30}
    assert got(provider) == everyone_of(MANY)
    dashboard = unescape(figures.wave_dashboard(services, wave_id, figures.links(services, {})))
    assert "| a | Welkom | 10 | 4 | 4 | 40.0 % | 0 | 0 |\n| b | Anders | 10 | 9 | 9 | 90.0 % | 0 | 0 |" in dashboard
    assert "Decided 20 Nov 2026, 17:00 CET by the wave's own rules for the rest (20 people): version b" in dashboard


def test_where_a_person_chooses_nothing_goes_until_they_have(services, provider, clock):
    wave_id = begun(services, PERSON)
    clicked(services, wave_id, a=1, b=9)
    clock.forward(hours=4)

    assert trials.decide(services, wave_id).decision is Decision.ASKED
    clock.forward(days=2)
    assert (trials.due(services), trials.decide(services, wave_id)) == ([], None)
    assert trials.seconds_until_due(services, wave_id) == trials.LOOK_AGAIN
    assert go_on(services, wave_id) is WaveState.SENDING
    assert subjects(provider) == {"Welkom": 10, "Anders": 10}

    trials.choose(services, wave_id, "a", by="Noor")

    assert go_on(services, wave_id) is WaveState.SENT
    assert subjects(provider) == {"Welkom": 30, "Anders": 10}
    assert standing(services, wave_id) == (
        "Decided 22 Nov 2026, 17:00 CET by Noor for the rest (20 people): version a, as a person chose."
    )
    with services.sessions() as session:
        names = session.scalars(select(MilestoneRow.name).order_by(MilestoneRow.id)).all()
    assert names[-3:] == ["outreach.wave.asked", "outreach.wave.released", "outreach.wave.sent"]


def test_a_person_may_decide_at_any_time_and_nobody_after_them(services, provider):
    wave_id = begun(services, CLICKS)
    waves.take_step(services, wave_id, WaveStep.PAUSE)

    first = trials.choose(services, wave_id, "b", by=" Noor ")

    assert trials.choose(services, wave_id, "b", by="Noor") == first
    for version, by in (("a", "Noor"), ("b", "Marieke")):
        with pytest.raises(StateError, match=rf"^wave {wave_id} was decided already by Noor: version b, as a person"):
            trials.choose(services, wave_id, version, by=by)
    assert go_on(services, wave_id) is WaveState.PAUSED
    waves.take_step(services, wave_id, WaveStep.RESUME)
    assert trials.decide(services, wave_id) is None
    assert go_on(services, wave_id) is WaveState.SENT
    assert subjects(provider) == {"Welkom": 10, "Anders": 30}


def test_what_was_not_asked_is_not_answered(services):
    one, two = begun(services, CANARY, people=10), dutch(CLICKS)
    with pytest.raises(StateError, match="has one version; to let it go: outreach wave release"):
        trials.choose(services, one, "a", by="Noor")
    with pytest.raises(DefinitionError, match=r"^version: found 'c'; write a or b"):
        trials.choose(services, one, "c", by="Noor")
    with pytest.raises(DefinitionError, match=r"^by: nobody is named; write who decides"):
        trials.release(services, one, by=" ")

    waves.take_step(services, one, WaveStep.CANCEL)
    with pytest.raises(StateError, match="is cancelled; what its rest gets is decided while it is sent"):
        trials.release(services, one, by="Noor")
    other = waves.plan_wave(services, two[0], replace(two[1], name="second")).wave_id
    with pytest.raises(StateError, match="tries two versions; choose one of them"):
        trials.release(services, other, by="Noor")
    plain = dutch(None)
    third = waves.plan_wave(services, plain[0], replace(plain[1], name="third")).wave_id
    with pytest.raises(StateError, match="tries nothing first; it goes to everybody at once"):
        trials.release(services, third, by="Noor")


def test_whom_the_email_api_put_off_was_tried_and_holds_nobody_up(services, provider, clock):
    provider.put_off = dict.fromkeys(everyone_of(2), "mailbox full")
    wave_id = begun(services, CANARY, people=6)
    assert trials.seconds_until_due(services, wave_id) == 1800.0
    provider.put_off = {}
    clock.forward(minutes=30)
    trials.decide(services, wave_id)

    assert go_on(services, wave_id) is WaveState.SENT
    assert got(provider) == everyone_of(6)


def test_a_canary_that_hardly_anybody_got_does_not_let_the_rest_go(services, provider, clock):
    provider.put_off = dict.fromkeys(everyone_of(MANY), "421 try again later, poor reputation")
    wave_id = begun(services, CANARY)
    clock.forward(minutes=30)
    trials.decide(services, wave_id)

    paused = waves.wave(services, wave_id)
    assert (paused.state, paused.paused_why.partition(".")[0]) == (
        WaveState.PAUSED, "the email API is known to have taken 0 of 4 mails that went first"
    )  # fmt: skip


def test_a_trial_that_nobody_was_there_to_decide_waits_for_a_person_who_lets_it_go_on(services, provider, clock):
    wave_id = begun(services, CANARY)
    assert trials.seconds_until_due(services, wave_id) == 1800.0
    clock.forward(days=3)
    trials.decide(services, wave_id)
    assert waves.wave(services, wave_id).state is WaveState.PAUSED

    waves.take_step(services, wave_id, WaveStep.RESUME)
    assert go_on(services, wave_id) is WaveState.SENT
    assert got(provider) == everyone_of(MANY)


def test_a_wave_too_small_for_a_rest_goes_at_once(services, provider):
    wave_id = begun(services, CLICKS, people=1)
    assert waves.wave(services, wave_id).state is WaveState.SENT
    assert got(provider) == everyone_of(1)
    assert standing(services, wave_id) == "Everybody got one at once; there is no rest that would wait."


def test_an_approval_is_of_both_versions_and_of_what_goes_first(services):
    plan = planned(services, CLICKS)
    text = unescape(approval.summary(services, plan))
    digests = {
        waves.plan_wave(services, *dutch(trial, subject)).digest
        for trial, subject in ((CLICKS, "Heel anders"), (PERSON, "Anders"), (CANARY, ""))
    }

    assert len({plan.digest, *digests}) == 4
    assert (
        "**What goes first.** Two versions go first: version a to 10 people and version b to 10 people. 4 hours after "
        "the last of these mails the rest (20 people) gets the one that more readers clicked in, if bounces, complaints "
        "and errors stay under the thresholds; else the wave is paused."
    ) in text
    assert [line for line in text.splitlines() if line.startswith("**Nederlands")] == [
        "**Nederlands: Welkom**", "**Nederlands, version b: Anders**"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("trial", "sizes", "told"),
    [
        (CANARY, {Part.FIRST: 1, Part.REST: 9}, "It goes to 1 person first. 30 minutes after the last of these mails the rest (9 people) gets it, if "),
        (CANARY, {Part.FIRST: 1}, "Everybody gets it at once: they are too few for a share of them to go first."),
        (replace(PERSON, wait=timedelta(days=1)), {Part.A: 2, Part.B: 2, Part.REST: 1}, "Two versions go first: version a to 2 people and version b to 2 people. 1 day after the last of these mails the rest (1 person) gets the one that a person chooses, if "),
        (CLICKS, {Part.A: 2, Part.B: 2}, "Two versions go out: version a to 2 people and version b to 2 people. There is no rest."),
    ],
)  # fmt: skip
def test_what_goes_first_is_told_in_words(trial, sizes, told):
    assert tried.question(Trying(trial, sizes, {}, {})).startswith(told)
