"""What a person decides of mails that failed or of which nobody can tell."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import claim, settle
from outreach.errors import DefinitionError, NotTaken, OutcomeUnknown, ProviderRefused, StateError
from outreach.model.mail import Receipt
from outreach.model.provider_report import ProviderReport
from outreach.model.report import Figure
from outreach.model.wave import BatchState, Kind, WaveState, WaveStep
from outreach.rights.queries import forget
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


def report(services: Services, delivery_id: int, kind: Kind, event: str) -> None:
    rid = services.tokens.rid(delivery_id)
    told = ProviderReport(rid=rid, kind=kind, at=services.clock(), event_id=event, detail="")
    with services.sessions.begin() as session:
        settle.take_reports(session, "fake", [(delivery_id, told)], services.clock())


def test_whom_a_report_settled_is_not_written_to_again(services: Services):
    wave_id = with_unknown(services)
    report(services, 1, Kind.DELIVERED, "before the decision")

    assert again.decide_unknown(services, wave_id, Verdict.AGAIN, by="Noor") == 2
    report(services, 2, Kind.COMPLAINED, "after the decision")
    assert sending.send_batches(services, wave_id, no_wait) == 1
    sending.finish_wave(services, wave_id)

    written = Counter(recipients(services))
    assert [written[f"person{number}@example.org"] for number in range(1, 6)] == [1, 1, 2, 1, 1]
    assert counters(services, wave_id)[Figure.ACCEPTED] == 5
    assert state(services, wave_id) is WaveState.SENT


def test_an_answer_that_comes_after_the_decision_keeps_the_call_from_being_made_again(services: Services):
    provider = provider_of(services)
    provider.replays = False
    wave_id = sending_wave(services, 3)
    with services.sessions.begin() as session:
        now = services.clock()
        lease = now + timedelta(seconds=60)
        batch_id = claim.claim(session, wave_id, now, lease)
        assert batch_id is not None
        attempt = claim.begin_attempt(session, batch_id, "fake", "digest", now=now, lease=lease)
        settle.unknown(session, attempt, "no answer", now)
    again.decide_unknown(services, wave_id, Verdict.AGAIN, by="Noor")
    with services.sessions.begin() as session:
        receipts = [Receipt(services.tokens.rid(number), f"late-{number}") for number in (1, 2, 3)]
        assert settle.accepted(session, attempt, receipts, services.clock()) == 3

    assert sending.send_batches(services, wave_id, no_wait) == 0
    assert (recipients(services), counters(services, wave_id)[Figure.ACCEPTED]) == ([], 3)


def test_a_call_whose_answer_is_awaited_stays_as_it_went_out(services: Services):
    wave_id = with_unknown(services)
    report(services, 1, Kind.REFUSED, "a report of an unknown call")

    assert again.resend_failed(services, wave_id, by="Noor") == 0
    assert again.unknown_calls(services, wave_id)[0].people == 2


def test_refusals_are_told_by_their_reasons_and_without_the_forgotten(services: Services):
    provider = provider_of(services)
    provider.refuse = dict.fromkeys(["person1@example.org", "person2@example.org", "person4@example.org"], "full")
    wave_id = sending_wave(services, 5)
    sending.send_batches(services, wave_id, no_wait)
    assert again.refusals(services, wave_id) == [("full", 3)]
    with services.sessions.begin() as session:
        forget.blank_deliveries(session, [4], services.tokens.rid)

    assert again.refusals(services, wave_id) == [("full", 2)]
    assert again.resend_failed(services, wave_id, by="Noor") == 2
