"""When mails may go, and how many."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from outreach.errors import DefinitionError
from outreach.model.pace import Allowance, DomainLimits, Plan, QuietHours, Rules, WarmUp, home_zone, shared_out

HOME = ZoneInfo("Europe/Amsterdam")
NIGHT = QuietHours(time(21), time(8))
NAMES = (
    "Europe/Amsterdam", "America/Kralendijk", "America/St_Johns", "America/Scoresbysund", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Antarctica/Troll",
)  # fmt: skip
ZONES = st.sampled_from(NAMES).map(ZoneInfo)
CHANGES = ("2026-03-29T01:00", "2026-10-25T01:00", "2026-04-04T15:00", "2026-10-03T15:30", "2011-12-30T10:00")
MOMENTS = st.builds(  # anywhere, and near the moments at which clocks were changed
    lambda begin, minutes: datetime.fromisoformat(begin).replace(tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-3000, 3000) | st.integers(-10_000_000, 7_000_000),
)
QUIET = st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: QuietHours(*pair))
NIGHTS = st.just(NIGHT) | st.builds(
    lambda begin, hours: QuietHours(time(begin), time((begin + hours) % 24)), st.integers(0, 23), st.integers(1, 14)
)


def at(text: str, zone: str = "Europe/Amsterdam") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def is_shown_as_quiet(quiet: QuietHours, moment: datetime, zone: ZoneInfo) -> bool:
    shown = moment.astimezone(zone).time()
    if quiet.begin < quiet.end:
        return quiet.begin <= shown < quiet.end
    return shown >= quiet.begin or shown < quiet.end


@given(QUIET | NIGHTS, MOMENTS, ZONES)
def test_quiet_ends_later_and_not_in_another_quiet_and_clocks_that_show_quiet_hours_are_believed(quiet, now, zone):
    until = quiet.until(now, zone)

    if until is None:
        assert not is_shown_as_quiet(quiet, now, zone)
    else:
        assert until > now
        assert quiet.until(until, zone) is None
        assert not is_shown_as_quiet(quiet, until, zone)


@given(QUIET, MOMENTS, ZONES)
def test_where_no_clock_is_changed_it_is_quiet_when_clocks_say_so_and_until_they_show_the_end(quiet, now, zone):
    around = [now.astimezone(zone) + timedelta(days=days) for days in (-3, -2, -1, 0, 1, 2, 3)]
    assume(len({moment.utcoffset() for moment in around}) == 1)

    until = quiet.until(now, zone)

    assert (until is not None) == is_shown_as_quiet(quiet, now, zone)
    assert until is None or until.astimezone(zone).time() == quiet.end


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        ("2026-11-20T20:59:59", "Europe/Amsterdam", None),
        ("2026-11-20T21:00", "Europe/Amsterdam", "2026-11-21T08:00"),
        ("2026-11-21T07:59", "Europe/Amsterdam", "2026-11-21T08:00"),
        ("2026-11-21T08:00", "Europe/Amsterdam", None),
        ("2026-11-20T08:00", "America/Kralendijk", None),
        ("2026-11-20T05:00", "America/Kralendijk", "2026-11-20T08:00"),
        ("2026-03-28T22:00", "Europe/Amsterdam", "2026-03-29T08:00"),  # an hour shorter than other nights
        ("2026-10-24T22:00", "Europe/Amsterdam", "2026-10-25T08:00"),  # an hour longer
    ],
)
def test_nights_are_quiet_by_the_clocks_where_people_live(now, zone, until):
    assert NIGHT.until(at(now, zone), ZoneInfo(zone)) == (at(until, zone) if until else None)


def test_an_hour_that_clocks_show_twice_is_quiet_until_they_show_the_end_for_the_last_time():
    early = QuietHours(time(1), time(2, 30))
    twice = datetime(2026, 10, 25, 2, 45, tzinfo=HOME)  # for the first time; half past two comes again

    assert early.until(twice, HOME) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_hours_of_one_day_may_be_quiet():
    assert QuietHours.read("Q", " 12:30 – 13:15 ") == QuietHours(time(12, 30), time(13, 15))
    assert QuietHours.read("Q", "9:00-9:30") == QuietHours(time(9), time(9, 30))
    assert QuietHours.read("Q", " ") is None


@pytest.mark.parametrize("text", ["21-8", "21:00", "24:00-08:00", "21:00-08:61", "night", "21:00-08:00, 12:00-13:00"])
def test_quiet_hours_that_cannot_be_read_are_refused(text):
    with pytest.raises(DefinitionError) as caught:
        QuietHours.read("OUTREACH_QUIET_HOURS", text)

    assert str(caught.value) == (
        f"OUTREACH_QUIET_HOURS: found {text!r}; write begin and end in hours and minutes, such as 21:00-08:00, "
        "or leave it empty"
    )


def test_quiet_hours_that_end_as_they_begin_are_refused():
    with pytest.raises(DefinitionError, match="which begins when it ends"):
        QuietHours.read("OUTREACH_QUIET_HOURS", "08:00-8:00")


def test_domains_may_share_a_limit_by_the_hour_of_the_clock():
    limits = DomainLimits.read("D", "gmail.com + Googlemail.com=2000, @t-online.de=500,")

    assert [limits.name_of(each) for each in ("gmail.com", "googlemail.com", "t-online.de", "example.org")] == [
        "gmail.com", "gmail.com", "t-online.de", ""
    ]  # fmt: skip
    assert limits.allowance("gmail.com", at("2026-11-20T13:59:59")) == Allowance(
        "to gmail.com",
        at("2026-11-20T13:00"),
        2000,
        at("2026-11-20T14:00"),
        "gmail.com gets at most 2,000 mails an hour",
    )
    assert DomainLimits.read("D", "") == DomainLimits()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gmail.com", "found 'gmail.com'; write DOMAIN=MAILS AN HOUR"),
        ("gmail.com=0", "found 'gmail.com=0'; write DOMAIN=MAILS AN HOUR"),
        ("gmail.com=2.000", "found 'gmail.com=2.000'; write DOMAIN=MAILS AN HOUR"),
        ("gmail=200", "found 'gmail', which is no domain; write what stands behind the @"),
        ("gmail.com+=200", "found '', which is no domain"),
        ("bo@gmail.com=200", "found 'bo@gmail.com', which is no domain"),
        ("gmail.com=1,gmail.com=2", "gmail.com stands there twice; leave one limit for it"),
    ],
)
def test_limits_that_cannot_be_read_are_refused(text, told):
    with pytest.raises(DefinitionError) as caught:
        DomainLimits.read("OUTREACH_DOMAIN_LIMITS", text)

    assert str(caught.value).startswith(f"OUTREACH_DOMAIN_LIMITS: {told}")


def test_a_plan_is_a_table_of_days_before_which_nothing_goes_and_after_which_everything_does():
    plan = WarmUp.read("W", "2026-12-01: 200, 500,0,0,1000").plan_of("example.org")
    days = [date(2026, 11, 30) + timedelta(days=number) for number in range(7)]

    assert plan == Plan(date(2026, 12, 1), (200, 500, 0, 0, 1000))
    assert [plan.most(day) for day in days] == [0, 200, 500, 0, 0, 1000, None]
    assert [plan.next_day(day).day for day in days] == [1, 2, 5, 5, 5, 6, 7]
    assert plan.next_day(date(2026, 1, 1)) == date(2026, 12, 1)


def test_a_domain_may_have_a_plan_of_its_own():
    both = WarmUp.read("W", "News.example.org 2026-12-01: 50; 2026-12-03: 200 ;")
    alone = WarmUp.read("W", "news.example.org 2026-12-01: 50")

    assert both.plan_of("news.example.org") == Plan(date(2026, 12, 1), (50,))
    assert both.plan_of("example.com") == Plan(date(2026, 12, 3), (200,))
    assert alone.plan_of("example.com") is None
    assert WarmUp.read("W", "").plan_of("example.com") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("200, 500", "found '200, 500'; write FIRST DAY: MAILS A DAY"),
        ("2026-12-01:", "found the number '' in '2026-12-01:'; write FIRST DAY"),
        ("2026-12-01: 1,000", "found the number '000' in '2026-12-01: 1,000'; write FIRST DAY"),
        ("2026-12-01: -5", "found the number '-5'"),
        ("2026-13-01: 5", "found '2026-13-01', a day that no calendar has"),
        ("example 2026-12-01: 5", "found 'example', which is no domain"),
        ("2026-12-01: 5; 2026-12-02: 6", "two plans for all domains; leave one of them"),
        ("a.example 2026-12-01: 5; A.example 2026-12-02: 6", "two plans for the domain a.example; leave one of them"),
    ],
)
def test_plans_that_cannot_be_read_are_refused(text, told):
    with pytest.raises(DefinitionError) as caught:
        WarmUp.read("OUTREACH_WARM_UP", text)

    assert str(caught.value).startswith(f"OUTREACH_WARM_UP: {told}")


def rules(quiet: str = "", domains: str = "", warm_up: str = "") -> Rules:
    return Rules(HOME, QuietHours.read("Q", quiet), DomainLimits.read("D", domains), WarmUp.read("W", warm_up))


@pytest.mark.parametrize(
    ("quiet", "morning"), [("", "08:00"), ("21:00-07:30", "07:30"), ("12:00-13:00", "08:00"), ("00:00-09:00", "09:00")]
)
def test_a_day_of_a_plan_begins_when_the_night_is_over(quiet, morning):
    today = rules(quiet, warm_up="2026-12-01: 200").from_domain("example.org", at("2026-12-01T23:30"))

    assert today == Allowance(
        "from example.org",
        at("2026-12-01T00:00"),
        200,
        at(f"2026-12-02T{morning}"),
        "warm-up of example.org: 200 mails on 2026-12-01",
    )


def test_before_its_first_day_a_plan_says_when_it_begins():
    early = rules(warm_up="2026-12-01: 200").from_domain("example.org", at("2026-11-20T12:00"))

    assert early is not None
    assert (early.most, early.again, early.why) == (
        0, at("2026-12-01T08:00"), "warm-up of example.org: begins on 2026-12-01"
    )  # fmt: skip


def test_without_settings_there_are_no_rules_and_no_numbers():
    none = rules()

    assert (bool(none), none.counts, bool(rules("21:00-08:00")), rules("21:00-08:00").counts) == (
        False, False, True, False
    )  # fmt: skip
    assert none.quiet_until(at("2026-11-20T03:00"), HOME) is None
    assert none.allowances("example.org", ["", ""], at("2026-11-20T12:00")) == {}


def test_a_zone_that_this_machine_does_not_know_is_taken_for_the_houses_own():
    assert [rules().zone(name).key for name in ("America/Kralendijk", "", "Mars/Base", "../etc")] == [
        "America/Kralendijk", "Europe/Amsterdam", "Europe/Amsterdam", "Europe/Amsterdam"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["Amsterdam", "", "/etc/passwd", "Europe"])
def test_a_time_zone_that_does_not_exist_is_refused(name):
    with pytest.raises(DefinitionError) as caught:
        home_zone("OUTREACH_TIME_ZONE", name)

    assert str(caught.value) == (
        f"OUTREACH_TIME_ZONE: found {name!r}, which is no time zone; write one such as Europe/Amsterdam or "
        "Europe/Berlin"
    )


def test_mails_count_under_the_name_of_their_limit_and_in_all():
    limited = rules(domains="gmail.com+googlemail.com=5", warm_up="2026-11-20: 9")
    now = at("2026-11-20T12:34")

    mails = limited.mails(["googlemail.com", "gmail.com", "example.org"])

    assert mails == {"": 3, "gmail.com": 2}
    assert {name: each.window for name, each in limited.allowances("example.org", mails, now).items()} == {
        "": ("from example.org", at("2026-11-20T00:00")), "gmail.com": ("to gmail.com", at("2026-11-20T12:00"))
    }  # fmt: skip


LIMITED = ("", "gmail.com", "t-online.de")


@given(
    st.lists(st.sampled_from(LIMITED), max_size=30),
    st.fixed_dictionaries({"gmail.com": st.integers(0, 12), "t-online.de": st.integers(0, 12)}),
    st.none() | st.integers(0, 30),
)
def test_who_goes_and_who_waits_are_all_and_no_number_is_exceeded_nor_left_unused(names, hours, day):
    people = list(enumerate(names))
    room = hours if day is None else {**hours, "": day}

    shares = shared_out(people, room)

    waiting = [number for numbers in shares.waits.values() for number in numbers]
    gone = Counter(names[number] for number in shares.goes)
    assert sorted([*shares.goes, *waiting]) == list(range(len(names)))
    assert all(gone[name] <= most for name, most in hours.items())
    assert day is None or len(shares.goes) <= day
    for name, numbers in shares.waits.items():
        used_up = len(shares.goes) == day if name == "" else gone[name] == hours[name]
        assert used_up
        assert name == "" or {names[number] for number in numbers} == {name}
