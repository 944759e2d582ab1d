"""Waves wait for the hour, and for room: nobody is lost, and no number is exceeded."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select, update

from outreach.delivery.sending import Answer, Called
from outreach.errors import ContentRefused, DefinitionError, NotTaken, OutcomeUnknown, ProviderBusy, ProviderError
from outreach.model.delivery import Outcome
from outreach.model.mail import Receipt
from outreach.model.pace import Plan, Waiting
from outreach.model.trial import Part
from outreach.model.wave import BatchState
from outreach.providers.port import Limits
from outreach.services import Services
from outreach.settings import Settings
from outreach.steps import pacing, resolving, sending
from outreach.steps.calling import record
from outreach.store.tables import (
    BatchRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    SpentRow,
    SuppressionRow,
)
from tests.builders_delivery import add_people, got, send, sending_wave
from tests.conftest import NOON

PEOPLE = 15
FAILURES = (NotTaken("no route"), ProviderBusy("slow", 1.0), OutcomeUnknown("503"), ContentRefused("422"))
GMAIL = "gmail.com gets at most {} mails an hour"


def pacing_by(services: Services, *, size: int = 3, **settings: str) -> Services:
    services.provider.limits = Limits(recipients=size, body_bytes=1_000_000)
    return replace(services, settings=services.settings.model_copy(update=settings))


def wave_to(services: Services, *domains: str) -> int:
    """A wave that has begun, to one person at each of *domains*, in order."""
    with services.sessions.begin() as session:
        for number, (contact_id, domain) in enumerate(zip(add_people(session, len(domains)), domains, strict=True), 1):
            named = update(ContactRow).where(ContactRow.id == contact_id)
            session.execute(named.values(email=f"person{number}@{domain}"))
    return sending_wave(services, 0)


def in_zone(services: Services, zone: str, *, batches: int) -> None:
    """Have the wave's last batches be of people in another time zone."""
    with services.sessions.begin() as session:
        last = session.scalars(select(BatchRow.id).order_by(BatchRow.number.desc()).limit(batches)).all()
        session.execute(update(BatchRow).where(BatchRow.id.in_(last)).values(zone=zone))


def spent(services: Services) -> dict[tuple[str, datetime], int]:
    with services.sessions() as session:
        return {(row.scope, row.since): row.mails for row in session.scalars(select(SpentRow))}


def lane(services: Services, wave_id: int) -> tuple[int, int]:
    """Send what may go; return how many calls that took, and how many batches were claimed in vain."""
    calls = vain = 0
    while (claimed := sending._claim(services, wave_id)) is not None:
        if claimed.attempt is None:
            vain += 1
            continue
        receipts = services.provider.send(claimed.body, claimed.attempt.key, claimed.rids)
        record(services, claimed.attempt, Called(Answer.TAKEN, tuple(receipts)))
        calls += 1
    return calls, vain


def due(services: Services, wave_id: int) -> bool:
    """Move the clock to when the next people may be written to; False where nobody waits."""
    seconds = sending.seconds_until_due(services, wave_id)
    if seconds is not None:
        services.clock.forward(seconds=seconds)
    return seconds is not None


def sizes_are_true(services: Services) -> bool:
    with services.sessions() as session:
        held = select(DeliveryRow.batch_id, func.count()).group_by(DeliveryRow.batch_id)
        told = select(BatchRow.id, BatchRow.size)
        return dict(session.execute(held).tuples().all()) == dict(session.execute(told).tuples().all())


def test_people_are_left_in_peace_at_night_where_they_live_and_the_others_get_their_mail(services, clock):
    paced = pacing_by(services, quiet_hours="21:00-08:00")
    wave_id = sending_wave(paced, 12)
    in_zone(services, "America/Kralendijk", batches=2)
    clock.at = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)  # half past nine in Amsterdam, half past four in Kralendijk

    assert lane(paced, wave_id) == (2, 1)
    morning = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
    assert pacing.waiting(paced, wave_id) == [Waiting(morning, "quiet hours in Europe/Amsterdam", 6)]
    assert due(paced, wave_id)
    assert lane(paced, wave_id) == (2, 0)
    assert len(set(got(paced.provider))) == 12
    assert sending.finish_wave(paced, wave_id).waiting == 0
    assert spent(services) == {}


