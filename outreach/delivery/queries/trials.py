"""What came of the parts of a wave that go first, and letting the rest go."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from outreach.delivery.queries.settle import TAKEN
from outreach.model.trial import Part, Tally, ToGo, Trial, Trying, Verdict
from outreach.model.wave import ARRIVED, BatchState, Status, WaveState
from outreach.store.tables import BatchRow, DeliveryRow, MessageRow, WaveRow

TRIED = (Part.FIRST, Part.A, Part.B)


def standing(session: Session, wave_id: int) -> Trying | None:
    """Return how a wave's trial stands; None where it tries nothing."""
    brief = progress(session, wave_id)
    if brief is None:
        return None
    return replace(brief, tallies=_tallies(session, wave_id, brief.trial), subjects=_subjects(session, wave_id))


def progress(session: Session, wave_id: int) -> Trying | None:
    """Return how far a wave's trial is, without what came of it: that is read off deliveries, this off batches."""
    wave = session.get_one(WaveRow, wave_id)
    if not wave.trial:
        return None
    return Trying(
        trial=Trial.of(wave.trial),
        sizes=_sizes(session, wave_id),
        tallies={},
        subjects={},
        to_go=_to_go(session, wave_id),
        last=_last_settled(session, wave_id),
        ends=wave.trial_ends,
        verdict=Verdict.of(wave.verdict) if wave.verdict else None,
    )


def verdict(session: Session, wave_id: int) -> Verdict | None:
    """Return what was decided last."""
    stored = session.scalar(select(WaveRow.verdict).where(WaveRow.id == wave_id))
    return Verdict.of(stored) if stored else None


def waits(session: Session, wave_id: int) -> bool:
    """Return whether the wave is sending and its rest waits for what comes of the trial."""
    return session.scalar(_waiting().where(WaveRow.id == wave_id)) is not None


def waiting(session: Session) -> list[int]:
    """Return the waves that are sending and whose rest waits for what comes of the trial."""
    return list(session.scalars(_waiting().order_by(WaveRow.id)))


def begin_wait(session: Session, wave_id: int, ends: datetime) -> None:
    """Write down when it is looked at what came of the trial."""
    session.execute(update(WaveRow).where(WaveRow.id == wave_id).values(trial_ends=ends))


def keep(session: Session, wave_id: int, decided: Verdict) -> None:
    """Write down what was decided."""
    session.execute(update(WaveRow).where(WaveRow.id == wave_id).values(verdict=decided.stored()))


def let_go(session: Session, wave_id: int, part: Part, now: datetime) -> None:
    """Let the rest go from *now* on, in version b if that is *part*; who got which variant stays as it was planned."""
    values: dict[str, Any] = {"not_before": func.coalesce(BatchRow.not_before, literal(now, BatchRow.not_before.type))}
    if part is Part.B:
        values["message_id"] = _other_version()
    rest = and_(BatchRow.wave_id == wave_id, BatchRow.part == Part.REST, BatchRow.state == BatchState.PLANNED)
    change = update(BatchRow).where(rest).values(values)
    session.execute(change.execution_options(synchronize_session=False))
    session.execute(update(WaveRow).where(WaveRow.id == wave_id).values(released_at=now))


def _waiting() -> Any:
    rest = select(BatchRow.id).where(
        BatchRow.wave_id == WaveRow.id, BatchRow.part == Part.REST, BatchRow.state == BatchState.PLANNED
    )
    return select(WaveRow.id).where(
        WaveRow.state == WaveState.SENDING, WaveRow.released_at.is_(None), rest.correlate(WaveRow).exists()
    )


def _other_version() -> ColumnElement[int]:
    one, other = aliased(MessageRow), aliased(MessageRow)
    same = and_(other.wave_id == one.wave_id, other.audience == one.audience, other.variant == one.variant)
    found = select(other.id).join(one, same).where(one.id == BatchRow.message_id, other.version == Part.B)
    return found.correlate(BatchRow).scalar_subquery()


def _sizes(session: Session, wave_id: int) -> dict[Part, int]:
    rows = select(BatchRow.part, func.sum(BatchRow.size)).where(BatchRow.wave_id == wave_id).group_by(BatchRow.part)
    return {Part(part): int(size) for part, size in session.execute(rows).tuples()}


