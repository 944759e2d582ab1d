"""What a person may decide of mails that failed, or of which nobody can tell whether they went."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.delivery.queries.ledger import Figures, count_all, line_up
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


def unknown_calls(session: Session, wave_id: int, *, hold: bool = False) -> list[UnknownCall]:
    """Return the wave's unknown calls, in order; to decide about them, *hold* them all before any figure is counted."""
    if hold:
        _hold(session, BatchRow.wave_id == wave_id, BatchRow.state == BatchState.UNKNOWN)
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
    whole = and_(BatchRow.wave_id == wave_id, BatchRow.state == BatchState.REFUSED)
    single = and_(  # whose answer is awaited must stay as it went out
        BatchRow.wave_id == wave_id,
        BatchRow.state == BatchState.ACCEPTED,
        BatchRow.id.in_(select(DeliveryRow.batch_id).where(_refused(wave_id))),
    )
    batches = _hold(session, or_(whole, single))
    lined_up, figures = _line_up_single(session, wave_id, batches, by)
    for batch_id in session.scalars(select(BatchRow.id).where(whole, BatchRow.id.in_(batches))).all():
        reopened = update(BatchRow).where(BatchRow.id == batch_id).values(
            state=BatchState.PLANNED, detail=f"to be sent again, by {by}", settled_at=None, tries=0, not_before=None
        )  # fmt: skip
        figures.subtract(_open_figures(session, batch_id, Figure.REFUSED))
        change(session, reopened)
        lined_up += _open_people(session, batch_id)
    count_all(session, figures)
    return lined_up


def _line_up_single(session: Session, wave_id: int, batches: Sequence[int], by: str) -> tuple[int, Figures]:
    """Give those who were refused by themselves batches of their own; return how many, and figures to be counted."""
    rows = select(DeliveryRow).where(_refused(wave_id), DeliveryRow.batch_id.in_(batches))
    people = session.scalars(rows.order_by(DeliveryRow.batch_id, DeliveryRow.id).with_for_update()).all()
    figures: Figures = Counter()
    for batch_id, group in groupby(people, key=lambda person: person.batch_id):
        refused = list(group)
        for person in refused:
            figures[person.wave_id, Cell(person.audience, person.variant), Figure.REFUSED] -= 1
            person.status, person.detail = None, None
        session.flush()
        line_up(session, session.get_one(BatchRow, batch_id), refused, f"refused at first; to be sent again, by {by}")
    session.flush()
    return len(people), figures


def _refused(wave_id: int) -> ColumnElement[bool]:
    """Return who was refused by themselves, and was not forgotten since."""
    return and_(DeliveryRow.wave_id == wave_id, DeliveryRow.status == Status.REFUSED, DeliveryRow.email != "")


def _hold(session: Session, *which: ColumnElement[bool]) -> Sequence[int]:
    """Take batches before their deliveries and any figure, in order of their numbers, as whoever reports on them does.

    Return them as they are by then.
    """
    rows = select(BatchRow.id).where(*which).order_by(BatchRow.id)
    return session.scalars(rows.with_for_update()).all()


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


def _count_open(session: Session, batch_id: int, figure: Figure) -> int:
    figures = _open_figures(session, batch_id, figure)
    count_all(session, figures)
    return figures.total()


def _open_figures(session: Session, batch_id: int, figure: Figure) -> Figures:
    rows = session.execute(
        select(DeliveryRow.wave_id, DeliveryRow.audience, DeliveryRow.variant, func.count())
        .where(DeliveryRow.batch_id == batch_id, DeliveryRow.status.is_(None))
        .group_by(DeliveryRow.wave_id, DeliveryRow.audience, DeliveryRow.variant)
    ).tuples()
    return Counter({(wave, Cell(audience, variant), figure): size for wave, audience, variant, size in rows})