def test_letters_of_the_house_go_at_any_hour_and_are_not_counted(services, clock):
    paced = pacing_by(services, quiet_hours="21:00-08:00", warm_up="2026-12-01: 1", domain_limits="example.org=1")
    wave_id = sending_wave(paced, 4)
    with services.sessions.begin() as session:
        session.execute(update(CampaignRow).values(hidden=True))
    clock.at = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    paced.provider.failures = [NotTaken("no route")]

    assert send(paced, wave_id) == 4
    assert spent(services) == {}


def test_who_is_over_the_number_of_a_domain_waits_for_the_next_hour_and_all_others_go(services):
    paced = pacing_by(services, domain_limits="gmail.com+googlemail.com=3")
    wave_id = wave_to(paced, *["gmail.com", "example.org", "googlemail.com"] * 3)

    assert lane(paced, wave_id) == (3, 0)
    assert Counter(mail.recipient.partition("@")[2] for mail in paced.provider.mails) == {
        "example.org": 3, "gmail.com": 2, "googlemail.com": 1
    }  # fmt: skip
    one = NOON + timedelta(hours=1)
    assert pacing.waiting(paced, wave_id) == [Waiting(one, GMAIL.format(3), 3)]
    assert sizes_are_true(services)
    assert due(paced, wave_id)
    assert lane(paced, wave_id) == (1, 0)
    assert len(set(got(paced.provider))) == 9
    assert spent(services) == {("to gmail.com", NOON): 3, ("to gmail.com", one): 3}


def test_many_people_of_a_domain_cost_a_claim_for_each_call_and_none_in_vain(services):
    paced = pacing_by(services, size=6, domain_limits="gmail.com=5")
    wave_id = wave_to(paced, *["example.org", "gmail.com"] * 15)

    hours = [lane(paced, wave_id)]
    while due(paced, wave_id):
        hours.append(lane(paced, wave_id))

    # ten wait at first, in two batches of those that they come from; of the second one some wait for an hour more
    assert hours == [(5, 0), (2, 0), (1, 0)]
    assert len(set(got(paced.provider))) == 30
    assert list(spent(services).values()) == [5, 5, 5]


def test_a_wave_that_finds_nothing_left_claims_once_in_vain_for_all_of_a_domain(services):
    paced = pacing_by(services, domain_limits="gmail.com=2")
    first = wave_to(paced, *["gmail.com"] * 9)
    second = sending_wave(paced, 0, slug="een-ander")

    assert lane(paced, first) == (1, 2)  # nobody knew yet that all in them are of one domain
    assert lane(paced, second) == (0, 3)
    assert due(paced, second)
    assert lane(paced, second) == (1, 0)
    assert lane(paced, first) == (0, 1)


def test_a_domain_warms_up_by_exactly_the_number_of_each_day(services, clock):
    paced = pacing_by(services, warm_up="2026-11-22: 4, 7")
    wave_id = sending_wave(paced, 15)
    days = []

    while lane(paced, wave_id) and due(paced, wave_id):
        days.append((len(paced.provider.mails), clock.at.isoformat()))

    assert days == [
        (0, "2026-11-22T07:00:00+00:00"), (4, "2026-11-23T07:00:00+00:00"), (11, "2026-11-24T07:00:00+00:00")
    ]  # fmt: skip
    assert len(set(got(paced.provider))) == 15
    midnight = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    assert spent(services) == {
        ("from example.org", midnight): 4, ("from example.org", midnight + timedelta(days=1)): 7
    }  # fmt: skip


