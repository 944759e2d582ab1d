"""How many people every rule of a segment holds for, so that a person sees which one empties an audience."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import and_, func, not_, select, true
from sqlalchemy.orm import Session

from outreach.audience.predicates import Clause
from outreach.audience.queries.conditions import condition
from outreach.model.segment import Group, Join, Segment, Tallied, Term
from outreach.store.tables import ContactRow

Path = tuple[int, ...]
"""Where a rule stands in its tree; `PASSED` after it asks how many pass it and all before it."""

PASSED = -1


def tally(session: Session, segment: Segment, now: datetime) -> Tallied:
    """Return the segment's rules with their numbers; suppression and consent do not matter yet."""
    asked = dict(_asked(segment.name, segment.rule, now, ()))
    everybody = select(func.count()).select_from(ContactRow)
    numbers = session.execute(select(*(everybody.where(each).scalar_subquery() for each in asked.values()))).one()
    return _tree(segment.rule, dict(zip(asked, numbers, strict=True)), ())


def _asked(where: str, rule: Group | Term, now: datetime, at: Path) -> Iterator[tuple[Path, Clause]]:
    yield at, condition(where, rule, now)
    if isinstance(rule, Term):
        return
    passed: Clause = true()
    for number, part in enumerate(rule.rules):
        yield from _asked(where, part, now, (*at, number))
        if rule.join is not Join.ANY:
            holds = condition(where, part, now)
            passed = and_(passed, not_(holds) if rule.join is Join.NONE else holds)
            yield (*at, number, PASSED), passed


def _tree(rule: Group | Term, numbers: Mapping[Path, int], at: Path) -> Tallied:
    parts = () if isinstance(rule, Term) else enumerate(rule.rules)
    return Tallied(
        rule=rule,
        people=numbers[at],
        left=numbers.get((*at, PASSED)),
        parts=tuple(_tree(part, numbers, (*at, number)) for number, part in parts),
    )
