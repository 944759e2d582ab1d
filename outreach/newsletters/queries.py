"""The issues of newsletters: which came last, what they told, and where the next one stands."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from outreach.model.newsletter import Draft, Issue
from outreach.model.wave import ON_ITS_WAY, WRITTEN_TO, WaveState
from outreach.newsletters.rules import Told
from outreach.store.tables import BatchRow, DeliveryRow, IssueRow, WaveRow

WENT = (WaveState.APPROVED, WaveState.SENDING, WaveState.PAUSED, WaveState.SENT)
"""Issues that are told, or are about to be. What was rejected was not; of what was cancelled, what went out by then."""

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
    ended = _issues(newsletter).where(IssueRow.number < number, WaveRow.state.in_((*WENT, WaveState.CANCELLED)))
    last: datetime | None = None
    items: dict[str, set[str]] = defaultdict(set)
    removed: dict[str, set[str]] = defaultdict(set)
    for row, state in session.execute(ended.add_columns(WaveRow.state).limit(MOST_ISSUES)):
        one = _issue(row)
        readers = one.draft.audiences if state in WENT else _reached(session, one.wave_id)
        last = last or (one.until if readers else None)
        for part in one.draft.parts:
            for audience in readers.intersection(part.audiences):
                items[audience].update(item.key for item in part.items if part.new)
                removed[audience].update(item.key for item in part.left_out)
    told = {audience: Told(frozenset(keys), frozenset(removed[audience])) for audience, keys in items.items()}
    return Before(last, told)


def lost_by(session: Session, newsletter: str, run: str) -> Issue | None:
    """Return the issue that *run* planned, and that another run has taken over."""
    rows = session.scalars(_issues(newsletter).limit(MOST_ISSUES))
    return next((one for one in map(_issue, rows) if run in one.draft.former), None)


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


def _reached(session: Session, wave_id: int) -> frozenset[str]:
    """Return the audiences of which somebody was written to, or may have been."""
    went = or_(BatchRow.state.in_(ON_ITS_WAY), DeliveryRow.status.in_(WRITTEN_TO))
    of_wave = select(DeliveryRow.audience).join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
    return frozenset(session.scalars(of_wave.where(BatchRow.wave_id == wave_id, went).distinct()))


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
