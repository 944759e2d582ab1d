"""Days as segments write them. A day begins at midnight UTC, whatever the hour at which somebody counts."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import or_

from outreach.audience.predicates.vocabulary import Clause, Listed


def midnight(day: str) -> datetime:
    """Return when *day* begins."""
    try:
        parsed = date.fromisoformat(day.strip())
    except ValueError:
        raise ValueError('write a day such as "2026-01-31"') from None
    return datetime.combine(parsed, time(), UTC)


def days_before(days: int, now: datetime) -> datetime:
    """Return since when something was less than *days* days ago by the calendar: 1 is today, 7 a week.

    Days of the calendar, so that what goes out every Friday is seven days apart, though an hour earlier this time.
    """
    return datetime.combine(now.astimezone(UTC).date() - timedelta(days=days - 1), time(), UTC)


def one_of_pairs(pairs: Listed, condition: Callable[[str, str], Clause], wanted: str) -> Clause:
    """Return the condition on one of *pairs*, each written `name=value`; *wanted* tells how, where it is not."""
    return or_(*(condition(*_parted(pair, wanted)) for pair in pairs))


def _parted(pair: str, wanted: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in pair.partition("="))
    if not equals or not name:
        raise ValueError(f'write "{wanted}"')
    return name, value