def test_who_waits_for_another_day_says_so(services):
    paced = pacing_by(services, warm_up="2026-11-20: 4", quiet_hours="22:00-06:30")
    wave_id = sending_wave(paced, 15)

    assert lane(paced, wave_id) == (2, 0)
    morning = datetime(2026, 11, 21, 5, 30, tzinfo=UTC)
    assert pacing.waiting(paced, wave_id) == [
        Waiting(morning, "warm-up of example.org: 4 mails on 2026-11-20", 11)
    ]  # fmt: skip
    assert sizes_are_true(services)


def test_a_plan_for_another_domain_holds_nobody_back(services):
    paced = pacing_by(services, warm_up="news.example.com 2026-12-01: 4")

    assert lane(paced, sending_wave(paced, 5)) == (2, 0)


def test_what_an_email_api_did_not_take_is_given_back(services):
    paced = pacing_by(services, domain_limits="example.org=6", warm_up="2026-11-20: 100")
    wave_id = sending_wave(paced, 6)
    paced.provider.failures = [ProviderBusy("slow", 1.0), ContentRefused("422: one of them")]
    paced.provider.refuse = {"person1@example.org": "no such mailbox"}

    assert send(paced, wave_id) == 5
    assert sorted(spent(services).values()) == [5, 5]


def test_whom_the_email_api_did_not_look_at_counts_when_it_does(services):
    paced = pacing_by(services, domain_limits="example.org=3")
    wave_id = sending_wave(paced, 3)
    claimed = sending._claim(paced, wave_id)
    assert claimed is not None
    assert claimed.attempt is not None
    first, *others = claimed.rids
    receipts = (Receipt(first, "id"), *(Receipt(rid, untried=True) for rid in others))

    record(paced, claimed.attempt, Called(Answer.TAKEN, receipts))

    assert list(spent(services).values()) == [1]


def test_a_call_whose_batch_another_lane_holds_by_now_gives_nothing_back(services, clock):
    paced = pacing_by(services, domain_limits="example.org=3")
    wave_id = sending_wave(paced, 3)
    claimed = sending._claim(paced, wave_id)
    assert claimed is not None
    assert claimed.attempt is not None
    with services.sessions.begin() as session:
        session.execute(update(BatchRow).values(state=BatchState.UNKNOWN))

    record(paced, claimed.attempt, Called(Answer.NOT_TAKEN, why="no route"))

    assert list(spent(services).values()) == [3]


def test_who_unsubscribed_since_planning_is_not_counted(services):
    paced = pacing_by(services, domain_limits="example.org=2")
    wave_id = sending_wave(paced, 3)
    with services.sessions.begin() as session:
        gone = {"email": "person1@example.org", "reason": "unsubscribed", "detail": "", "at": NOON}
        session.execute(insert(SuppressionRow).values(gone))

    assert lane(paced, wave_id) == (1, 0)
    assert list(spent(services).values()) == [1]
    assert due(paced, wave_id)
    assert lane(paced, wave_id) == (1, 0)
    assert got(paced.provider) == ["person2@example.org", "person3@example.org"]


def test_what_a_trial_holds_back_is_left_alone(services, clock):
    paced = pacing_by(services, quiet_hours="21:00-08:00")
    wave_id = sending_wave(paced, 9)
    with services.sessions.begin() as session:
        session.execute(update(BatchRow).where(BatchRow.number == 3).values(part=Part.REST))
    clock.at = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)

    assert lane(paced, wave_id) == (0, 1)
    assert [wait.people for wait in pacing.waiting(paced, wave_id)] == [6]


def test_rules_that_were_changed_count_once_a_person_has_a_wave_looked_at_anew(services):
    paced = pacing_by(services, warm_up="2026-12-01: 4")
    wave_id = sending_wave(paced, 4)
    lane(paced, wave_id)
    with services.sessions.begin() as session:
        late = session.scalars(select(BatchRow.id).order_by(BatchRow.id)).first()
        session.execute(update(BatchRow).where(BatchRow.id == late).values(tries=1))  # that is the provider's wish
        pacing.judge_again(session, wave_id, NOON)

    assert lane(pacing_by(services), wave_id) == (1, 0)
    assert [wait.people for wait in pacing.waiting(paced, wave_id)] == [3]


