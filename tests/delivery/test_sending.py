from collections import Counter

import pytest
from sqlalchemy import insert, select, update

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import claim, settle
from outreach.errors import AccessRefused, DefinitionError, NotTaken, OutcomeUnknown, ProviderBusy, ProviderRefused
from outreach.model.delivery import Outcome
from outreach.model.mail import Receipt
from outreach.model.report import Figure
from outreach.model.wave import WaveState, WaveStep
from outreach.steps import sending
from outreach.store.tables import AttemptRow, BatchRow, ConsentRow, ContactRow, CounterRow, DeliveryRow, SuppressionRow
from tests.builders_delivery import consent, planned_wave, sending_wave
from tests.conftest import NOON


def no_wait(seconds: float) -> None:
    pass


def counters(services, wave_id: int) -> dict[str, int]:
    with services.sessions() as session:
        rows = select(CounterRow.figure, CounterRow.value).where(CounterRow.wave_id == wave_id)
        return dict(session.execute(rows).tuples().all())


def got(provider) -> list[str]:
    return sorted(mail.recipient for mail in provider.mails)


def everyone(count: int) -> list[str]:
    return sorted(f"person{number}@example.org" for number in range(1, count + 1))


def send(services, wave_id: int) -> int:
    return sending.send_batches(services, wave_id, no_wait)


def test_everybody_gets_the_wave_once(services, provider):
    wave_id = sending_wave(services, 10)

    sent = send(services, wave_id)

    assert sent == 10
    assert got(provider) == everyone(10)
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=10, refused=0, unknown=0, waiting=0)
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 10, Figure.ACCEPTED: 10}


def test_sending_again_sends_nothing(services, provider):
    wave_id = sending_wave(services, 4)
    send(services, wave_id)

    assert send(services, wave_id) == 0
    assert len(provider.mails) == 4


def test_a_wave_that_was_not_started_sends_nothing(services, provider):
    wave_id = planned_wave(services, 4)

    assert send(services, wave_id) == 0
    assert provider.calls == []


def test_a_mail_holds_the_recipients_own_words_and_tokens(services, provider, clock):
    wave_id = sending_wave(services, 1)

    send(services, wave_id)

    [mail] = provider.mails
    rid, unsubscribe = services.tokens.rid(1), services.tokens.unsubscribe(1)
    assert mail.subject == "Dag P1"
    assert mail.text == f"Beste P1, https://mail.example.org/c/{rid}/0 "
    assert f"p/{wave_id}.gif" in mail.html
    assert mail.headers["List-Unsubscribe"] == f"<https://mail.example.org/u/{unsubscribe}>"


def test_a_paused_wave_stops_within_one_batch(services, provider):
    wave_id = sending_wave(services, 9)
    provider.failures_after = [OutcomeUnknown("lost")]

    def pause(seconds: float) -> None:
        with services.sessions.begin() as session:
            campaigns.take(session, wave_id, WaveStep.PAUSE, services.clock())

    provider.failures = [ProviderBusy("slow down", 1.0)]
    sending.send_batches(services, wave_id, pause)

    assert provider.mails == []


@pytest.mark.parametrize("gone", ["suppressed", "withdrew", "erased"])
def test_whoever_left_since_planning_gets_nothing(services, provider, gone):
    wave_id = sending_wave(services, 3)
    with services.sessions.begin() as session:
        if gone == "suppressed":
            row = {"email": "person2@example.org", "reason": "by_hand", "detail": "", "at": services.clock()}
            session.execute(insert(SuppressionRow), [row])
        elif gone == "withdrew":
            session.execute(insert(ConsentRow), [consent(2, "withdrawn")])
        else:
            session.delete(session.get_one(ContactRow, 2))

    send(services, wave_id)

    assert got(provider) == ["person1@example.org", "person3@example.org"]
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 2, Figure.SUPPRESSED: 1}


def test_consent_given_again_counts(services, provider):
    wave_id = sending_wave(services, 1)
    with services.sessions.begin() as session:
        session.execute(insert(ConsentRow), [consent(1, "withdrawn"), consent(1, "given")])

    assert send(services, wave_id) == 1


def test_one_refused_recipient_does_not_hold_up_the_others(services, provider):
    wave_id = sending_wave(services, 3)
    provider.refuse = {"person2@example.org": "mailbox unknown"}

    assert send(services, wave_id) == 2

    with services.sessions() as session:
        rows = session.execute(
            select(DeliveryRow.email, DeliveryRow.status, DeliveryRow.detail).order_by(DeliveryRow.id)
        )
        assert rows.all() == [
            ("person1@example.org", None, None),
            ("person2@example.org", "refused", "mailbox unknown"),
            ("person3@example.org", None, None),
        ]
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 2, Figure.REFUSED: 1}


