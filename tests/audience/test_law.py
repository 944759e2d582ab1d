"""Whatever the rules, SQL chooses exactly whom plain Python chooses."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, or_, select

from outreach.audience import queries
from outreach.audience.predicates import PREDICATES
from outreach.audience.queries import person, selection
from outreach.audience.queries.selection import ANOTHER_ADDRESS, BEYOND_THE_CAP
from outreach.model.campaign import Standing
from outreach.model.people import AddressKind, Frequency
from outreach.model.segment import Argument, Group, Join, Preference, Segment, Term, grounds, judge, terms
from outreach.model.wave import BatchState, Status
from outreach.store import Sessions
from outreach.store.tables import ContactRow
from tests.builders_people import TOPIC, Soul
from tests.builders_segments import WAVES, Citizen, Got, Past, ago, crowd, settle
from tests.conftest import NOON

DAYS = ("2026-01-31", "2026-06-30")


def midnight(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00+00:00")


def within(moment: datetime | None, days: int) -> bool:
    return moment is not None and (NOON.astimezone(UTC).date() - moment.astimezone(UTC).date()).days < days


def started(citizen: Citizen) -> list[tuple[str, Past]]:
    return [(name, WAVES[name]) for name in citizen.got if WAVES[name].started and not WAVES[name].hidden]


def written_within(citizen: Citizen, days: int) -> bool:
    mails = [(citizen.got[name], was) for name, was in started(citizen)]
    return any(within(mail.went(was), days) and mail.written(was) for mail, was in mails)


def arrived(citizen: Citizen, waves: tuple[str, ...], done: str = "arrived") -> bool:
    mails = [citizen.got[wave] for wave in waves if wave in citizen.got and citizen.got[wave].arrived]
    return any(getattr(mail, done) for mail in mails)


def body(citizen: Citizen, known: Callable[[Any], bool]) -> bool:
    return citizen.soul.organisation is not None and known(citizen.soul.organisation)


def in_town(citizen: Citizen, names: tuple[str, ...]) -> bool:
    codes = {"Zilverdrecht": "GM9001", "Ginsterrath": "99000101"}
    meant = {*names, *(codes[name] for name in names if name in codes)}
    itself = body(citizen, lambda it: it.kind == "municipality" and (it.name in names or citizen.place.code in names))
    return itself or body(citizen, lambda it: citizen.place.municipality in meant)


def pairs(given: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (pair.partition("=") for pair in given)]


def agreed(citizen: Citizen, topic: str, test: Callable[[Any, datetime], bool]) -> bool:
    return topic in citizen.agreed and test(*citizen.agreed[topic])


def answered(citizen: Citizen, calls: tuple[str, ...], *standings: Standing) -> bool:
    wanted = standings or tuple(Standing)
    return any(answer.call in calls and answer.standing in wanted for answer in citizen.answers)


def answered_at(citizen: Citizen, call: str, test: Callable[[datetime], bool]) -> bool:
    return any(answer.call == call and test(answer.at) for answer in citizen.answers)


MEANING: Mapping[str, Callable[[Citizen, Any], bool]] = {
    "group": lambda it, names: bool(set(names) & set(it.soul.groups)),
    "language": lambda it, codes: (it.soul.language or "") in codes,
    "language_in": lambda it, codes: (it.soul.language or "") in codes,
    "region_in": lambda it, names: body(it, lambda of: of.region in names),
    "province_in": lambda it, names: body(it, lambda of: it.place.province in names),
    "municipality": in_town,
    "organisation_kind": lambda it, kinds: body(it, lambda of: of.kind in kinds),
    "country": lambda it, codes: body(it, lambda of: of.country in codes),
    "address_kind": lambda it, kinds: it.soul.kind in kinds,
    "attribute": lambda it, given: any(it.soul.attributes.get(key, "") == value for key, value in pairs(given)),
    "subscribed_to": lambda it, topics: any(map(it.soul.agrees_to, topics)),
    "consent_since": lambda it, given: any(
        agreed(it, topic, lambda _, at, day=day: at >= midnight(day)) for topic, day in pairs(given)
    ),
    "consent_before": lambda it, given: any(
        agreed(it, topic, lambda _, at, day=day: at < midnight(day)) for topic, day in pairs(given)
    ),
    "basis": lambda it, given: any(
        agreed(it, topic, lambda basis, _, wanted=wanted: basis == wanted) for topic, wanted in pairs(given)
    ),
    "received": arrived,
    "opened": lambda it, waves: arrived(it, waves, "opened"),
    "clicked": lambda it, waves: arrived(it, waves, "clicked"),
    "not_opened": lambda it, waves: arrived(it, waves) and not arrived(it, waves, "opened"),
    "not_clicked": lambda it, waves: arrived(it, waves) and not arrived(it, waves, "clicked"),
    "received_any_since": lambda it, days: any(
        was.started >= midnight(day) and it.got[name].arrived for name, was in started(it) for day in days
    ),
    "written_to_within": written_within,
    "not_written_to_within": lambda it, days: not written_within(it, days),
    "submitted": answered,
    "not_submitted": lambda it, calls: not answered(it, calls),
    "registered": lambda it, calls: answered(it, calls, Standing.REGISTERED),
    "waiting": lambda it, calls: answered(it, calls, Standing.WAITING),
    "not_registered": lambda it, calls: not answered(it, calls, Standing.REGISTERED),
    "submitted_after": lambda it, given: any(
        answered_at(it, call, lambda at, day=day: at >= midnight(day)) for call, day in pairs(given)
    ),
    "submitted_before": lambda it, given: any(
        answered_at(it, call, lambda at, day=day: at < midnight(day)) for call, day in pairs(given)
    ),
    "submitted_within": lambda it, given: any(
        answered_at(it, call, lambda at, days=days: within(at, int(days))) for call, days in pairs(given)
    ),
    "joined_before": lambda it, days: any(it.soul.joined < midnight(day) for day in days),
    "joined_after": lambda it, days: any(it.soul.joined >= midnight(day) for day in days),
    "joined_within": lambda it, days: within(it.soul.joined, days),
}

WAVE_NAMES = (*WAVES, ("spring/start", "autumn/news"), "nobody/start")
CALL_NAMES = ("nominate", "symposium", ("nominate", "symposium"))
ARGUMENTS: Mapping[str, tuple[Argument, ...]] = {
    "group": ("member", "social-worker", "nobody", ("social-worker", "nobody")),
    "language": ("nl", "de", "", ("nl", "")),
    "language_in": (("nl",), ("nl", "de"), ("", "fr")),
    "region_in": (("Rivierenhoek",), ("Eifelgau", "Rivierenhoek"), ""),
    "province_in": ("Zandland", ("Zandland", ""), "Zeeland"),
    "municipality": ("Zilverdrecht", "GM9001", ("Ginsterrath", "Elders"), "99000101"),
    "organisation_kind": ("municipality", ("association", "")),
    "country": ("NL", ("DE", "NL")),
    "address_kind": ("personal", "role", ("personal", "role")),
    "attribute": ("sector=youth", "sector=", ("zaal=3", "sector=youth")),
    "subscribed_to": (TOPIC, "tracking", ("care", "nothing")),
    "consent_since": (f"{TOPIC}=2026-01-31", ("care=2026-06-30", "tracking=2026-01-31")),
    "consent_before": (f"{TOPIC}=2026-01-31", ("care=2026-06-30", "nothing=2026-06-30")),
    "basis": (f"{TOPIC}=membership", ("care=published", f"{TOPIC}=consent")),
    **dict.fromkeys(("received", "opened", "clicked", "not_opened", "not_clicked"), WAVE_NAMES),
    "received_any_since": ("2026-10-31", ("2026-01-31", "2026-11-14")),
    "written_to_within": (1, 3, 14, 39),
    "not_written_to_within": (1, 3, 14, 39),
    **dict.fromkeys(("submitted", "not_submitted", "registered", "waiting", "not_registered"), CALL_NAMES),
    "submitted_after": ("nominate=2026-01-31", ("symposium=2026-06-30", "nominate=2026-06-30")),
    "submitted_before": ("nominate=2026-01-31", ("symposium=2026-06-30", "nominate=2026-06-30")),
    "submitted_within": ("nominate=3", "nominate=4", ("symposium=2", "nominate=4")),
    "joined_before": DAYS,
    "joined_after": (*DAYS, DAYS),
    "joined_within": (1, 7, 8, 9),
}

TERMS = st.sampled_from([Term(name, argument) for name, choices in ARGUMENTS.items() for argument in choices])
TREES = st.recursive(
    TERMS,
    lambda rules: st.builds(Group, st.sampled_from(Join), st.lists(rules, max_size=3).map(tuple)),
    max_leaves=8,
)
SEGMENTS = st.builds(
    Segment,
    st.just("law"),
    st.just({"nl": "Wet"}),
    st.builds(Group, st.sampled_from(Join), st.lists(TREES, max_size=3).map(tuple)),
    one_per=st.sampled_from([None, None, "organisation"]),
    prefer=st.lists(st.sampled_from(Preference), unique=True, min_size=1).map(tuple),
    at_most_per_organisation=st.sampled_from([None, None, 2]),
    at_most=st.sampled_from([None, None, 1, 5]),
)

KIND: Mapping[Preference, Callable[[Citizen], bool]] = {
    Preference.NAMED: lambda it: it.soul.kind == "personal" and bool(it.soul.first_name or it.soul.last_name),
    Preference.ROLE: lambda it: it.soul.kind is AddressKind.ROLE,
    Preference.UNNAMED: lambda it: it.soul.kind == "personal" and not (it.soul.first_name or it.soul.last_name),
}


def means(term: Term, citizen: Citizen) -> bool:
    argument = (term.argument,) if isinstance(term.argument, str) else term.argument
    return MEANING[term.predicate](citizen, argument)


def holds(rule: Group | Term, citizen: Citizen) -> bool:
    if isinstance(rule, Term):
        return means(rule, citizen)
    each = [holds(part, citizen) for part in rule.rules]
    return {Join.ALL: all(each), Join.ANY: any(each), Join.NONE: not any(each)}[rule.join]


def too_soon(citizen: Citizen) -> bool:
    days = {Frequency.WEEKLY: 7, Frequency.MONTHLY: 30}.get(citizen.frequency or Frequency.EVERY, 0)
    return bool(days) and written_within(citizen, days)


def able(citizen: Citizen) -> bool:
    return not citizen.soul.suppressed and citizen.soul.agrees_to(TOPIC) and not too_soon(citizen)


def chosen(segment: Segment, citizens: tuple[Citizen, ...]) -> list[str]:
    taken = [citizen for citizen in citizens if holds(segment.rule, citizen) and able(citizen)]
    most = 1 if segment.one_per else segment.at_most_per_organisation
    if most:
        of_each: dict[Any, list[Citizen]] = {}
        for citizen in sorted(taken, key=lambda it: place(segment, it)):
            of_each.setdefault(citizen.soul.organisation or citizen.soul.email, []).append(citizen)
        kept = [citizen for some in of_each.values() for citizen in some[:most]]
        taken = [citizen for citizen in citizens if citizen in kept]
    return sorted(citizen.soul.email for citizen in taken[: segment.at_most])


def place(segment: Segment, citizen: Citizen) -> int:
    places = [at for at, preference in enumerate(segment.prefer) if KIND[preference](citizen)]
    return places[0] if places else len(segment.prefer)


def test_the_law_is_about_every_predicate():
    assert set(MEANING) == set(ARGUMENTS) == set(PREDICATES)


def test_every_tree_of_rules_chooses_whom_it_says(sessions: Sessions):
    citizens = crowd(Random(3))
    with sessions.begin() as session:
        settle(session, citizens)

    with sessions() as session:

        @settings(max_examples=40, deadline=None)
        @given(segment=SEGMENTS)
        def law(segment: Segment) -> None:
            rows = session.execute(queries.recipients(segment, topic=TOPIC, now=NOON)).all()
            expected = chosen(segment, citizens)

            assert sorted(row.email for row in rows) == expected
            let_in = [citizen for citizen in citizens if holds(segment.rule, citizen)]
            out = queries.left_out(session, [segment], topic=TOPIC, now=NOON)
            assert sum(out.values()) == len(let_in) - len(expected)
            assert out.get("suppressed", 0) == sum(citizen.soul.suppressed for citizen in let_in)
            assert out.get(ANOTHER_ADDRESS, 0) + out.get(BEYOND_THE_CAP, 0) == sum(map(able, let_in)) - len(expected)

        law()


def test_every_single_predicate_is_true_of_whom_it_says(sessions: Sessions):
    citizens = crowd(Random(5))
    asked = [Term(name, argument) for name, choices in ARGUMENTS.items() for argument in choices]
    segment = Segment("law", {}, Group(Join.ANY, tuple(asked)))
    with sessions.begin() as session:
        ids = settle(session, citizens)

        judged = person.judged(session, segment, ids.values(), NOON)

    found = {id_: [part.holds for part in judged[id_].parts] for id_ in ids.values()}
    assert found == {ids[it.soul.email]: [means(term, it) for term in asked] for it in citizens}


def test_whom_planning_leaves_out_for_their_wish_is_told_so_and_nobody_else(sessions: Sessions):
    """Whatever a mail and its batch say, in a wave that goes on and in one that was cancelled half-way."""
    mails = product(("autumn/news", "spring/call"), (None, *Status), BatchState)
    citizens = crowd(Random(11), 10) + tuple(
        Citizen(Soul(f"monthly{at}@example.org"), Frequency.MONTHLY, {wave: Got(status, batch)})
        for at, (wave, status, batch) in enumerate(mails)
    )
    with sessions.begin() as session:
        ids = settle(session, citizens)
        people = {email: person.by_id(session, id_) for email, id_ in ids.items()}

        told = {
            email: person.wish(session, who, NOON, apart_from=None, frozen=False).too_soon
            for email, who in people.items()
            if who is not None
        }
        left_out = session.scalars(select(ContactRow.email).where(or_(*selection.too_soon(NOON).values()))).all()

    assert told == {citizen.soul.email: too_soon(citizen) for citizen in citizens}
    assert sorted(left_out) == sorted(email for email, soon in told.items() if soon)


def test_the_forgotten_and_the_suppressed_are_in_no_segment_ever(sessions: Sessions):
    citizens = crowd(Random(7))
    with sessions.begin() as session:
        ids = settle(session, citizens)
        forgotten = [ids[citizen.soul.email] for citizen in citizens[::2]]
        session.execute(delete(ContactRow).where(ContactRow.id.in_(forgotten)))
    unwritable = {citizen.soul.email for at, citizen in enumerate(citizens) if at % 2 == 0 or citizen.soul.suppressed}

    with sessions() as session:
        assert session.scalar(select(ContactRow.id).where(ContactRow.id.in_(forgotten))) is None

        @settings(max_examples=10, deadline=None)
        @given(segment=SEGMENTS)
        def law(segment: Segment) -> None:
            rows = session.execute(queries.recipients(segment, topic=TOPIC, now=NOON)).all()
            assert unwritable.isdisjoint(row.email for row in rows)

        law()


@settings(max_examples=60, deadline=None)
@given(rule=TREES, chance=st.randoms(use_true_random=False))
def test_what_decides_a_rule_decides_it_whatever_the_rest(rule: Group | Term, chance: Random):
    truth = {term: chance.random() < 0.5 for term in terms(rule)}
    judged = judge(rule, truth)
    decisive = {each.rule: each.holds for each in grounds(judged)}

    assert decisive.items() <= truth.items()
    otherwise = {term: decisive.get(term, not holds_) for term, holds_ in truth.items()}
    assert judge(rule, otherwise).holds is judged.holds


def test_days_are_of_the_calendar():
    assert [within(ago(days) + timedelta(hours=hours), 7) for days, hours in ((6, -12), (7, 11), (7, 12))] == [
        True,
        False,
        True,
    ]