def test_old_numbers_are_forgotten(services, clock):
    paced = pacing_by(services, size=1, domain_limits="example.org=1")
    wave_id = sending_wave(paced, 2)
    lane(paced, wave_id)
    clock.forward(days=3)
    lane(paced, wave_id)

    assert list(spent(services)) == [("to example.org", NOON + timedelta(days=3))]


def test_lanes_side_by_side_never_exceed_a_number(services):
    paced = pacing_by(services, size=2, domain_limits="gmail.com=4,example.org=3", warm_up="2026-11-20: 7")
    wave_id = wave_to(paced, *["gmail.com", "example.org", "example.com"] * 5)

    with ThreadPoolExecutor(4) as lanes:
        for _ in range(60):
            for running in [lanes.submit(send, paced, wave_id) for _ in range(4)]:
                running.result()
            if not due(paced, wave_id):
                break

    assert sorted(got(paced.provider)) == sorted(set(got(paced.provider)))
    assert len(paced.provider.mails) == 15
    numbers = spent(services)
    most = {"from example.org": 7, "to gmail.com": 4, "to example.org": 3}
    assert {scope: mails for (scope, _), mails in numbers.items() if mails > most[scope]} == {}
    assert numbers["from example.org", datetime(2026, 11, 19, 23, 0, tzinfo=UTC)] == 7
    assert sizes_are_true(services)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_rules_everybody_is_written_to_once_and_no_number_is_exceeded(services, clock, seed):
    chance = random.Random(seed)
    first = date(2026, 11, 20 + chance.randint(0, 2))
    daily = [chance.choice([0, *range(3, 12)]) for _ in range(3)]
    hourly = {"gmail.com": chance.randint(2, 6), "t-online.de": chance.randint(2, 6)}
    paced = pacing_by(
        services,
        size=chance.randint(2, 7),
        quiet_hours=chance.choice(["", "21:00-08:00", "12:00-13:00"]),
        domain_limits=",".join(f"{domain}={most}" for domain, most in hourly.items()),
        warm_up=f"{first}: {', '.join(map(str, daily))}",
        stop_at="",
    )
    wave_id = wave_to(paced, *chance.choices(["gmail.com", "t-online.de", "example.org"], k=PEOPLE))
    in_zone(services, chance.choice(["America/Kralendijk", "Pacific/Auckland"]), batches=3)
    by_hour: Counter[tuple[str, datetime]] = Counter()
    by_day: Counter[date] = Counter()

    for _ in range(100):
        before = len(paced.provider.mails)
        paced.provider.failures = chance.choice([[], [], [chance.choice(FAILURES)]])
        with suppress(ProviderError):
            send(paced, wave_id)
        resolving.resolve_unknown(paced, wave_id)
        for mail in paced.provider.mails[before:]:
            by_hour[mail.recipient.partition("@")[2], clock.at.replace(minute=0, second=0, microsecond=0)] += 1
            by_day[clock.at.astimezone(ZoneInfo("Europe/Amsterdam")).date()] += 1
        outcome = sending.finish_wave(paced, wave_id)
        if not outcome.waiting:
            break
        due(paced, wave_id)

    took = Counter(got(paced.provider))
    assert set(took.values()) == {1}
    assert outcome == Outcome(accepted=len(took), refused=PEOPLE - len(took), unknown=0, waiting=0)
    assert {key: mails for key, mails in by_hour.items() if mails > hourly.get(key[0], PEOPLE)} == {}
    plan = Plan(first, tuple(daily))
    assert {
        day: mails for day, mails in by_day.items() if mails > (PEOPLE if (most := plan.most(day)) is None else most)
    } == {}
    assert sizes_are_true(services)


@pytest.mark.parametrize("name", ["time_zone", "quiet_hours", "domain_limits", "warm_up"])
def test_a_setting_that_cannot_be_read_is_named_as_people_write_it(name):
    with pytest.raises(DefinitionError, match=f"^OUTREACH_{name.upper()}: found 'whenever'"):
        pacing.rules(Settings(_env_file=None, **{name: "whenever"}))