def test_a_busy_provider_is_waited_for_as_long_as_it_asks(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures = [ProviderBusy("slow down", 7.0)]
    waited: list[float] = []

    sent = sending.send_batches(services, wave_id, waited.append)

    assert (sent, waited) == (3, [7.0])


def test_a_provider_that_takes_nothing_again_and_again_ends_the_lane_with_its_words(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures = [NotTaken("no route to host")] * sending.MOST_WAITS

    with pytest.raises(NotTaken, match="no route to host"):
        send(services, wave_id)

    assert send(services, wave_id) == 3


def test_three_refused_batches_in_a_row_pause_the_wave(services, provider):
    wave_id = sending_wave(services, 12)
    provider.failures = [ProviderRefused("401: token unknown")] * 4

    with pytest.raises(
        ProviderRefused, match="3 batches in a row were refused, the wave is paused: 401: token unknown"
    ):
        send(services, wave_id)

    with services.sessions() as session:
        assert campaigns.view(session, wave_id).state is WaveState.PAUSED
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 12, Figure.REFUSED: 9}


def test_an_unknown_outcome_is_replayed_with_the_same_bytes_and_key_and_sends_nothing_twice(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer within 20 s")]
    send(services, wave_id)

    resolved = sending.resolve_unknown(services, wave_id)

    assert resolved == 1
    assert provider.calls[0] == provider.calls[1]
    assert got(provider) == everyone(3)
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=0, waiting=0)


def test_without_keys_an_unknown_outcome_is_shown_and_never_sent_again(services, provider):
    provider.replays = False
    wave_id = sending_wave(services, 6)
    provider.failures_after = [OutcomeUnknown("no answer within 20 s")]
    send(services, wave_id)

    assert sending.resolve_unknown(services, wave_id) == 0
    assert send(services, wave_id) == 0
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=3, waiting=0)
    assert len(provider.mails) == 6


def test_a_refused_replay_says_nothing_of_the_first_call(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer")]
    send(services, wave_id)
    provider.failures = [ProviderRefused("401: token unknown")]

    assert sending.resolve_unknown(services, wave_id) == 0
    assert sending.finish_wave(services, wave_id).unknown == 3


def test_a_key_older_than_the_providers_memory_is_not_replayed(services, provider, clock):
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer")]
    send(services, wave_id)
    clock.forward(hours=24)

    assert sending.resolve_unknown(services, wave_id) == 0
    assert len(provider.calls) == 1


def test_a_batch_whose_words_changed_is_not_replayed(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer")]
    send(services, wave_id)
    with services.sessions.begin() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.id == 1).values(first_name="Anders"))

    assert sending.resolve_unknown(services, wave_id) == 0
    assert len(provider.calls) == 1


def test_a_batch_left_behind_is_unknown_when_its_lease_is_over_and_not_before(services, provider, clock):
    wave_id = sending_wave(services, 3)
    sending._claim(services, wave_id)  # and the sender dies here

    assert send(services, wave_id) == 0
    assert sending.resolve_unknown(services, wave_id) == 0
    clock.forward(seconds=services.settings.lease_seconds + 1)
    assert sending.resolve_unknown(services, wave_id) == 1
    assert got(provider) == everyone(3)


def test_a_late_answer_settles_what_was_thought_unknown(services, provider, clock):
    provider.replays = False
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)
    clock.forward(seconds=services.settings.lease_seconds + 1)
    sending.resolve_unknown(services, wave_id)

    receipts = provider.send(claimed.body, claimed.attempt.key, claimed.rids)
    with services.sessions.begin() as session:
        settle.accepted(session, claimed.attempt, receipts, clock())

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=0, waiting=0)


def test_an_attempt_is_in_the_ledger_before_the_call(services, provider):
    wave_id = sending_wave(services, 3)
    seen = []
    original = provider.send

    def look_then_send(body, key, rids):
        with services.sessions() as session:
            row = session.scalars(select(AttemptRow)).one()
            batch = session.scalars(select(BatchRow)).one()
            seen.append((row.key == key, row.outcome, batch.state))
        return original(body, key, rids)

    provider.send = look_then_send
    send(services, wave_id)

    assert seen == [(True, None, "sending")]


def test_two_lanes_never_claim_the_same_batch(services, provider):
    wave_id = sending_wave(services, 9)

    claims = [sending._claim(services, wave_id).batch_id for _ in range(3)]

    assert Counter(claims) == Counter(set(claims))
    assert sending._claim(services, wave_id) is None


def test_nothing_is_under_way_when_no_batch_is_being_sent(services):
    wave_id = sending_wave(services, 3)

    assert sending.seconds_until_settled(services, wave_id) == 0.0
    sending._claim(services, wave_id)
    assert sending.seconds_until_settled(services, wave_id) == pytest.approx(services.settings.lease_seconds + 0.05)


