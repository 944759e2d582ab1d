"""Which calls are asked about, and when; not those of another provider or account, whose list and keys know nothing."""

from dataclasses import replace

import pytest

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import look_up
from outreach.delivery.sending import Answer, Called
from outreach.errors import OutcomeUnknown
from outreach.model.delivery import Outcome
from outreach.model.look_up import Proof
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services
from outreach.steps import again, resolving, sending
from outreach.steps.calling import record
from tests.builders_delivery import everyone_of, got, no_wait, sending_wave
from tests.builders_look_up import Failing, look_to_the_end, lost, state
from tests.fakes import FakeProvider


@pytest.fixture
def provider() -> Failing:
    return Failing(replays=False, looks_up=True)


def test_another_provider_is_not_asked(services, provider):
    wave_id = lost(services)
    provider.name = "another"

    assert resolving.resolve_unknown(services, wave_id) == 0
    assert provider.looks == []
    assert sending.seconds_until_due(services, wave_id) is None
    assert resolving.waves_to_ask(services) == []


def with_accounts(services: Services, *accounts: str) -> int:
    """A wave of which each call was made with one of *accounts*; the provider has the last of them at the end."""
    wave_id, left = sending_wave(services, 3 * len(accounts)), list(accounts)

    def change(_: int) -> None:
        services.provider.account = left.pop(0)

    sending.send_batches(services, wave_id, no_wait, change)
    return wave_id


def test_a_call_of_another_account_is_neither_asked_about_nor_made_again_and_says_why(services, provider, clock):
    provider.replays = True
    provider.failures_after, provider.unlisted = [OutcomeUnknown("no answer")], set(everyone_of(6)[:3])
    wave_id = with_accounts(services, "before", "after")
    with services.sessions() as session:
        assert look_up.case(session, 1, "fake", clock(), account="after") is None

    assert (look_to_the_end(services, wave_id), len(provider.calls), provider.looks) == (0, 2, [])

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=3, waiting=0)
    assert (got(provider), state(services, wave_id)) == (everyone_of(6), WaveState.SENT)
    (call,) = again.unknown_calls(services, wave_id)
    assert call.why == "no answer; it was made with another account of fake than the present one"


def test_what_another_account_took_proves_nothing(services, provider, clock):
    provider.silent = [2]
    wave_id = with_accounts(services, "before", "after")

    assert look_to_the_end(services, wave_id) == 0

    assert [list(sought.mails.values()) for sought in provider.looks] == [everyone_of(6)[3:]] * 2
    assert again.unknown_calls(services, wave_id)[0].why == f"no answer; looked up twice, not found; {Proof.NONE}"


def test_where_nobody_wrote_the_account_down_what_is_found_counts_and_what_is_not_found_does_not(
    services, provider, clock
):
    provider.silent, provider.replays = [2], True
    provider.failures_after = [OutcomeUnknown("no answer")]
    wave_id = with_accounts(services, "", "", "")
    provider.account = "present"

    assert (resolving.resolve_unknown(services, wave_id), look_to_the_end(services, wave_id)) == (1, 0)

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=6, refused=0, unknown=3, waiting=0)
    (call,) = again.unknown_calls(services, wave_id)
    why = "nobody wrote down with which account of fake it was made"
    assert (call.why, len(provider.calls)) == (f"no answer; looked up twice, not found; {why}", 3)


def test_whoever_had_a_call_before_is_not_asked_about_the_one_that_another_made_since(services, provider):
    wave_id = sending_wave(services, 3)
    other = replace(services, provider=FakeProvider(name="another", replays=False))
    for house, answer in ((services, Answer.NOT_TAKEN), (other, Answer.UNKNOWN)):
        record(house, sending._claim(house, wave_id).attempt, Called(answer, why="busy"))

    assert (resolving.waves_to_ask(services), sending.waves_to_close(services)) == ([], [wave_id])
    assert sending.seconds_until_due(services, wave_id) is None
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=0, refused=0, unknown=3, waiting=0)
    assert (state(services, wave_id), provider.looks) == (WaveState.SENT, [])


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
