"""What a person may decide of mails that failed, or of which nobody can tell whether they went."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.delivery.queries.ledger import count_all, line_up
from outreach.model.report import Cell, Figure
from outreach.model.wave import BatchState, Status
from outreach.store.changes import change
from outreach.store.tables import AttemptRow, BatchRow, DeliveryRow


@dataclass(frozen=True, slots=True)
class UnknownCall:
    """A call without a usable answer: how many people are in it whom no report has settled, and why."""

    batch_id: int
    number: int
    people: int
    provider: str
    at: datetime | None
    why: str


def unknown_calls(session: Session, wave_id: int) -> list[UnknownCall]:
    """Return the wave's unknown calls, in order."""
    batches = session.scalars(
        select(BatchRow)
        .where(BatchRow.wave_id == wave_id, BatchRow.state == BatchState.UNKNOWN)
        .order_by(BatchRow.number)
    )
    return [_unknown(session, batch) for batch in batches]


def refusals(session: Session, wave_id: int) -> list[tuple[str, int]]:
    """Return why people of the wave were refused, with how many, the commonest first."""
    of_batches = (
        select(BatchRow.detail, func.count())
        .join(DeliveryRow, DeliveryRow.batch_id == BatchRow.id)
        .where(BatchRow.wave_id == wave_id, BatchRow.state == BatchState.REFUSED, DeliveryRow.status.is_(None))
        .where(DeliveryRow.email != "")
        .group_by(BatchRow.detail)
    )
    single = (
        select(DeliveryRow.detail, func.count())
        .where(DeliveryRow.wave_id == wave_id, DeliveryRow.status == Status.REFUSED, DeliveryRow.email != "")
        .group_by(DeliveryRow.detail)
    )
    found: Counter[str] = Counter()
    for rows in (of_batches, single):
        for why, people in session.execute(rows).tuples():
            found[why or ""] += people
    return found.most_common()


def newest_attempt(session: Session, wave_id: int) -> int:
    """Return the number of the wave's newest call, 0 before the first: it tells whether anything was tried since."""
    calls = select(func.max(AttemptRow.id)).join(BatchRow, BatchRow.id == AttemptRow.batch_id)
    return session.scalar(calls.where(BatchRow.wave_id == wave_id)) or 0


def count_as_sent(session: Session, batch_id: int, by: str, now: datetime) -> int:
    """Let a person's word settle an unknown call as taken; return how many people that is."""
    if not _decided(session, batch_id, BatchState.ACCEPTED, f"counted as sent by {by}", now):
        return 0
    return _count_open(session, batch_id, Figure.ACCEPTED)


def line_up_unknown(session: Session, batch_id: int, by: str) -> int:
    """Let a person have an unknown call made anew, which may write to people twice; return how many people that is."""
    if not _decided(session, batch_id, BatchState.PLANNED, f"to be sent again, by {by}", None):
        return 0
    return _open_people(session, batch_id)


def line_up_failed(session: Session, wave_id: int, by: str) -> int:
    """Put everybody whom the provider refused in the line again, and nobody else; return how many people that is.

    Batches refused as a whole are opened again; single people are put into batches of their own. Who bounced or
    complained is not among them: the address, not the call, was at fault.
    """
    lined_up = 0
    refused = select(BatchRow.id).where(BatchRow.wave_id == wave_id, BatchRow.state == BatchState.REFUSED)
    for batch_id in session.scalars(refused.order_by(BatchRow.number).with_for_update()).all():
        reopened = update(BatchRow).where(BatchRow.id == batch_id).values(
            state=BatchState.PLANNED, detail=f"to be sent again, by {by}", settled_at=None, tries=0, not_before=None
        )  # fmt: skip
        change(session, reopened)
        _count_open(session, batch_id, Figure.REFUSED, by=-1)
        lined_up += _open_people(session, batch_id)
    return lined_up + _line_up_single(session, wave_id, by)


def _line_up_single(session: Session, wave_id: int, by: str) -> int:
    answered = select(BatchRow.id).where(  # whose answer is awaited must stay as it went out
        BatchRow.wave_id == wave_id, BatchRow.state.in_((BatchState.ACCEPTED, BatchState.REFUSED))
    )
    people = session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.wave_id == wave_id, DeliveryRow.status == Status.REFUSED, DeliveryRow.email != "")
        .where(DeliveryRow.batch_id.in_(answered))
        .order_by(DeliveryRow.batch_id, DeliveryRow.id)
        .with_for_update()
    ).all()
    of_batch: dict[int, list[DeliveryRow]] = {}
    for person in people:
        if person.batch_id is not None:
            of_batch.setdefault(person.batch_id, []).append(person)
    for batch_id, refused in of_batch.items():
        _take_back(session, refused)
        line_up(session, session.get_one(BatchRow, batch_id), refused, f"refused at first; to be sent again, by {by}")
    session.flush()
    return len(people)


def _take_back(session: Session, refused: Sequence[DeliveryRow]) -> None:
    figures = Counter((person.wave_id, Cell(person.audience, person.variant), Figure.REFUSED) for person in refused)
    for person in refused:
        person.status, person.detail = None, None
    session.flush()
    count_all(session, Counter({key: -by for key, by in figures.items()}))


def _unknown(session: Session, batch: BatchRow) -> UnknownCall:
    newest = session.scalar(
        select(AttemptRow).where(AttemptRow.batch_id == batch.id).order_by(AttemptRow.number.desc()).limit(1)
    )
    return UnknownCall(
        batch_id=batch.id,
        number=batch.number,
        people=_open_people(session, batch.id),
        provider=newest.provider if newest else "",
        at=newest.started_at if newest else None,
        why=batch.detail,
    )


def _decided(session: Session, batch_id: int, state: BatchState, detail: str, at: datetime | None) -> bool:
    changed = update(BatchRow).where(BatchRow.id == batch_id, BatchRow.state == BatchState.UNKNOWN)
    return change(session, changed.values(state=state, detail=detail, settled_at=at, lease_until=None)) == 1


def _open_people(session: Session, batch_id: int) -> int:
    rows = select(func.count()).select_from(DeliveryRow)
    there = (DeliveryRow.batch_id == batch_id, DeliveryRow.status.is_(None), DeliveryRow.email != "")
    return session.scalar(rows.where(*there)) or 0


def _count_open(session: Session, batch_id: int, figure: Figure, by: int = 1) -> int:
    rows = session.execute(
        select(DeliveryRow.wave_id, DeliveryRow.audience, DeliveryRow.variant, func.count())
        .where(DeliveryRow.batch_id == batch_id, DeliveryRow.status.is_(None))
        .group_by(DeliveryRow.wave_id, DeliveryRow.audience, DeliveryRow.variant)
    ).tuples()
    figures = Counter({(wave, Cell(audience, variant), figure): size * by for wave, audience, variant, size in rows})
    count_all(session, figures)
    return abs(figures.total())
