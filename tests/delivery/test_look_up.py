"""Unknown calls of providers that can be asked: found, not found, found in part, or no answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.campaigns import queries as campaigns
from outreach.errors import AccessRefused, NotTaken, OutcomeUnknown, ProviderBusy
from outreach.model.delivery import Outcome
from outreach.model.report import Figure
from outreach.model.wave import Kind, WaveState, WaveStep
from outreach.providers.port import Found
from outreach.services import Services
from outreach.steps import again, resolving, sending
from outreach.store.tables import AttemptRow, BatchRow, DeliveryRow
from tests.builders_delivery import counters, everyone_of, got, send, sending_wave
from tests.delivery.test_reports import take
from tests.fakes import FakeProvider

LOOK_AGAIN = timedelta(minutes=5)


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider(replays=False, looks_up=True)


def lost(services: Services, people: int = 3, *, taken: bool = True) -> int:
    """A wave whose first call was taken, or not, and gave no answer."""
    wave_id = sending_wave(services, people)
    failures = services.provider.failures_after if taken else services.provider.failures
    failures.append(OutcomeUnknown("no answer"))
    send(services, wave_id)
    return wave_id


def batch(services: Services) -> BatchRow:
    with services.sessions() as session:
        return session.scalars(select(BatchRow).where(BatchRow.number == 1)).one()


def state(services: Services, wave_id: int) -> WaveState:
    with services.sessions() as session:
        return campaigns.view(session, wave_id).state


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


def test_not_found_counts_only_after_the_delay_and_twice_and_nothing_is_ever_sent_again(services, provider, clock):
    wave_id = lost(services, taken=False)
    told = []

    for _ in range(6):
        resolving.resolve_unknown(services, wave_id)
        sending.finish_wave(services, wave_id)
        row = batch(services)
        told.append((len(provider.looks), row.looks, row.detail, state(services, wave_id)))
        clock.forward(minutes=5)

    early, once = (1, 0, "no answer", WaveState.SENDING), (2, 1, "no answer", WaveState.SENDING)
    twice = (3, 2, "no answer; looked up twice, not found", WaveState.SENT)
    assert told == [early] * 3 + [once] + [twice] * 2
    assert (provider.mails, len(provider.calls)) == ([], 1)
    (call,) = again.unknown_calls(services, wave_id)
    assert (call.people, call.why) == (3, "no answer; looked up twice, not found")


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


def test_another_provider_is_not_asked(services, provider):
    wave_id = lost(services)
    provider.name = "another"

    assert resolving.resolve_unknown(services, wave_id) == 0
    assert provider.looks == []
    assert sending.seconds_until_due(services, wave_id) is None
    assert resolving.waves_to_ask(services) == []


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


def test_waves_are_asked_about_when_their_time_has_come_whatever_their_state(services, provider, clock):
    wave_id = lost(services, taken=False)
    assert resolving.waves_to_ask(services) == [wave_id]
    resolving.resolve_unknown(services, wave_id)
    assert resolving.waves_to_ask(services) == []

    with services.sessions.begin() as session:
        campaigns.take(session, wave_id, WaveStep.CANCEL, clock())
    clock.forward(minutes=15)
    assert resolving.waves_to_ask(services) == [wave_id]


def test_waves_of_providers_that_replay_are_asked_about_while_they_send_and_keys_live(services, provider, clock):
    provider.replays, provider.looks_up = True, False
    wave_id = lost(services)
    assert resolving.waves_to_ask(services) == [wave_id]

    with services.sessions.begin() as session:
        campaigns.take(session, wave_id, WaveStep.PAUSE, clock())
    assert resolving.waves_to_ask(services) == []
    assert resolving.resolve_unknown(services, wave_id) == 0  # a replay may be the first mail to arrive
    with services.sessions.begin() as session:
        campaigns.take(session, wave_id, WaveStep.RESUME, clock())
    assert resolving.waves_to_ask(services) == [wave_id]
    clock.forward(hours=24)
    assert resolving.waves_to_ask(services) == []


def test_where_a_replay_says_nothing_the_list_is_asked(services, provider):
    provider.replays = True
    wave_id = lost(services)
    provider.failures = [OutcomeUnknown("400: duplicate_parameter")]

    assert resolving.resolve_unknown(services, wave_id) == 1

    assert (len(provider.calls), len(provider.looks), got(provider)) == (2, 1, everyone_of(3))
    with services.sessions() as session:
        assert session.scalars(select(DeliveryRow.status)).all() == [None] * 3
