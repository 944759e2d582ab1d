from collections import Counter

import pytest
from sqlalchemy import insert, select

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import claim, settle
from outreach.errors import AccessRefused, DefinitionError, NotTaken, OutcomeUnknown, ProviderBusy, ProviderRefused
from outreach.model.delivery import Outcome
from outreach.model.mail import Receipt
from outreach.model.people import ConsentAct
from outreach.model.report import Figure
from outreach.model.wave import WaveState, WaveStep
from outreach.steps import sending
from outreach.store import consents
from outreach.store.tables import AttemptRow, BatchRow, ContactRow, DeliveryRow, SuppressionRow
from tests.builders_delivery import consent, counters, everyone_of, got, planned_wave, send, sending_wave
from tests.conftest import NOON


def test_everybody_gets_the_wave_once(services, provider):
    wave_id = sending_wave(services, 10)

    sent = send(services, wave_id)

    assert sent == 10
    assert got(provider) == everyone_of(10)
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
            consents.write(session, [consent(2, ConsentAct.WITHDRAWN)])
        else:
            session.delete(session.get_one(ContactRow, 2))

    send(services, wave_id)

    assert got(provider) == ["person1@example.org", "person3@example.org"]
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 2, Figure.SUPPRESSED: 1}


def test_consent_given_again_counts(services, provider):
    wave_id = sending_wave(services, 1)
    with services.sessions.begin() as session:
        consents.write(session, [consent(1, ConsentAct.WITHDRAWN), consent(1)])

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


def test_a_token_that_is_not_accepted_pauses_the_wave_and_loses_nobody(services, provider):
    wave_id = sending_wave(services, 6)
    provider.failures = [AccessRefused("401: token unknown")]

    with pytest.raises(ProviderRefused, match="does not let us in, the wave is paused and nobody is lost"):
        send(services, wave_id)

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=0, refused=0, unknown=0, waiting=6)
    with services.sessions.begin() as session:
        campaigns.take(session, wave_id, WaveStep.RESUME, services.clock())
    assert send(services, wave_id) == 6


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
