"""Days as segments write them. A day begins at midnight UTC, whatever the hour at which somebody counts."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

from sqlalchemy import or_

from outreach.audience.predicates.vocabulary import Clause, Listed
from outreach.model.dates import days_before

__all__ = ["days_before", "midnight", "one_of_pairs"]


def midnight(day: str) -> datetime:
    """Return when *day* begins."""
    try:
        parsed = date.fromisoformat(day.strip())
    except ValueError:
        raise ValueError('write a day such as "2026-01-31"') from None
    return datetime.combine(parsed, time(), UTC)


def one_of_pairs(pairs: Listed, condition: Callable[[str, str], Clause], wanted: str) -> Clause:
    """Return the condition on one of *pairs*, each written `name=value`; *wanted* tells how, where it is not."""
    return or_(*(condition(*_parted(pair, wanted)) for pair in pairs))


def _parted(pair: str, wanted: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in pair.partition("="))
    if not equals or not name:
        raise ValueError(f'write "{wanted}"')
    return name, value
