"""Outcomes that nobody knows: left behind, replayed, settled late, or shown."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import settle
from outreach.errors import DefinitionError, OutcomeUnknown, ProviderRefused
from outreach.model.delivery import Outcome
from outreach.model.people import ConsentAct
from outreach.model.wave import WaveState
from outreach.services import Services
from outreach.steps import resolving, sending
from outreach.store import consents
from outreach.store.tables import BatchRow, CampaignRow, DeliveryRow
from tests.builders_delivery import consent, everyone_of, got, send, sending_wave


def test_an_unknown_outcome_is_replayed_with_the_same_bytes_and_key_and_sends_nothing_twice(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer within 20 s")]
    send(services, wave_id)

    resolved = resolving.resolve_unknown(services, wave_id)

    assert resolved == 1
    assert provider.calls[0] == provider.calls[1]
    assert got(provider) == everyone_of(3)
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=0, waiting=0)


def test_without_keys_an_unknown_outcome_is_shown_and_never_sent_again(services, provider):
    provider.replays = False
    wave_id = sending_wave(services, 6)
    provider.failures_after = [OutcomeUnknown("no answer within 20 s")]
    send(services, wave_id)

    assert resolving.resolve_unknown(services, wave_id) == 0
    assert send(services, wave_id) == 0
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=3, waiting=0)
    assert len(provider.mails) == 6


def test_a_refused_replay_says_nothing_of_the_first_call(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer")]
    send(services, wave_id)
    provider.failures = [ProviderRefused("401: token unknown")]

    assert resolving.resolve_unknown(services, wave_id) == 0
    assert sending.finish_wave(services, wave_id).unknown == 3


def test_a_refused_replay_keeps_nobody_from_asking_about_the_others(services, provider):
    wave_id = sending_wave(services, 6)
    provider.failures_after = [OutcomeUnknown("no answer")] * 2
    send(services, wave_id)
    provider.failures = [ProviderRefused("422: not valid any more")]

    assert resolving.resolve_unknown(services, wave_id) == 1
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=3, waiting=0)
    assert got(provider) == everyone_of(6)


def test_a_key_older_than_the_providers_memory_is_not_replayed(services, provider, clock):
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer")]
    send(services, wave_id)
    clock.forward(hours=24)

    assert resolving.resolve_unknown(services, wave_id) == 0
    assert len(provider.calls) == 1


def test_a_batch_whose_words_changed_is_not_replayed(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer")]
    send(services, wave_id)
    with services.sessions.begin() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.id == 1).values(first_name="Anders"))

    assert resolving.resolve_unknown(services, wave_id) == 0
    assert len(provider.calls) == 1


def test_a_batch_left_behind_is_unknown_when_its_lease_is_over_and_not_before(services, provider, clock):
    wave_id = sending_wave(services, 3)
    sending._claim(services, wave_id)  # and the sender dies here

    assert send(services, wave_id) == 0
    assert resolving.resolve_unknown(services, wave_id) == 0
    clock.forward(seconds=services.settings.lease_seconds + 1)
    assert resolving.resolve_unknown(services, wave_id) == 1
    assert got(provider) == everyone_of(3)


def test_a_late_answer_settles_what_was_thought_unknown(services, provider, clock):
    provider.replays = False
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)
    clock.forward(seconds=services.settings.lease_seconds + 1)
    resolving.resolve_unknown(services, wave_id)

    receipts = provider.send(claimed.body, claimed.attempt.key, claimed.rids)
    with services.sessions.begin() as session:
        settle.accepted(session, claimed.attempt, receipts, clock())

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=0, waiting=0)


def test_nothing_is_under_way_when_no_batch_is_being_sent(services):
    wave_id = sending_wave(services, 3)

    assert sending.seconds_until_settled(services, wave_id) == 0.0
    sending._claim(services, wave_id)
    assert sending.seconds_until_settled(services, wave_id) == pytest.approx(services.settings.lease_seconds + 0.05)


def test_an_outage_does_not_use_the_wave_up(services, provider):
    wave_id = sending_wave(services, 30)
    provider.failures = [OutcomeUnknown("503")] * sending.MOST_UNKNOWN

    with pytest.raises(OutcomeUnknown, match="3 calls in a row had no usable answer: 503"):
        send(services, wave_id)
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=0, refused=0, unknown=9, waiting=21)

    resolving.resolve_unknown(services, wave_id)
    send(services, wave_id)
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=30, refused=0, unknown=0, waiting=0)
    assert got(provider) == everyone_of(30)


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
    resolving.resolve_unknown(services, wave_id)

    with services.sessions.begin() as session:
        getattr(settle, late)(session, stalled.attempt, "a late word", clock())

    with services.sessions() as session:
        assert session.scalars(select(BatchRow.state)).all() == ["unknown"]
    assert send(services, wave_id) == 0
    assert len(provider.mails) == 3


def test_nobody_who_left_is_written_to_by_a_replay(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures = [OutcomeUnknown("reset")]
    send(services, wave_id)
    with services.sessions.begin() as session:
        consents.write(session, [consent(2, ConsentAct.WITHDRAWN)])

    assert resolving.resolve_unknown(services, wave_id) == 0
    assert provider.mails == []


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

    assert resolving.resolve_unknown(services, wave_id) == 0
    assert send(services, wave_id) == 3


def unanswered_before_the_night(services, clock) -> tuple[Services, int]:
    """A wave whose only call gave no answer a moment before quiet hours, which are from 13:00 CET to 8:00."""
    clock.at -= timedelta(minutes=1)
    wave_id = sending_wave(services, 3)
    services.provider.failures = [OutcomeUnknown("no answer")]
    send(services, wave_id)
    clock.forward(minutes=2)
    return replace(services, settings=services.settings.model_copy(update={"quiet_hours": "13:00-08:00"})), wave_id


def test_a_call_is_made_again_after_quiet_hours_and_its_wave_waits_for_it(services, provider, clock):
    quiet, wave_id = unanswered_before_the_night(services, clock)
    night = timedelta(hours=19).total_seconds() - 60

    assert (resolving.resolve_unknown(quiet, wave_id), resolving.waves_to_ask(quiet)) == (0, [])
    assert sending.finish_wave(quiet, wave_id).unknown == 3
    assert (sending.seconds_until_due(quiet, wave_id), got(provider)) == (night, [])
    with services.sessions() as session:
        assert campaigns.view(session, wave_id).state is WaveState.SENDING

    clock.forward(seconds=night)
    assert resolving.waves_to_ask(quiet) == [wave_id]
    assert (resolving.resolve_unknown(quiet, wave_id), got(provider)) == (1, everyone_of(3))
    assert provider.calls[0] == provider.calls[1]


@pytest.mark.parametrize(("zone", "known"), [("Asia/Tokyo", 0), ("America/New_York", 1)])  # it is 22:31, and 8:31
def test_quiet_hours_of_a_replay_are_those_of_its_people(services, provider, clock, zone, known):
    quiet, wave_id = unanswered_before_the_night(services, clock)
    with services.sessions.begin() as session:
        session.execute(update(BatchRow).values(zone=zone))

    clock.forward(hours=1, minutes=30)

    assert resolving.waves_to_ask(quiet) == [wave_id] * known
    assert (resolving.resolve_unknown(quiet, wave_id), got(provider)) == (known, everyone_of(3 * known))


def test_a_wave_whose_call_could_not_be_made_again_in_time_is_closed_later(services, clock):
    quiet, wave_id = unanswered_before_the_night(services, clock)

    assert sending.waves_to_close(quiet) == []
    clock.forward(hours=23)
    assert (resolving.waves_to_ask(quiet), sending.waves_to_close(quiet)) == ([], [wave_id])
    sending.finish_wave(quiet, wave_id)
    assert sending.waves_to_close(quiet) == []


def test_a_call_whose_key_is_too_old_after_quiet_hours_stays_unknown(services, provider, clock):
    provider.keys_live = timedelta(hours=18)
    quiet, wave_id = unanswered_before_the_night(services, clock)

    assert resolving.resolve_unknown(quiet, wave_id) == 0
    assert sending.finish_wave(quiet, wave_id) == Outcome(accepted=0, refused=0, unknown=3, waiting=0)
    with services.sessions() as session:
        assert campaigns.view(session, wave_id).state is WaveState.SENT
    assert (sending.seconds_until_due(quiet, wave_id), got(provider)) == (None, [])


def test_a_letter_of_the_house_is_asked_for_at_night(services, provider, clock):
    quiet, wave_id = unanswered_before_the_night(services, clock)
    with services.sessions.begin() as session:
        session.execute(update(CampaignRow).values(hidden=True))

    assert (resolving.resolve_unknown(quiet, wave_id), got(provider)) == (1, everyone_of(3))


def test_a_call_that_its_sender_left_behind_is_asked_about(services, clock):
    wave_id = sending_wave(services, 3)
    sending._claim(services, wave_id)

    assert resolving.waves_to_ask(services) == []
    clock.forward(seconds=services.settings.lease_seconds + 1)
    assert resolving.waves_to_ask(services) == [wave_id]
