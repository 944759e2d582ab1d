"""The cap of the house: nobody gets more mails than it allows, whichever waves they are in."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from outreach.audience import queries as audience
from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import claim, freeze, plan
from outreach.model.cap import Cap
from outreach.model.segment import Group, Join, Segment, Term
from outreach.model.wave import Status, WaveState, WaveStep
from outreach.providers.port import Limits
from outreach.services import Services
from outreach.steps import sending
from outreach.store.tables import CampaignRow, ContactGroupRow, DeliveryRow, WaveRow
from tests.builders_delivery import TOPIC, add_people, campaign, message, send
from tests.fakes import FakeProvider

VARIANTS = {("nl", "personal"): "nl"}
PEOPLE = 5


def with_cap(services: Services, text: str) -> Services:
    return replace(services, settings=services.settings.model_copy(update={"frequency_cap": text}))


def everybody(group: str = "") -> Segment:
    return Segment("members", {}, Group(Join.ALL, (Term("group", group),) if group else ()), None)


def planned(services: Services, slug: str, segment: Segment | None = None) -> int:
    """A wave to whom the audience room chooses under the services' cap."""
    now, cap = services.clock(), Cap.read(services.settings.frequency_cap)
    chosen = audience.recipients(segment or everybody(), topic=TOPIC, now=now, cap=cap)
    with services.sessions.begin() as session:
        wave = campaigns.register(session, *campaign(slug), now)
        plan.freeze_messages(session, wave.id, [message()])
        freeze.gather(session, {"members": chosen}, VARIANTS)
        plan.start_counters(session, wave.id, freeze.freeze(session, wave.id, services.provider.limits.recipients))
        campaigns.take(session, wave.id, WaveStep.PLAN, now)
    return wave.id


def begin(services: Services, *waves: int) -> None:
    with services.sessions.begin() as session:
        for wave_id in waves:
            for step in (WaveStep.APPROVE, WaveStep.START):
                campaigns.take(session, wave_id, step, services.clock())


def left_out(services: Services) -> list[tuple[int, int, str]]:
    rows = select(DeliveryRow.wave_id, DeliveryRow.contact_id, DeliveryRow.detail)
    with services.sessions() as session:
        found = session.execute(rows.where(DeliveryRow.status == Status.SUPPRESSED).order_by(DeliveryRow.id))
        return [tuple(row) for row in found]


@pytest.fixture
def people(services: Services) -> list[int]:
    with services.sessions.begin() as session:
        return add_people(session, PEOPLE)


def test_of_waves_planned_before_any_began_only_so_many_reach_anybody(services, provider, people):
    services = with_cap(services, "2/7")
    waves = [planned(services, slug) for slug in "abc"]
    begin(services, *waves)

    assert [send(services, wave_id) for wave_id in waves] == [PEOPLE, PEOPLE, 0]
    assert left_out(services) == [(waves[2], person, "had 2 mails in 7 days") for person in people]


def test_planning_leaves_out_who_had_enough_and_counts_them(services, clock, people):
    services = with_cap(services, "1/7")
    with services.sessions.begin() as session:
        session.add_all(ContactGroupRow(contact_id=person, name="few") for person in people[:2])
    first = planned(services, "a", everybody("few"))
    begin(services, first)  # who is about to get it counts as well

    def out() -> dict[str, int]:
        with services.sessions() as session:
            return audience.left_out(session, [everybody()], topic=TOPIC, now=clock(), cap=Cap(1, 7))

    assert out() == {"had 1 mail in 7 days": 2}
    second = planned(services, "b")
    begin(services, second)
    assert (send(services, first), send(services, second)) == (2, PEOPLE - 2)
    clock.forward(days=6)
    assert out() == {"had 1 mail in 7 days": PEOPLE}
    clock.forward(days=1)
    assert out() == {}


def test_a_slow_wave_counts_by_the_days_its_mails_went(services, provider, clock, people):
    provider.limits = Limits(recipients=1, body_bytes=1_000_000)
    services = with_cap(services, "1/7")
    slow = planned(services, "a")
    begin(services, slow)
    for _ in people:
        go(services, slow)
        clock.forward(days=3)
    sending.finish_wave(services, slow)

    quick = planned(services, "b")
    begin(services, quick)

    assert send(services, quick) == 3  # the last two were written to less than seven days ago


