"""What can be asked about answers to calls; a call is named by the last part of its address (`/calls/nominate`)."""

from datetime import datetime

from sqlalchemy import exists, select

from outreach.audience.predicates.days import days_before, midnight, one_of_pairs
from outreach.audience.predicates.vocabulary import MOST_DAYS, Clause, Listed, Named, predicate
from outreach.model.campaign import Standing
from outreach.store.tables import CallRow, ContactRow, SubmissionRow


@predicate("has answered the call {}", example="nominate", of=Named.CALL)
def submitted(calls: Listed) -> Clause:
    """Has answered this call, by the last part of its address (`/calls/nominate`); of a list, one of them."""
    return _answered(calls)


@predicate("has not answered the call {}", example="nominate", of=Named.CALL)
def not_submitted(calls: Listed) -> Clause:
    """Has not answered this call; of a list, none of them."""
    return ~submitted(calls)


@predicate("has a place in {}", example="symposium", of=Named.CALL)
def registered(calls: Listed) -> Clause:
    """Has a place in this call, which has a capacity."""
    return _answered(calls, SubmissionRow.standing == Standing.REGISTERED)


@predicate("is on the waiting list of {}", example="symposium", of=Named.CALL)
def waiting(calls: Listed) -> Clause:
    """Is on the waiting list of this call, which has a capacity."""
    return _answered(calls, SubmissionRow.standing == Standing.WAITING)


@predicate("has no place in {}", example="symposium", of=Named.CALL)
def not_registered(calls: Listed) -> Clause:
    """Has no place in this call, be it for want of an answer or for being on the waiting list."""
    return ~registered(calls)


@predicate("answered {} (call=day) or later", example="nominate=2026-01-31", of=Named.CALL, pair=True)
def submitted_after(pairs: Listed) -> Clause:
    """Has answered this call on this day or later: `call=2026-01-31`."""
    return one_of_pairs(
        pairs, lambda call, day: _answered((call,), SubmissionRow.at >= midnight(day)), "call=2026-01-31"
    )


@predicate("answered before {} (call=day)", example="nominate=2026-01-31", of=Named.CALL, pair=True)
def submitted_before(pairs: Listed) -> Clause:
    """Has answered this call before this day: `call=2026-01-31`."""
    return one_of_pairs(
        pairs, lambda call, day: _answered((call,), SubmissionRow.at < midnight(day)), "call=2026-01-31"
    )


@predicate("answered less than {} (call=days) days ago", example="nominate=14", of=Named.CALL, pair=True)
def submitted_within(pairs: Listed, now: datetime) -> Clause:
    """Has answered this call less than so many days ago: `call=14`; 1 is today."""

    def lately(call: str, days: str) -> Clause:
        if not (days.isdecimal() and 1 <= int(days) <= MOST_DAYS):
            raise ValueError('write "call=14", a number of days from 1')
        return _answered((call,), SubmissionRow.at >= days_before(int(days), now))

    return one_of_pairs(pairs, lately, "call=14")


def _answered(calls: Listed, *conditions: Clause) -> Clause:
    those = select(CallRow.id).where(CallRow.slug.in_(calls)).correlate(None)
    return exists().where(SubmissionRow.contact_id == ContactRow.id, SubmissionRow.call_id.in_(those), *conditions)
