"""Whatever the rules, SQL chooses exactly whom plain Python chooses."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.audience import queries
from outreach.model.people import AddressKind, ConsentAct
from outreach.model.segment import Argument, Group, Join, Segment, Term
from outreach.store import Sessions
from tests.builders_people import TOPIC, Body, Soul, add

G, W = ConsentAct.GIVEN, ConsentAct.WITHDRAWN
BODIES = (
    None,
    None,
    Body("Zilverdrecht", "municipality", "Rivierenhoek", "NL"),
    Body("Ginsterrath", "municipality", "Eifelgau", "DE"),
    Body("Buurtkracht", "association", "", "NL"),
    Body("Naamloos"),
)
DAYS = ("2026-01-31", "2026-06-30")
JOINED = tuple(datetime(2026, month, day, 0, 0, tzinfo=UTC) for month, day in ((1, 30), (1, 31), (6, 30), (7, 1)))


def population(chance: Random) -> tuple[Soul, ...]:
    return tuple(
        Soul(
            f"p{number}@example.org",
            first_name=chance.choice(("", "Bo")),
            last_name=chance.choice(("", "Kade")),
            language=chance.choice((None, "nl", "de")),
            kind=chance.choice(tuple(AddressKind)),
            groups=chance.choice(((), ("member",), ("member", "social-worker"))),
            organisation=chance.choice(BODIES),
            attributes=chance.choice(({}, {"sector": "youth"}, {"sector": "care", "zaal": "3"})),
            acts={topic: chance.choice(((), (G,), (G, W), (G, W, G), (G,))) for topic in (TOPIC, "care")},
            suppressed=chance.random() < 0.2,
            joined=chance.choice(JOINED),
        )
        for number in range(40)
    )


def _attribute(soul: Soul, pair: str) -> bool:
    key, _, value = pair.partition("=")
    return soul.attributes.get(key, "") == value


MEANING: Mapping[str, Callable[[Soul, str], bool]] = {
    "group": lambda soul, name: name in soul.groups,
    "language": lambda soul, code: (soul.language or "") == code,
    "language_in": lambda soul, codes: (soul.language or "") in codes,
    "region_in": lambda soul, names: soul.organisation is not None and soul.organisation.region in names,
    "organisation_kind": lambda soul, kind: soul.organisation is not None and soul.organisation.kind == kind,
    "country": lambda soul, code: soul.organisation is not None and soul.organisation.country == code,
    "address_kind": lambda soul, kind: soul.kind == kind,
    "subscribed_to": lambda soul, topic: soul.agrees_to(topic),
    "attribute": _attribute,
    "received": lambda soul, wave: False,
    "not_submitted": lambda soul, call: True,
    "joined_before": lambda soul, day: soul.joined < datetime.fromisoformat(f"{day}T00:00+00:00"),
    "joined_after": lambda soul, day: soul.joined >= datetime.fromisoformat(f"{day}T00:00+00:00"),
}

ARGUMENTS: Mapping[str, tuple[Argument, ...]] = {
    "group": ("member", "social-worker", "nobody"),
    "language": ("nl", "de", ""),
    "language_in": (("nl",), ("nl", "de"), ("", "fr")),
    "region_in": (("Rivierenhoek",), ("Eifelgau", "Rivierenhoek"), ("",)),
    "organisation_kind": ("municipality", "association", ""),
    "country": ("NL", "DE"),
    "address_kind": ("personal", "role"),
    "subscribed_to": (TOPIC, "care", "nothing"),
    "attribute": ("sector=youth", "sector=", "zaal=3"),
    "received": ("workers/start",),
    "not_submitted": ("nominate",),
    "joined_before": DAYS,
    "joined_after": DAYS,
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
    st.sampled_from([None, "organisation"]),
)


def holds(rule: Group | Term, soul: Soul) -> bool:
    if isinstance(rule, Term):
        return MEANING[rule.predicate](soul, rule.argument)
    each = [holds(part, soul) for part in rule.rules]
    return {Join.ALL: all(each), Join.ANY: any(each), Join.NONE: not any(each)}[rule.join]


def chosen(segment: Segment, souls: tuple[Soul, ...]) -> list[Soul]:
    able = [s for s in souls if holds(segment.rule, s) and not s.suppressed and s.agrees_to(TOPIC)]
    if segment.one_per is None:
        return able
    best: dict[Body | str, Soul] = {}
    for soul in sorted(able, key=_rank):
        best.setdefault(soul.organisation or soul.email, soul)
    return list(best.values())


def _rank(soul: Soul) -> int:
    if soul.kind is AddressKind.PERSONAL and (soul.first_name or soul.last_name):
        return 0
    return 1 if soul.kind is AddressKind.ROLE else 2


def test_every_tree_of_rules_chooses_whom_it_says(sessions: Sessions):
    souls = population(Random(3))
    with sessions.begin() as session:
        add(session, *souls)

    with sessions() as session:

        @settings(max_examples=80, deadline=None)
        @given(segment=SEGMENTS)
        def law(segment: Segment) -> None:
            rows = session.execute(queries.recipients(segment, topic=TOPIC)).all()
            expected = chosen(segment, souls)
            let_in = [soul for soul in souls if holds(segment.rule, soul)]

            assert sorted(row.email for row in rows) == sorted(soul.email for soul in expected)
            assert queries.count(session, segment, topic=TOPIC) == len(expected)
            out = queries.left_out(session, [segment], topic=TOPIC)
            assert sum(out.values()) == len(let_in) - len(expected)
            assert out.get("suppressed", 0) == sum(soul.suppressed for soul in let_in)

        law()
