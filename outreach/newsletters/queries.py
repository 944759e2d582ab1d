"""The issues of newsletters: which came last, what they told, and where the next one stands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from outreach.model.newsletter import Draft, Issue
from outreach.model.wave import WaveState
from outreach.newsletters.rules import Told
from outreach.store.tables import IssueRow, WaveRow

WENT = (WaveState.APPROVED, WaveState.SENDING, WaveState.PAUSED, WaveState.SENT)
"""Issues that are told, or are about to be. What was rejected, or cancelled on its way, was not."""

WAITING = (WaveState.DRAFT, WaveState.PLANNED)

MOST_ISSUES = 500
"""How many issues are remembered; calendars are read 400 days ahead, and no newsletter comes more often than daily."""

_DRAFTS = TypeAdapter(Draft)


@dataclass(frozen=True, slots=True)
class Before:
    """What was told by the issues before: *until* is when the last one was gathered, None where there is none.

    *told* is by audience.
    """

    until: datetime | None
    told: Mapping[str, Told]

    def of(self, audience: str) -> Told:
        """Return what *audience* was told."""
        return self.told.get(audience, Told())


def issue(session: Session, wave_id: int) -> Issue | None:
    """Return the issue that a wave is, if it is one."""
    row = session.get(IssueRow, wave_id)
    return _issue(row) if row else None


def of_run(session: Session, newsletter: str, run: str) -> Issue | None:
    """Return the issue that *run* planned, unless another run has taken it over."""
    row = session.scalar(_issues(newsletter).where(IssueRow.run == run))
    return _issue(row) if row else None


def before(session: Session, newsletter: str, number: int) -> Before:
    """Return what issues before *number* told."""
    went = _issues(newsletter).where(IssueRow.number < number, WaveRow.state.in_(WENT))
    rows = session.scalars(went.limit(MOST_ISSUES)).all()
    items: dict[str, set[str]] = {}
    removed: dict[str, set[str]] = {}
    for part in (part for row in rows for part in _DRAFTS.validate_python(row.changes).parts):
        for audience in part.audiences:
            items.setdefault(audience, set()).update(item.key for item in part.items if part.new)
            removed.setdefault(audience, set()).update(item.key for item in part.left_out)
    told = {audience: Told(frozenset(keys), frozenset(removed[audience])) for audience, keys in items.items()}
    return Before(rows[0].until if rows else None, told)


def number_for(session: Session, newsletter: str) -> int:
    """Return the number of the issue to be planned: that of the last one, while it waits or was rejected."""
    last = session.scalar(_issues(newsletter))
    if last is None:
        return 1
    waits = session.get_one(WaveRow, last.wave_id).state in WAITING
    return last.number if waits else last.number + 1


def keep(session: Session, issue: Issue) -> None:
    """Write an issue down, in place of how it was before."""
    row = asdict(issue)
    del row["draft"]
    session.merge(IssueRow(**row, changes=_dumped(issue.draft)))


def _issues(newsletter: str) -> Select[tuple[IssueRow]]:
    """Every issue, the newest first."""
    of_wave = select(IssueRow).join(WaveRow, WaveRow.id == IssueRow.wave_id)
    return of_wave.where(IssueRow.newsletter == newsletter).order_by(IssueRow.number.desc())


def _issue(row: IssueRow) -> Issue:
    return Issue(
        wave_id=row.wave_id,
        newsletter=row.newsletter,
        number=row.number,
        run=row.run,
        until=row.until,
        draft=_DRAFTS.validate_python(row.changes),
    )


def _dumped(draft: Draft) -> dict[str, Any]:
    dumped: dict[str, Any] = _DRAFTS.dump_python(draft, mode="json")
    return dumped
