"""The rate over all workers: by a limit that keeps the server's arithmetic, and by Prefect's own."""

import itertools
import logging
import math
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse
from prefect.context import SyncClientContext
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.variables import Variable

from flows import pace
from flows.pace import ALONE, SLOTS, Pace, PrefectLimit, Room, Unanswered, Unusable, as_limit, make_limit, pacing
from outreach.errors import DefinitionError
from outreach.providers.rate import Counted, Rate, for_waves, read_rate
from outreach.services import Services
from outreach.settings import Settings

CALLS, MAILS = Counted.CALLS, Counted.MAILS


def nothing() -> None:
    pass


@dataclass
class Time:
    """A clock that only waiting moves."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class FakeLimit:
    """Counts as Prefect's server does: whole slots, and what is left of one is forgotten with each taking."""

    time: Time
    most: int
    per_second: float
    active: bool = True
    taken: int = 0
    since: float = 0.0
    failures: list[Unusable] = field(default_factory=list)

    @classmethod
    def of(cls, rate: Rate, time: Time) -> "FakeLimit":
        made = as_limit(rate)
        return cls(time, int(made["limit"]), made["slot_decay_per_second"])

    def look(self) -> Room:
        self.time.at += 0.005
        if self.failures:
            raise self.failures.pop(0)
        free = math.floor(self.per_second * (self.time.at - self.since))
        return Room(self.most, max(0, self.taken - free), self.per_second, self.active)

    def take(self, slots: int) -> bool:
        self.time.at += 0.01
        taken = replace(self).look().taken
        fits = taken + slots <= self.most
        self.taken, self.since = taken + slots if fits else self.taken, self.time.at
        return fits


def left_at(limit: FakeLimit, rate: Rate, batches: list[int]) -> list[tuple[float, int]]:
    """When each batch may go, with what it counts."""
    keeps = Pace(rate, limit, limit.time, limit.time.sleep)
    went = []
    for mails in batches:
        keeps(mails, nothing)
        went.append((limit.time.at, mails if rate.of is MAILS else 1))
    return went


@settings(max_examples=50)
@given(
    rate=st.builds(Rate, st.floats(1, 20), st.sampled_from(Counted)),
    batches=st.lists(st.integers(1, 30), min_size=2, max_size=12),
)
def test_no_second_sees_more_than_the_rate_and_what_may_go_at_once_and_little_is_lost(rate, batches):
    limit = FakeLimit.of(rate, Time())

    went = left_at(limit, rate, batches)

    sizes = [size for _, size in went]
    at_once = limit.most / SLOTS + max(sizes)  # a batch goes whole when there was leave for all of it
    for first, last in itertools.combinations(range(len(went)), 2):
        span = went[last][0] - went[first][0]
        assert sum(sizes[first : last + 1]) <= at_once + rate.per_second * span + 1e-6
    assert went[-1][0] <= 1.05 * sum(sizes) / rate.per_second + 0.1


def test_without_an_answer_a_process_keeps_the_rate_by_itself_and_asks_again_later(caplog):
    time, rate = Time(), Rate(2, CALLS)
    limit = FakeLimit.of(rate, time)
    keeps = Pace(rate, limit, time, time.sleep)
    keeps(1, nothing)
    limit.failures = [Unanswered("connection refused")] * 100

    with caplog.at_level(logging.INFO, "flows.pace"):
        before = time.at
        for _ in range(40):
            keeps(1, nothing)
        alone = time.at - before
        limit.failures = []
        time.at += ALONE
        keeps(1, nothing)

    assert 19.5 <= alone <= 26  # seconds for forty calls, the few for which it was asked again among them
    assert [record.message for record in caplog.records] == [
        "Prefect cannot be asked for the rate (connection refused): this process keeps to it by itself",
        "Prefect can be asked for the rate again",
    ]


def test_a_server_that_is_busy_for_a_moment_is_asked_again(caplog):
    time, rate = Time(), Rate(2, CALLS)
    limit = FakeLimit.of(rate, time)
    limit.failures = [Unanswered("503")] * 3

    Pace(rate, limit, time, time.sleep)(1, nothing)

    assert (limit.taken, caplog.records) == (SLOTS, [])


def test_a_limit_that_a_person_switched_off_holds_nothing_back():
    limit = FakeLimit(Time(), most=1, per_second=0.01, active=False)

    assert left_at(limit, Rate(1, MAILS), [50, 50])[-1][0] < 1