def test_letters_do_not_count_and_are_not_held_back(services, people):
    services = with_cap(services, "1/7")
    letters, wave = planned(services, "a"), planned(services, "b")
    with services.sessions.begin() as session:
        session.execute(update(CampaignRow).where(CampaignRow.slug == "a").values(hidden=True))
    begin(services, letters, wave)

    assert [go(services, letters), send(services, wave), send(services, letters)] == [3, PEOPLE, PEOPLE - 3]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # of SQLite one writer at a time is the rule
def test_two_waves_take_turns_where_both_could_write_to_the_same_person(services, people):
    waves = [planned(services, slug) for slug in "ab"]
    begin(services, *waves)

    def take(session: Session, wave_id: int) -> None:
        session.execute(text("SET LOCAL lock_timeout = '20ms'"))
        batch_id = claim.claim(session, wave_id, services.clock(), services.clock() + timedelta(minutes=1))
        claim.drop_unwilling(session, batch_id, services.clock(), Cap(1, 7))

    with services.sessions.begin() as first:
        take(first, waves[0])
        with pytest.raises(OperationalError, match="lock timeout"), services.sessions.begin() as second:
            take(second, waves[1])
    with services.sessions.begin() as second:
        take(second, waves[1])
    assert [wave_id for wave_id, *_ in left_out(services)] == [waves[1]] * 3


def go(services: Services, wave_id: int) -> int:
    """Send one batch, if one may go."""
    once = iter((None,))

    def stop(_: int) -> None:
        if next(once, Enough) is Enough:
            raise Enough

    try:
        return sending.send_batches(services, wave_id, lambda _: None, stop)
    except Enough:
        return services.provider.limits.recipients


class Enough(Exception):
    """The one batch is out."""


@dataclass
class Counting(FakeProvider):
    """An email API that remembers on which day it took whose mails."""

    days: dict[str, list[date]] | None = None
    clock: object = None

    def _take(self, body):
        before = len(self.mails)
        receipts = super()._take(body)
        for mail in self.mails[before:]:
            self.days[mail.recipient].append(self.clock().date())
        return receipts


ACTS = st.lists(
    st.tuples(st.sampled_from(("send", "send", "send", "plan", "pause", "finish", "wait")), st.integers(0, 3)),
    min_size=8,
    max_size=20,
)


def test_whatever_is_planned_and_sent_in_which_order_nobody_gets_more_than_the_cap(services, clock, people):
    provider = Counting(limits=Limits(recipients=4, body_bytes=1_000_000), clock=clock)
    services = replace(services, provider=provider)
    number = iter(range(10_000))

    @hypothesis_settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
    @example(acts=[("send", 0), ("send", 1)], most=1, days=1)
    @given(acts=ACTS, most=st.integers(1, 2), days=st.integers(1, 7))
    def law(acts: list[tuple[str, int]], most: int, days: int) -> None:
        clock.forward(days=30)
        ours, provider.days = with_cap(services, f"{most}/{days}"), defaultdict(list)
        waves = [planned(ours, f"c{next(number)}") for _ in range(most + 1)]
        for act, which in acts:
            if act == "plan":
                waves.append(planned(ours, f"c{next(number)}"))
            elif act == "wait":
                clock.forward(hours=17 * which)
            else:
                do(ours, act, waves[which % len(waves)])
        for wave_id in waves:
            do(ours, "cancel", wave_id)

        assert [written for written in provider.days.values() if fullest(written, days) > most] == []

    law()


def fullest(written: list[date], days: int) -> int:
    """The most mails in so many days on end."""
    return max(sum(last - timedelta(days=days) < day <= last for day in written) for last in written)


def do(services: Services, act: str, wave_id: int) -> None:
    """Take one step with a wave, where its state allows it."""
    with services.sessions() as session:
        state = session.scalar(select(WaveRow.state).where(WaveRow.id == wave_id))
    match act, state:
        case "send", WaveState.PLANNED:
            begin(services, wave_id)
            go(services, wave_id)
        case "send", WaveState.SENDING:
            go(services, wave_id)
        case "finish", WaveState.SENDING:
            sending.finish_wave(services, wave_id)
        case "pause", WaveState.SENDING | WaveState.PAUSED:
            with services.sessions.begin() as session:
                step = WaveStep.PAUSE if state == WaveState.SENDING else WaveStep.RESUME
                campaigns.take(session, wave_id, step, services.clock())
        case "cancel", WaveState.DRAFT | WaveState.PLANNED | WaveState.SENDING | WaveState.PAUSED:
            with services.sessions.begin() as session:
                campaigns.take(session, wave_id, WaveStep.CANCEL, services.clock())
