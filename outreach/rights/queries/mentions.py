"""Texts of others in which a forgotten address may stand; it is taken out of them, and the rest of the text stays."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.rights.addresses import all_spellings, in_json, without
from outreach.store.changes import change
from outreach.store.tables import ApprovalRow, AttemptRow, BatchRow, ContactRow, SubmissionRow

Place = tuple[type[Any], InstrumentedAttribute[Any]]

CALLS: tuple[Place, ...] = ((BatchRow, BatchRow.detail), (AttemptRow, AttemptRow.detail))
"""What an email API said of a call; batches are locked before deliveries, so these are held first."""

PLACES: tuple[Place, ...] = (
    (ApprovalRow, ApprovalRow.note),
    (ContactRow, ContactRow.attributes),
    (SubmissionRow, SubmissionRow.answers),
)
"""What staff note, what a file says further of somebody, what people answer."""


def hold_calls(session: Session, addresses: Sequence[str]) -> None:
    """Keep other writers from what was said of calls with one of *addresses* in it: batches, then attempts."""
    for table, column in CALLS:
        session.execute(_with(table, column, all_spellings(addresses))).all()


def take_out(session: Session, addresses: Sequence[str], before: datetime | None = None) -> int:
    """Take *addresses* out of every place, answers given after *before* excepted; return how many rows had one."""
    written = all_spellings(addresses)
    places = (*CALLS, *PLACES)
    return sum(_take_out(session, *place, written, before) for place in places) + _folds(session, written, before)


def _take_out(
    session: Session,
    table: type[Any],
    column: InstrumentedAttribute[Any],
    written: Sequence[str],
    before: datetime | None,
) -> int:
    changed = 0
    for id_, value in session.execute(_with(table, column, written, before)).tuples().all():
        cleaned = _without(value, written)
        if cleaned != value:
            statement = update(table).where(table.id == id_).values({column: cleaned})
            changed += change(session, statement)
    return changed


def _folds(session: Session, written: Sequence[str], before: datetime | None) -> int:
    """Take the addresses out of the values under which answers count as one: two that were one stay one."""
    rows = session.execute(_with(SubmissionRow, SubmissionRow.fold, written, before)).tuples().all()
    named = [(id_, fold) for id_, fold in rows if _without(fold, written) != fold]
    firsts: dict[str, int] = {}
    for id_, fold in named:
        hidden = f"forgotten {firsts.setdefault(fold, id_)}"
        statement = update(SubmissionRow).where(SubmissionRow.id == id_).values(fold=hidden)
        change(session, statement)
    return len(named)


def _with(
    table: type[Any], column: InstrumentedAttribute[Any], written: Sequence[str], before: datetime | None = None
) -> Any:
    text = func.lower(cast(column, Text))
    forms = dict.fromkeys(form for spelling in written for form in (spelling, in_json(spelling)))
    stands = or_(*(text.contains(form, autoescape=True) for form in forms))
    found = select(table.id, column).where(stands).order_by(table.id)
    if before is not None and table is SubmissionRow:
        found = found.where(SubmissionRow.at <= before)
    return found.with_for_update()


def _without(value: Any, written: Sequence[str]) -> Any:
    """Return a text or a JSON value without the addresses."""
    if isinstance(value, str):
        return without(value, written)
    if isinstance(value, list):
        return [_without(each, written) for each in value]
    if isinstance(value, dict):
        return {without(str(name), written): _without(each, written) for name, each in value.items()}
    return value
