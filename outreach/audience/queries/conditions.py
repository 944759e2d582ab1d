"""Rules compiled to conditions on contacts, in the shape that a database answers quickly.

PostgreSQL joins `EXISTS` and `NOT EXISTS` only where all of them must hold. Inside an `OR` it looks each of them up for
every contact, and reckons so badly with it that the rest of the statement suffers. So what is denied is denied part by
part; and where one of many must hold, those that look into other tables become one set of contacts.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, false, not_, or_, select, true, union
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.sql.visitors import iterate

from outreach.audience.predicates import Clause, clause
from outreach.model.segment import Group, Join, Segment, Term
from outreach.store.tables import ContactRow


def rule(segment: Segment, now: datetime) -> Clause:
    """Return the segment's rules as one condition on contacts."""
    return condition(segment.name, segment.rule, now)


def condition(where: str, part: Group | Term, now: datetime) -> Clause:
    """Return a rule as one condition on contacts; errors begin with *where*."""
    if isinstance(part, Term):
        return clause(where, part, now)
    match part.join:
        case Join.ALL:
            return and_(true(), *(condition(where, each, now) for each in part.rules))
        case Join.ANY:
            return one_of(condition(where, each, now) for each in part.rules)
        case Join.NONE:
            return and_(true(), *(_denied(where, each, now) for each in part.rules))


def one_of(conditions: Iterable[Clause]) -> Clause:
    """Return that one of *conditions* holds at least."""
    parts = list(conditions)
    plain = [part for part in parts if not _looks_elsewhere(part)]
    looking = [part for part in parts if _looks_elsewhere(part)]
    if not looking or len(parts) == 1:
        return or_(false(), *parts)
    sets = [or_(*plain), *looking] if plain else looking
    return ContactRow.id.in_(union(*(select(ContactRow.id).where(each).correlate(None) for each in sets)))


def _denied(where: str, part: Group | Term, now: datetime) -> Clause:
    if isinstance(part, Term):
        return not_(clause(where, part, now))
    match part.join:
        case Join.ALL:
            return one_of(_denied(where, each, now) for each in part.rules)
        case Join.ANY:
            return and_(true(), *(_denied(where, each, now) for each in part.rules))
        case Join.NONE:
            return one_of(condition(where, each, now) for each in part.rules)


def _looks_elsewhere(part: Clause) -> bool:
    return any(isinstance(element, SelectBase) for element in iterate(part))