def _to_go(session: Session, wave_id: int) -> tuple[ToGo, ...]:
    """Return who of the parts that are tried did not go yet, and when they may.

    Whom the email API put off for now was tried: with a full mailbox they may be tried for hours more.
    """
    until = case((BatchRow.state == BatchState.PLANNED, BatchRow.not_before))
    open_ = or_(and_(BatchRow.state == BatchState.PLANNED, BatchRow.tries == 0), BatchRow.state == BatchState.SENDING)
    rows = select(BatchRow.part, func.sum(BatchRow.size), until).where(
        BatchRow.wave_id == wave_id, BatchRow.part.in_(TRIED), open_
    )
    people = session.execute(rows.group_by(BatchRow.part, until).order_by(BatchRow.part, until)).tuples()
    return tuple(ToGo(Part(part), int(size), waits) for part, size, waits in people)


def _last_settled(session: Session, wave_id: int) -> datetime | None:
    """Return when it was known of the last batch that is tried what became of it."""
    rows = select(func.max(BatchRow.settled_at))
    return session.scalar(rows.where(BatchRow.wave_id == wave_id, BatchRow.part.in_(TRIED)))


def _tallies(session: Session, wave_id: int, trial: Trial) -> dict[Part, Tally]:
    spoken = case((BatchRow.state == BatchState.ACCEPTED, Status.ACCEPTED.value), else_="")
    status = func.coalesce(DeliveryRow.status, spoken)
    clicked, opened = DeliveryRow.clicked_human_at.is_not(None), DeliveryRow.opened_human_at.is_not(None)
    reader = and_(DeliveryRow.tracked, or_(status.in_(ARRIVED), clicked, opened))
    counted = {
        "accepted": status.in_(TAKEN),
        "readers": reader,
        "opened": and_(reader, opened),
        "clicked": and_(reader, clicked),
        "bounced": status == Status.BOUNCED,
        "complained": status == Status.COMPLAINED,
        "refused": or_(status == Status.REFUSED, and_(status == "", BatchRow.state == BatchState.REFUSED)),
    }
    rows = (
        select(BatchRow.part, func.count(), *(func.count().filter(rule) for rule in counted.values()))
        .join(DeliveryRow, DeliveryRow.batch_id == BatchRow.id)
        .where(BatchRow.wave_id == wave_id, BatchRow.part.in_(TRIED))
        .group_by(BatchRow.part)
    )
    tallies = {
        Part(part): Tally(recipients, **dict(zip(counted, figures, strict=True)))
        for part, recipients, *figures in session.execute(rows)
    }
    late = _late_clicks(session, wave_id, trial.wait) if trial.versions else {}
    return {part: replace(tally, clicked=tally.clicked - late.get(part, 0)) for part, tally in tallies.items()}


def _late_clicks(session: Session, wave_id: int, wait: timedelta) -> Counter[Part]:
    """Return how many readers clicked later than *wait* after their mail went.

    Where our own limits let the mails of a trial go over days, those that went first have had longer to be clicked in.
    """
    rows = select(BatchRow.part, BatchRow.settled_at, DeliveryRow.clicked_human_at).join(
        DeliveryRow, DeliveryRow.batch_id == BatchRow.id
    )
    clicks = session.execute(
        rows.where(
            BatchRow.wave_id == wave_id,
            BatchRow.part.in_(TRIED),
            DeliveryRow.tracked,
            DeliveryRow.clicked_human_at > BatchRow.settled_at,
        )
    ).tuples()
    # subtracted here, as the databases do not add a length of time to a moment in the same way
    return Counter(Part(part) for part, settled, clicked in clicks if settled and clicked and clicked - settled > wait)


def _subjects(session: Session, wave_id: int) -> dict[Part, tuple[str, ...]]:
    """Return the subjects by tried part, of the mails in one language where there are such."""
    rows = (
        select(BatchRow.part, MessageRow.variant, MessageRow.subject)
        .join(MessageRow, MessageRow.id == BatchRow.message_id)
        .where(BatchRow.wave_id == wave_id, BatchRow.part.in_(TRIED))
        .order_by(MessageRow.variant)
    )
    found: dict[Part, dict[str, str]] = {}
    for part, variant, subject in session.execute(rows.distinct()).tuples():
        found.setdefault(Part(part), {})[variant] = subject
    single = {part: {name: held for name, held in by.items() if "+" not in name} for part, by in found.items()}
    return {part: tuple(dict.fromkeys((single[part] or by).values())) for part, by in found.items()}
