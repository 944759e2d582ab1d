"""Unknown calls of providers that can be asked: found, not found, found in part, or no answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import look_up
from outreach.delivery.queries.look_up import NOT_TAKEN
from outreach.delivery.sending import Answer, Called
from outreach.errors import AccessRefused, NotTaken, OutcomeUnknown, ProviderBusy
from outreach.model.delivery import Outcome
from outreach.model.look_up import MOST_AGAIN, Proof
from outreach.model.mail import MergePlan, Receipt
from outreach.model.report import Figure
from outreach.model.wave import Kind, WaveState, WaveStep
from outreach.providers.port import Found, Sought
from outreach.steps import again, resolving, sending
from outreach.steps.calling import record
from outreach.store.tables import AttemptRow, DeliveryRow
from tests.builders_delivery import counters, everyone_of, got, send, sending_wave
from tests.builders_look_up import LOOK_AGAIN, Failing, batch, look_to_the_end, lost, state
from tests.delivery.test_reports import take


@pytest.fixture
def provider() -> Failing:
    return Failing(replays=False, looks_up=True)


def test_what_is_found_was_sent_and_keeps_the_providers_ids(services, provider):
    wave_id = lost(services)

    assert resolving.resolve_unknown(services, wave_id) == 1

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=0, waiting=0)
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 3}
    assert (len(provider.calls), batch(services).detail) == (1, "found at the provider")
    with services.sessions() as session:
        assert session.execute(select(AttemptRow.outcome, AttemptRow.receipts)).all() == [
            ("accepted", ["fake-1", "fake-2", "fake-3"])
        ]


def test_the_question_names_the_mails_their_call_and_its_time(services, provider, clock):
    lost(services)
    began = clock()
    clock.forward(minutes=1)

    resolving.resolve_unknown(services, 1)

    (asked,) = provider.looks
    rids = [services.tokens.rid(number) for number in (1, 2, 3)]
    assert asked.mails == dict(zip(rids, everyone_of(3), strict=True))
    assert (asked.call, asked.since) == (rids[0], began - resolving.SKEW)


def test_not_found_counts_only_after_the_delay_and_twice_and_alone_it_proves_nothing(services, provider, clock):
    wave_id = lost(services, taken=False)
    told = []

    for _ in range(6):
        resolving.resolve_unknown(services, wave_id)
        sending.finish_wave(services, wave_id)
        row = batch(services)
        told.append((len(provider.looks), row.looks, row.detail, state(services, wave_id)))
        clock.forward(minutes=5)

    early, once = (1, 0, "no answer", WaveState.SENDING), (2, 1, "no answer", WaveState.SENDING)
    twice = (3, 2, f"no answer; looked up twice, not found; {Proof.NONE}", WaveState.SENT)
    assert told == [early] * 3 + [once] + [twice] * 2
    assert (provider.mails, len(provider.calls)) == ([], 1)
    (call,) = again.unknown_calls(services, wave_id)
    assert (call.people, call.why) == (3, f"no answer; looked up twice, not found; {Proof.NONE}")


def test_what_is_not_found_where_others_are_goes_back_in_the_line_and_out_once(services, provider, clock):
    wave_id = lost(services, 6, taken=False)

    assert look_to_the_end(services, wave_id) == 1

    rids = [services.tokens.rid(number) for number in (4, 5)]
    witness = provider.looks[-1]  # of the call that was accepted, in the same list
    assert (witness.mails, witness.call) == ({rids[0]: "person4@example.org"}, rids[0])
    row = batch(services)
    assert (row.state, row.detail, row.not_before) == ("planned", NOT_TAKEN, clock())
    assert (sending.waves_with_due(services), got(provider)) == ([wave_id], everyone_of(6)[3:])
    with services.sessions() as session:
        made = session.execute(select(AttemptRow.outcome, AttemptRow.detail).order_by(AttemptRow.id)).all()
    assert made == [("not taken", NOT_TAKEN), ("accepted", "")]

    assert send(services, wave_id) == 3
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=6, refused=0, unknown=0, waiting=0)
    assert (got(provider), state(services, wave_id)) == (everyone_of(6), WaveState.SENT)


def test_a_call_before_proves_more_than_one_after(services, provider, clock):
    """A list that still shows what came before has kept what came after it; the other way round says nothing."""
    wave_id = sending_wave(services, 9)
    provider.silent = [2]
    send(services, wave_id)
    provider.unlisted = set(everyone_of(9)[:3])

    assert look_to_the_end(services, wave_id) == 0

    assert list(provider.looks[-1].mails.values()) == ["person1@example.org"]
    (call,) = again.unknown_calls(services, wave_id)
    assert call.why == f"no answer; looked up twice, not found; {Proof.NOT_SHOWN}"


def test_of_a_call_found_in_part_the_others_were_not_taken(services, provider, clock):
    wave_id = lost(services)
    provider.mails = [mail for mail in provider.mails if mail.recipient != "person2@example.org"]
    resolving.resolve_unknown(services, wave_id)

    assert look_to_the_end(services, wave_id) == 1
    assert send(services, wave_id) == 1

    assert list(provider.looks[-1].mails.values()) == ["person1@example.org"]
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=0, waiting=0)
    assert got(provider) == everyone_of(3)
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 3}
    with services.sessions() as session:
        rows = select(DeliveryRow.email, AttemptRow.outcome).join(
            AttemptRow, AttemptRow.batch_id == DeliveryRow.batch_id
        )
        ways = session.execute(rows.order_by(DeliveryRow.id, AttemptRow.number)).tuples().all()
        assert session.scalars(select(AttemptRow.account).distinct()).all() == [provider.account]
    assert [outcome for email, outcome in ways if email == "person2@example.org"] == ["not taken", "accepted"]
    assert [outcome for email, outcome in ways if email != "person2@example.org"] == ["accepted"] * 2


@pytest.mark.parametrize("step", [WaveStep.PAUSE, WaveStep.CANCEL])
def test_in_a_paused_wave_it_waits_and_in_a_cancelled_one_a_person_sees_it(services, provider, step):
    wave_id = lost(services, 6, taken=False)
    with services.sessions.begin() as session:
        campaigns.take(session, wave_id, step, services.clock())

    paused = step is WaveStep.PAUSE
    assert look_to_the_end(services, wave_id) == paused

    outcome = Outcome(accepted=3, refused=0, unknown=0 if paused else 3, waiting=3 if paused else 0)
    assert (sending.finish_wave(services, wave_id), send(services, wave_id)) == (outcome, 0)
    wanted = (
        NOT_TAKEN
        if paused
        else "no answer; looked up twice, not found; the wave is cancelled, so nothing of it is sent"
    )
    assert batch(services).detail == wanted


def test_a_report_while_the_list_is_asked_shows_that_the_list_is_not_to_be_trusted(services, provider, clock):
    wave_id = lost(services, 6)
    provider.unlisted = set(everyone_of(6)[:3])
    ask, asked = provider.find, provider.looks

    def find(sought: Sought) -> Found:
        found = ask(sought)
        if len(asked) == 3:
            take(services, (1, Kind.DELIVERED), (2, Kind.DELIVERED))
        return found

    provider.find = find
    assert look_to_the_end(services, wave_id) == 0
    assert resolving.resolve_unknown(services, wave_id) == 0

    assert [list(sought.mails.values()) for sought in asked[-2:]] == [["person3@example.org"], ["person1@example.org"]]
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=5, refused=0, unknown=1, waiting=0)
    assert again.unknown_calls(services, wave_id)[0].why.endswith(Proof.NOT_SHOWN)


def test_two_who_look_at_the_same_time_count_once(services, provider, clock):
    wave_id = lost(services, 6, taken=False)
    clock.forward(minutes=15)
    ask = provider.find

    def find(sought: Sought) -> Found:
        provider.find = ask
        resolving.resolve_unknown(services, wave_id)
        return ask(sought)

    provider.find = find
    resolving.resolve_unknown(services, wave_id)

    assert (len(provider.looks), batch(services).looks, batch(services).look_at) == (2, 1, clock() + LOOK_AGAIN)


def test_what_another_look_finds_after_all_is_not_sent_again(services, provider, clock):
    wave_id = lost(services, 6, taken=False)
    with services.sessions() as session:
        case = look_up.case(session, 1, "fake", clock(), account=provider.account)
    look_to_the_end(services, wave_id)

    with services.sessions.begin() as session:
        assert look_up.found(session, case, {number: Receipt("", "late") for number in (1, 2, 3)}, clock()) is True

    assert send(services, wave_id) == 0
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=6, refused=0, unknown=0, waiting=0)


def test_a_late_answer_settles_what_was_lined_up(services, provider, clock):
    wave_id = sending_wave(services, 6)
    claimed = sending._claim(services, wave_id)
    send(services, wave_id)
    clock.forward(seconds=services.settings.lease_seconds + 1)
    resolving.resolve_unknown(services, wave_id)
    assert look_to_the_end(services, wave_id) == 1

    receipts = tuple(Receipt(rid, "late") for rid in claimed.rids)

    assert record(services, claimed.attempt, Called(Answer.TAKEN, receipts)) == 3

    assert (send(services, wave_id), len(provider.calls)) == (0, 1)


def test_who_stood_still_past_the_lease_makes_no_call_any_more(services, provider, clock):
    wave_id = sending_wave(services, 3)

    def slow(plan: MergePlan) -> bytes:
        clock.forward(seconds=services.settings.lease_seconds)
        provider.prepare = prepare
        return prepare(plan)

    prepare, provider.prepare = provider.prepare, slow
    assert send(services, wave_id) == 3

    assert (len(provider.calls), got(provider)) == (1, everyone_of(3))
    with services.sessions() as session:
        assert session.scalars(select(AttemptRow.outcome).order_by(AttemptRow.number)).all() == [
            "not taken",
            "accepted",
        ]


def test_what_never_arrives_is_left_to_a_person_in_the_end(services, provider, clock):
    wave_id = sending_wave(services, 6)
    provider.silent = range(2, 100)
    send(services, wave_id)

    for _ in range(MOST_AGAIN):
        assert look_to_the_end(services, wave_id) == 1
        send(services, wave_id)
    assert look_to_the_end(services, wave_id) == 0

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=3, waiting=0)
    assert len(provider.calls) == MOST_AGAIN + 2
    assert again.unknown_calls(services, wave_id)[0].why.endswith(
        f"nor was it when it was made again, {MOST_AGAIN} times"
    )


def test_who_is_found_is_settled_and_the_others_stay_unknown(services, provider, clock):
    wave_id = lost(services)
    provider.unlisted = {"person2@example.org"}

    assert resolving.resolve_unknown(services, wave_id) == 0
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=2, refused=0, unknown=1, waiting=0)
    clock.forward(minutes=15)
    provider.unlisted = set()
    assert resolving.resolve_unknown(services, wave_id) == 1

    assert list(provider.looks[1].mails.values()) == ["person2@example.org"]
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=0, waiting=0)
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 3}
    assert state(services, wave_id) is WaveState.SENT
    with services.sessions() as session:
        assert session.scalars(select(AttemptRow.receipts)).all() == [["fake-1", "fake-2", "fake-3"]]


def test_a_report_and_a_look_up_count_a_mail_once(services, provider):
    wave_id = lost(services)
    take(services, (1, Kind.DELIVERED))

    assert resolving.resolve_unknown(services, wave_id) == 1
    take(services, (2, Kind.DELIVERED))

    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 3, Figure.DELIVERED: 2}


def test_what_was_found_refused_is_refused(services, provider):
    wave_id = lost(services)
    provider.refuse = {"person2@example.org": "blocked"}

    assert resolving.resolve_unknown(services, wave_id) == 1

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=2, refused=1, unknown=0, waiting=0)


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (OutcomeUnknown("half an answer"), LOOK_AGAIN),
        (NotTaken("cannot be reached"), LOOK_AGAIN),
        (ProviderBusy("slow down", 1200.0), timedelta(minutes=20)),
    ],
)
def test_without_an_answer_it_is_asked_again_later_and_nothing_counts(services, provider, clock, error, wait):
    wave_id = lost(services)
    provider.look_failures = [error]

    assert resolving.resolve_unknown(services, wave_id) == 0
    row = batch(services)
    assert (row.state, row.looks, row.look_at) == ("unknown", 0, clock() + wait)
    assert resolving.resolve_unknown(services, wave_id) == 0
    assert sending.seconds_until_due(services, wave_id) == wait.total_seconds()
    clock.forward(seconds=wait.total_seconds())
    assert resolving.resolve_unknown(services, wave_id) == 1


def test_whoever_may_not_ask_asks_once_and_a_person_sees_why(services, provider):
    wave_id = lost(services)
    provider.look_failures = [AccessRefused("401: a sending key reads no events")]

    resolving.resolve_unknown(services, wave_id)
    resolving.resolve_unknown(services, wave_id)
    sending.finish_wave(services, wave_id)

    assert (len(provider.looks), state(services, wave_id)) == (1, WaveState.SENT)
    (call,) = again.unknown_calls(services, wave_id)
    assert call.why == "no answer; could not be looked up: 401: a sending key reads no events"


def test_after_a_day_without_an_answer_nobody_asks_any_more(services, provider, clock):
    wave_id = lost(services)
    provider.look_failures = [OutcomeUnknown("503")] * 1000

    for _ in range(7):
        resolving.resolve_unknown(services, wave_id)
        clock.forward(hours=6)

    assert len(provider.looks) == 6
    assert again.unknown_calls(services, wave_id)[0].why == "no answer; could not be looked up: 503"


def test_whom_there_was_no_time_to_ask_about_is_asked_about_later(services, provider, clock, monkeypatch):
    wave_id = lost(services, taken=False)
    clock.forward(minutes=15)
    monkeypatch.setattr(provider, "find", lambda sought: Found((), whole=False))

    resolving.resolve_unknown(services, wave_id)

    row = batch(services)
    assert (row.looks, row.look_at) == (0, clock() + LOOK_AGAIN)


def test_a_sender_that_died_is_asked_about_when_its_lease_is_over(services, provider, clock):
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)
    provider.send(claimed.body, claimed.attempt.key, claimed.rids)
    clock.forward(seconds=services.settings.lease_seconds + 1)

    assert resolving.resolve_unknown(services, wave_id) == 1
    assert got(provider) == everyone_of(3)


def test_a_call_that_a_person_has_made_anew_is_asked_about_anew(services, provider, clock):
    wave_id = lost(services, taken=False)
    for minutes in (15, 5, 0):
        clock.forward(minutes=minutes)
        resolving.resolve_unknown(services, wave_id)
    assert batch(services).looks == 2

    again.decide_unknown(services, wave_id, again.Verdict.AGAIN, by="Noor")
    provider.failures_after = [OutcomeUnknown("no answer")]
    send(services, wave_id)

    assert (batch(services).looks, resolving.resolve_unknown(services, wave_id)) == (0, 1)
    assert got(provider) == everyone_of(3)


def test_where_a_replay_says_nothing_the_list_is_asked(services, provider):
    provider.replays = True
    wave_id = lost(services)
    provider.failures = [OutcomeUnknown("400: duplicate_parameter")]

    assert resolving.resolve_unknown(services, wave_id) == 1

    assert (len(provider.calls), len(provider.looks), got(provider)) == (2, 1, everyone_of(3))
    with services.sessions() as session:
        assert session.scalars(select(DeliveryRow.status)).all() == [None] * 3