def test_an_empty_batch_is_closed_without_a_call(services, provider):
    wave_id = sending_wave(services, 1)
    with services.sessions.begin() as session:
        session.delete(session.get_one(ContactRow, 1))

    assert send(services, wave_id) == 0
    assert provider.calls == []
    assert sending.finish_wave(services, wave_id).waiting == 0


def test_keys_differ_between_attempts_that_took_nothing(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures = [NotTaken("connection refused")]

    send(services, wave_id)

    first, second = provider.calls
    assert first[0] != second[0]
    with services.sessions() as session:
        assert claim.newest_attempt(session, 1, NOON)[0].key == second[0]


def test_an_outage_does_not_use_the_wave_up(services, provider):
    wave_id = sending_wave(services, 30)
    provider.failures = [OutcomeUnknown("503")] * sending.MOST_UNKNOWN

    with pytest.raises(OutcomeUnknown, match="3 calls in a row had no usable answer: 503"):
        send(services, wave_id)
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=0, refused=0, unknown=9, waiting=21)

    sending.resolve_unknown(services, wave_id)
    send(services, wave_id)
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=30, refused=0, unknown=0, waiting=0)
    assert got(provider) == everyone(30)


def test_a_wave_is_not_closed_while_what_is_unknown_can_still_be_asked_about(services, provider, clock):
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer")]
    send(services, wave_id)

    sending.finish_wave(services, wave_id)
    with services.sessions() as session:
        assert campaigns.view(session, wave_id).state is WaveState.SENDING
    clock.forward(hours=24)
    sending.finish_wave(services, wave_id)
    with services.sessions() as session:
        assert campaigns.view(session, wave_id).state is WaveState.SENT


@pytest.mark.parametrize("late", ["not_taken", "refused", "unknown"])
def test_whoever_lost_the_lease_cannot_put_a_taken_batch_back(services, provider, clock, late):
    wave_id = sending_wave(services, 3)
    stalled = sending._claim(services, wave_id)
    clock.forward(seconds=services.settings.lease_seconds + 1)
    provider.failures_after = [OutcomeUnknown("the replay's answer was lost")]
    sending.resolve_unknown(services, wave_id)

    with services.sessions.begin() as session:
        getattr(settle, late)(session, stalled.attempt, "a late word", clock())

    with services.sessions() as session:
        assert session.scalars(select(BatchRow.state)).all() == ["unknown"]
    assert send(services, wave_id) == 0
    assert len(provider.mails) == 3


def test_a_token_that_is_not_accepted_pauses_the_wave_and_loses_nobody(services, provider):
    wave_id = sending_wave(services, 6)
    provider.failures = [AccessRefused("401: token unknown")]

    with pytest.raises(ProviderRefused, match="does not let us in, the wave is paused and nobody is lost"):
        send(services, wave_id)

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=0, refused=0, unknown=0, waiting=6)
    with services.sessions.begin() as session:
        campaigns.take(session, wave_id, WaveStep.RESUME, services.clock())
    assert send(services, wave_id) == 6


def test_nobody_who_left_is_written_to_by_a_replay(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures = [OutcomeUnknown("reset")]
    send(services, wave_id)
    with services.sessions.begin() as session:
        session.execute(insert(ConsentRow), [consent(2, "withdrawn")])

    assert sending.resolve_unknown(services, wave_id) == 0
    assert provider.mails == []


def test_mails_that_the_provider_did_not_look_at_go_out_in_a_batch_of_their_own(services, provider):
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)
    first, second, third = claimed.rids
    partly = [Receipt(first, "id-1"), Receipt(second, refused="no such mailbox"), Receipt(third, untried=True)]

    with services.sessions.begin() as session:
        assert settle.accepted(session, claimed.attempt, partly, services.clock()) == 1
    send(services, wave_id)

    assert got(provider) == ["person3@example.org"]
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=2, refused=1, unknown=0, waiting=0)


def test_batches_that_cannot_be_prepared_are_counted_and_stop_the_wave(services, provider):
    wave_id = sending_wave(services, 12)

    def too_large(plan):
        raise DefinitionError("27 MB are more than the API takes")

    provider.prepare = too_large

    with pytest.raises(ProviderRefused, match="3 batches in a row were refused, the wave is paused: 27 MB"):
        send(services, wave_id)
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 12, Figure.REFUSED: 9}


def test_an_unknown_batch_that_cannot_be_prepared_any_more_holds_nobody_up(services, provider):
    wave_id = sending_wave(services, 6)
    provider.failures = [OutcomeUnknown("reset")]
    claimed = sending._claim(services, wave_id)
    with services.sessions.begin() as session:
        settle.unknown(session, claimed.attempt, "reset", services.clock())
    original = provider.prepare

    def only_the_second(plan):
        if plan.recipients[0].email == "person1@example.org":
            raise DefinitionError("the API takes no such mail any more")
        return original(plan)

    provider.prepare, provider.failures = only_the_second, []

    assert sending.resolve_unknown(services, wave_id) == 0
    assert send(services, wave_id) == 3
