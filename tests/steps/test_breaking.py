"""A wave that comes to too much harm pauses itself, says why, and goes on when a person has looked."""

from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import select, update

from outreach.delivery.queries import settle, watch
from outreach.model.breaker import Seen
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind, WaveState, WaveStep
from outreach.services import Services
from outreach.steps import again, breaking, calling, reports, sending, waves
from outreach.store.tables import CampaignRow, MilestoneRow, WaveRow
from tests.builders_delivery import everyone_of, got, send, sending_wave
from tests.fakes import FakeProvider

BATCH = 3


@dataclass
class Reporting(FakeProvider):
    """An email API whose next webhook is known, and that takes its time: *clock* goes on with every call."""

    clock: object = None
    told: list[tuple[int, Kind]] = field(default_factory=list)
    tokens: object = None

    def send(self, body, key, rids):
        self.clock.forward(seconds=2)
        return super().send(body, key, rids)

    def reports(self, headers, body, now):
        return [ProviderReport(f"{at}-{kind}", self.tokens.rid(at), kind, now, "") for at, kind in self.told]


@pytest.fixture
def provider(clock) -> Reporting:
    return Reporting(clock=clock)


@pytest.fixture
def services(services: Services, provider: Reporting) -> Services:
    provider.tokens = services.tokens
    return services


def hook(services: Services, *told: tuple[int, Kind]) -> int:
    services.provider.told = list(told)
    return reports.take_webhook(services, {}, b"")


def of_kind(kind: Kind, *deliveries: int) -> list[tuple[int, Kind]]:
    return [(delivery, kind) for delivery in deliveries]


def begun(services: Services, people: int = 4 * BATCH, batches: int = 1) -> int:
    """A wave of which the first batches went out and the rest waits."""
    wave_id = sending_wave(services, people)
    for _ in range(batches):
        claimed = sending._claim(services, wave_id)
        called = calling.make(services, claimed.attempt, claimed.body, claimed.rids)
        calling.record(services, claimed.attempt, called)
    return wave_id


def state(services: Services, wave_id: int) -> WaveState:
    return waves.wave(services, wave_id).state


def test_reports_pause_a_wave_while_nothing_is_being_sent(services):
    wave_id = begun(services)

    hook(services, *of_kind(Kind.BOUNCED, 1, 2))
    assert state(services, wave_id) is WaveState.SENDING
    hook(services, *of_kind(Kind.BOUNCED, 3))

    paused = waves.wave(services, wave_id)
    assert (paused.state, paused.paused_why) == (
        WaveState.PAUSED,
        "bounces: 3 of 3 (100 %), more than 5 %. Look into the cause, then resume or cancel it with steer-wave; what "
        "was counted until then will not stop it again",
    )
    assert send(services, wave_id) == 0
    with services.sessions() as session:
        newest = session.scalars(select(MilestoneRow).order_by(MilestoneRow.id.desc()).limit(1)).one()
        assert (newest.name, newest.payload["why"]) == ("outreach.wave.paused", paused.paused_why)


def test_a_wave_stops_within_one_batch_of_its_errors(services, provider):
    wave_id = sending_wave(services, 4 * BATCH)
    provider.refuse = dict.fromkeys(everyone_of(4 * BATCH), "550 no")

    send(services, wave_id)

    assert (len(provider.calls), state(services, wave_id)) == (1, WaveState.PAUSED)


def test_soft_bounces_count_apart_from_hard_ones(services):
    wave_id = begun(services)

    hook(services, (1, Kind.BOUNCED), (2, Kind.SOFT_BOUNCED), (3, Kind.SOFT_BOUNCED))

    with services.sessions() as session:
        assert watch.seen(session, wave_id) == Seen(accepted=3, bounced=1, soft_bounced=2)
    assert state(services, wave_id) is WaveState.SENDING


def test_a_resumed_wave_goes_on_until_it_is_as_bad_again(services, provider):
    wave_id = begun(services, 8 * BATCH, batches=2)
    hook(services, *of_kind(Kind.COMPLAINED, 1, 2, 3))
    assert state(services, wave_id) is WaveState.PAUSED

    waves.take_step(services, wave_id, WaveStep.RESUME)
    assert (breaking.check(services, wave_id), waves.wave(services, wave_id).paused_why) == ("", "")
    hook(services, *of_kind(Kind.COMPLAINED, 4, 5))
    assert state(services, wave_id) is WaveState.SENDING
    hook(services, *of_kind(Kind.COMPLAINED, 6))

    assert "complaints since it was resumed: 3 of 6 (50 %)" in waves.wave(services, wave_id).paused_why
    waves.take_step(services, wave_id, WaveStep.RESUME)
    send(services, wave_id)
    assert got(provider) == everyone_of(8 * BATCH)


@pytest.mark.parametrize(
    ("people", "hidden", "stop_at"),
    [(BATCH, False, "bounces=5"), (2 * BATCH, True, "bounces=5"), (2 * BATCH, False, "")],
    ids=["nobody is left to write to", "letters of the house", "switched off"],
)
def test_a_wave_is_not_paused_where(services, people, hidden, stop_at):
    services = replace(services, settings=services.settings.model_copy(update={"stop_at": stop_at}))
    wave_id = begun(services, people)
    with services.sessions.begin() as session:
        session.execute(update(CampaignRow).values(hidden=hidden))

    hook(services, *of_kind(Kind.BOUNCED, 1, 2, 3))

    assert state(services, wave_id) is WaveState.SENDING


def test_a_lane_looks_at_most_once_a_second(services, clock):
    wave_id = begun(services)
    lane = breaking.Watch(services, wave_id)
    assert lane.look() == ""
    with services.sessions.begin() as session:
        made = [(at, ProviderReport(f"{at}", "", Kind.BOUNCED, clock(), "")) for at in (1, 2, 3)]
        settle.take_reports(session, "fake", made, clock())

    looks = [lane.look(), clock.forward(seconds=1), lane.look()]

    assert (looks[0], looks[2]) == ("", waves.wave(services, wave_id).paused_why)


def test_who_is_sent_to_again_after_a_persons_look_counts_anew(services, provider):
    wave_id = sending_wave(services, 4 * BATCH)
    provider.refuse = dict.fromkeys(everyone_of(4 * BATCH), "550 no")
    send(services, wave_id)
    waves.take_step(services, wave_id, WaveStep.RESUME)
    again.resend_failed(services, wave_id, by="Noor")

    send(services, wave_id)

    assert (len(provider.calls), state(services, wave_id)) == (2, WaveState.PAUSED)


def test_mails_about_an_event_that_is_over_wait_for_a_person(services, provider, clock):
    wave_id = begun(services)
    ends = clock()
    clock.forward(hours=1)
    with services.sessions.begin() as session:
        session.execute(update(WaveRow).values(event_ends=ends))

    assert (send(services, wave_id), state(services, wave_id)) == (0, WaveState.PAUSED)
    assert "its event was over" in waves.wave(services, wave_id).paused_why

    waves.take_step(services, wave_id, WaveStep.RESUME)
    send(services, wave_id)
    assert got(provider) == everyone_of(4 * BATCH)
