"""The marks that every part of the ledger makes: a batch's state, an attempt's end, figures, the end of the line."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.delivery.queries import statements
from outreach.model.delivery import Attempt
from outreach.model.mail import Receipt
from outreach.model.report import Cell, Figure
from outreach.model.wave import BatchState, Status
from outreach.store.counters import count
from outreach.store.dialects import inserting
from outreach.store.tables import AttemptRow, BatchRow, DeliveryRow

Figures = Counter[tuple[int, Cell, Figure]]


def hold(session: Session, batch_id: int) -> None:
    """Take the batch before its attempts and deliveries, as whoever forgets somebody does."""
    session.execute(statements.HOLD, {"the_batch": batch_id})


def sayable(session: Session, batch_id: int, why: str) -> str:
    """Return what may be kept of an API's words: they may quote an address that was forgotten during the call."""
    hold(session, batch_id)
    people = select(DeliveryRow.email).where(DeliveryRow.batch_id == batch_id).order_by(DeliveryRow.id)
    return why if all(session.scalars(people.with_for_update(read=True))) else ""


def settle(
    session: Session,
    batch_id: int,
    state: BatchState,
    detail: str,
    at: datetime | None,
    *,
    lease: datetime | None = None,
    among: Sequence[BatchState] = (BatchState.SENDING, BatchState.UNKNOWN),
) -> bool:
    """Move a batch on; False where it is in none of *among*, or, with a *lease*, where another holds it by now."""
    change = {"the_batch": batch_id, "state": state, "detail": detail, "settled_at": at}
    held = {"among": among} if lease is None else {"the_lease": lease}
    changed = session.execute(statements.SETTLE if lease is None else statements.SETTLE_HELD, change | held)
    return changed.first() is not None


def end(session: Session, attempt: Attempt, outcome: str, detail: str, now: datetime) -> None:
    """Write down how an attempt ended."""
    session.execute(
        update(AttemptRow).where(AttemptRow.id == attempt.id).values(outcome=outcome, detail=detail, ended_at=now)
    )


def answer(person: DeliveryRow, receipt: Receipt) -> tuple[int, Cell, Figure]:
    """Write one person's answer down; return what it counts as. Whom a report was faster for is not among them."""
    why = receipt.refused or receipt.later
    if why:
        person.status, person.detail = Status.REFUSED, why if person.email else None
    return person.wave_id, Cell(person.audience, person.variant), Figure.REFUSED if why else Figure.ACCEPTED


def count_all(session: Session, figures: Figures) -> None:
    """Add figures to their waves' counters, always in the same order."""

    def order(of: tuple[int, Cell, Figure]) -> tuple[int, str, str, str]:
        wave_id, cell, figure = of
        return wave_id, cell.audience, cell.variant, figure

    for wave_id, cell, figure in sorted(figures, key=order):
        count(session, wave_id, cell, {figure: figures[wave_id, cell, figure]})


def last_in_line(session: Session, wave_id: int, message_id: int, size: int, why: str = "", **like: str) -> int:
    """Put an empty batch at the end of a wave's line, with the part, zone and domain of *like*; return its id.

    Lanes may do so side by side: who meets a number that another has just given waits for the other's transaction.
    """
    row = {"wave_id": wave_id, "message_id": message_id, "size": size, "state": BatchState.PLANNED, "detail": why}
    row |= like
    while True:
        last = session.scalar(select(func.max(BatchRow.number)).where(BatchRow.wave_id == wave_id)) or 0
        new = inserting(session, BatchRow).values(row | {"number": last + 1})
        made = session.scalar(new.on_conflict_do_nothing(index_elements=["wave_id", "number"]).returning(BatchRow.id))
        if made is not None:
            return int(made)


def line_up(session: Session, batch: BatchRow, people: Sequence[DeliveryRow], why: str) -> BatchRow:
    """Put *people* of a batch into one of their own, at the end of the line."""
    like = {"part": batch.part, "zone": batch.zone, "domain": batch.domain}
    rest = session.get_one(BatchRow, last_in_line(session, batch.wave_id, batch.message_id, len(people), why, **like))
    batch.size -= len(people)
    for person in people:
        person.batch_id = rest.id
    return rest
