"""What a person decides of mails that failed or of which nobody can tell."""

import pytest
from sqlalchemy import select

from outreach.campaigns import queries as campaigns
from outreach.errors import DefinitionError, NotTaken, OutcomeUnknown, ProviderRefused, StateError
from outreach.model.report import Figure
from outreach.model.wave import BatchState, WaveState, WaveStep
from outreach.services import Services
from outreach.steps import again, sending
from outreach.steps.again import Verdict
from outreach.store.tables import BatchRow
from tests.builders_delivery import counters, no_wait, sending_wave
from tests.fakes import FakeProvider


def provider_of(services: Services) -> FakeProvider:
    assert isinstance(services.provider, FakeProvider)
    return services.provider


def state(services: Services, wave_id: int) -> WaveState:
    with services.sessions() as session:
        return campaigns.view(session, wave_id).state


def recipients(services: Services) -> list[str]:
    return sorted(mail.recipient for mail in provider_of(services).mails)


def with_unknown(services: Services) -> int:
    """A wave of five in two calls, of which the first was taken and its answer lost."""
    provider = provider_of(services)
    provider.replays = False
    provider.failures_after = [OutcomeUnknown("no answer")]
    wave_id = sending_wave(services, 5)
    sending.send_batches(services, wave_id, no_wait)
    sending.finish_wave(services, wave_id)
    return wave_id


def test_an_unknown_call_is_told_with_its_people_and_its_reason(services: Services):
    wave_id = with_unknown(services)

    (call,) = again.unknown_calls(services, wave_id)

    assert (call.number, call.people, call.provider, call.why) == (1, 3, "fake", "no answer")


def test_left_alone_nothing_changes(services: Services):
    wave_id = with_unknown(services)
    before = counters(services, wave_id)

    assert again.decide_unknown(services, wave_id, Verdict.LEAVE, by="Noor") == 0
    assert counters(services, wave_id) == before
    assert len(again.unknown_calls(services, wave_id)) == 1


def test_counted_as_sent_the_figures_agree_and_nothing_is_sent(services: Services):
    wave_id = with_unknown(services)
    calls = len(provider_of(services).calls)

    assert again.decide_unknown(services, wave_id, Verdict.SENT, by="Noor") == 3
    assert again.decide_unknown(services, wave_id, Verdict.SENT, by="Noor") == 0

    assert counters(services, wave_id)[Figure.ACCEPTED] == 5
    assert (again.unknown_calls(services, wave_id), len(provider_of(services).calls)) == ([], calls)
    with services.sessions() as session:
        assert session.scalar(select(BatchRow.detail).where(BatchRow.number == 1)) == "counted as sent by Noor"


def test_sent_again_the_wave_opens_and_only_the_unknown_are_written_to(services: Services):
    wave_id = with_unknown(services)
    assert state(services, wave_id) is WaveState.SENT

    assert again.decide_unknown(services, wave_id, Verdict.AGAIN, by="Noor") == 3
    assert state(services, wave_id) is WaveState.SENDING
    assert sending.send_batches(services, wave_id, no_wait) == 3
    sending.finish_wave(services, wave_id)

    assert state(services, wave_id) is WaveState.SENT
    assert counters(services, wave_id)[Figure.ACCEPTED] == 5
    assert len(recipients(services)) == 8  # three twice, as the person accepted


def test_only_the_chosen_calls_are_decided(services: Services):
    wave_id = with_unknown(services)

    assert again.decide_unknown(services, wave_id, Verdict.SENT, by="Noor", batches=[999]) == 0
    assert len(again.unknown_calls(services, wave_id)) == 1


def test_whom_the_provider_refused_is_sent_to_again_and_nobody_else(services: Services):
    provider = provider_of(services)
    provider.refuse = {"person2@example.org": "mailbox unavailable"}
    provider.failures = [NotTaken("busy"), ProviderRefused("not now")]
    wave_id = sending_wave(services, 5)
    sending.send_batches(services, wave_id, no_wait)
    sending.finish_wave(services, wave_id)
    once = recipients(services)
    refused = 5 - len(once)
    assert counters(services, wave_id)[Figure.REFUSED] == refused
    provider.refuse = {}

    assert again.resend_failed(services, wave_id, by="Noor") == refused
    assert counters(services, wave_id)[Figure.REFUSED] == 0
    assert sending.send_batches(services, wave_id, no_wait) == refused
    sending.finish_wave(services, wave_id)

    everybody = recipients(services)
    assert (len(everybody), len(set(everybody)), state(services, wave_id)) == (5, 5, WaveState.SENT)
    assert counters(services, wave_id)[Figure.ACCEPTED] == 5
    assert again.resend_failed(services, wave_id, by="Noor") == 0
    assert state(services, wave_id) is WaveState.SENT


def test_a_cancelled_wave_is_not_opened(services: Services):
    wave_id = with_unknown(services)
    with services.sessions.begin() as session:
        campaigns.take(session, wave_id, WaveStep.REOPEN, services.clock())
        campaigns.take(session, wave_id, WaveStep.CANCEL, services.clock())

    with pytest.raises(StateError) as caught:
        again.decide_unknown(services, wave_id, Verdict.AGAIN, by="Noor")

    assert str(caught.value) == "the wave was cancelled; nothing of it is sent any more"
    assert len(again.unknown_calls(services, wave_id)) == 1


def test_nobody_decides_without_a_name(services: Services):
    wave_id = with_unknown(services)

    with pytest.raises(DefinitionError, match="nobody is named"):
        again.decide_unknown(services, wave_id, Verdict.SENT, by=" ")


def test_who_is_put_off_is_tried_later_and_in_the_end_counts_as_refused(services: Services):
    provider = provider_of(services)
    provider.put_off = {"person2@example.org": "greylisted"}
    wave_id = sending_wave(services, 3)
    waits = []

    for _ in range(7):
        sending.send_batches(services, wave_id, no_wait)
        if (seconds := sending.seconds_until_due(services, wave_id)) is None:
            break
        waits.append(round(seconds / 60))
        services.clock.forward(seconds=seconds)

    assert waits == [2, 10, 30, 120, 360]
    assert (counters(services, wave_id)[Figure.ACCEPTED], counters(services, wave_id)[Figure.REFUSED]) == (2, 1)
    assert len(recipients(services)) == 2


def test_who_is_put_off_once_gets_the_mail_once(services: Services):
    provider = provider_of(services)
    provider.put_off = {"person2@example.org": "greylisted"}
    wave_id = sending_wave(services, 3)
    sending.send_batches(services, wave_id, no_wait)
    provider.put_off = {}

    assert sending.send_batches(services, wave_id, no_wait) == 0  # not before its time
    services.clock.forward(minutes=3)
    assert sending.send_batches(services, wave_id, no_wait) == 1

    assert (len(recipients(services)), len(set(recipients(services)))) == (3, 3)
    with services.sessions() as session:
        states = session.execute(select(BatchRow.state, BatchRow.tries).order_by(BatchRow.number)).tuples().all()
    assert states == [(BatchState.ACCEPTED, 0), (BatchState.ACCEPTED, 1)]