def test_who_waits_can_be_called_away_within_a_second():
    time = Time()
    keeps = Pace(Rate(1, MAILS), FakeLimit.of(Rate(1, MAILS), time), time, time.sleep)
    keeps(1, nothing)

    def called_away() -> None:
        if time.at > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keeps(500, called_away)

    assert time.at < 11.1


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("", None),
        (" 20 mails", Rate(20, MAILS)),
        ("0.5 calls", Rate(0.5, CALLS)),
        ("1 call per second", Rate(1, CALLS)),
        ("14 Mails/s", Rate(14, MAILS)),
    ],
)
def test_a_rate_is_read_as_people_write_it(written, rate):
    assert read_rate(written) == rate


@pytest.mark.parametrize(
    "written", ["20", "mails", "0 calls", "-1 mails", "2 calls a minute", "1e9 mails", "nan mails"]
)
def test_what_is_no_rate_is_refused_with_what_would_be(written):
    with pytest.raises(DefinitionError, match=f"OUTREACH_RATE: found '{written}'; write .* '20 mails' or '2 calls'"):
        read_rate(written)


def test_waves_leave_a_tenth_of_what_an_api_takes_by_default_and_take_all_that_a_person_writes():
    assert for_waves(Rate(2, CALLS), "") == Rate(1.8, CALLS)
    assert for_waves(Rate(2, CALLS), "10 calls") == Rate(10, CALLS)
    assert for_waves(None, "10 mails") == Rate(10, MAILS)
    assert for_waves(None, "") is None


@pytest.fixture
def resend(prefect: None) -> Iterator[Settings]:
    with SyncClientContext.get_or_create() as context:  # one client for the whole test
        yield Settings(provider="resend", rate="")
        for limit in context.client.read_global_concurrency_limits():
            context.client.delete_global_concurrency_limit_by_name(limit.name)
        Variable.unset(pace.MADE)
    while pace._PACES:
        pace._PACES.popitem()[1]._limit.close()


def limits() -> dict[str, GlobalConcurrencyLimitResponse]:
    with get_client(sync_client=True) as client:
        return {limit.name: limit for limit in client.read_global_concurrency_limits()}


def change(**values: float) -> None:
    with get_client(sync_client=True) as client:
        client.update_global_concurrency_limit("outreach-resend", GlobalConcurrencyLimitUpdate(**values))


def decay() -> float:
    return limits()["outreach-resend"].slot_decay_per_second


def test_what_a_person_changes_in_the_ui_stays_until_the_setting_changes(resend):
    assert make_limit(resend) == "outreach-resend, limit 118, slot decay 180: 1.8 calls a second"
    change(slot_decay_per_second=50)

    assert make_limit(resend) == "outreach-resend as it stands, limit 118, slot decay 50; made for: 1.8 calls a second"
    make_limit(resend.model_copy(update={"rate": "4 calls"}))
    assert decay() == 400
    make_limit(resend)
    assert decay() == 180


def test_where_no_rate_is_known_there_is_no_limit(resend):
    postmark = resend.model_copy(update={"provider": "postmark"})
    make_limit(postmark.model_copy(update={"rate": "4 calls"}))
    assert limits().keys() == {"outreach-postmark"}

    assert make_limit(postmark) == "outreach-postmark: no rate is known, nothing is held back"
    assert limits() == {}
    with pytest.raises(DefinitionError, match="OUTREACH_PROVIDER: no provider 'x'; there is: outbox, "):
        make_limit(resend.model_copy(update={"provider": "x"}))


def test_slots_are_taken_from_the_limit_that_all_processes_share(resend):
    make_limit(resend)
    first, second = PrefectLimit("outreach-resend"), PrefectLimit("outreach-resend")
    change(slot_decay_per_second=0.001)

    assert (first.take(SLOTS), second.take(SLOTS)) == (True, False)
    assert second.look() == Room(118, SLOTS, 0.001)

    change(limit=0)
    with pytest.raises(Unusable, match=r"has limit 0 and slot decay 0\.001; write numbers above 0, 100 slots"):
        first.look()
    change(active=False)
    assert first.look().active is False
    first.close()
    second.close()


def test_lanes_of_one_process_share_a_pace_and_go_on_where_the_limit_was_deleted(resend, services: Services, caplog):
    services.provider.name, services.provider.rate = "resend", Rate(50, CALLS)
    waited: list[str] = []

    for lane in ("first", "second"):
        pacing(services, lambda lane=lane: waited.append(lane))(100)

    assert waited[0] == "first"
    assert waited[-1] == "second"
    told = "there is no outreach-resend; `make deploy` makes it): this process keeps to it by itself"
    assert [record.message.partition("(")[2] for record in caplog.records if record.name == "flows.pace"] == [told]


def test_without_a_rate_nothing_is_asked_of_prefect(services: Services):
    pacing(services)(100_000)


def test_a_server_that_is_away_is_no_answer(prefect):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{taken.getsockname()[1]}/api"}):
            away = PrefectLimit("outreach-resend")
            with pytest.raises(Unanswered, match="refused"):
                away.look()
            away.close()
