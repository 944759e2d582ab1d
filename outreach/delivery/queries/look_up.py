"""Unknown calls that their provider can be asked about: which, when, and what it knows of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.delivery.queries.ledger import Figures, answer, count_all, hold, sayable
from outreach.model.mail import Receipt
from outreach.model.wave import BatchState, Status, WaveState
from outreach.store.changes import change
from outreach.store.tables import AttemptRow, BatchRow, CampaignRow, DeliveryRow, WaveRow

LOOKS = 2
"""Times that nothing may be found, once the provider's list has settled, before a person has to decide."""

BETWEEN = timedelta(minutes=5)
"""From one look to the next."""

LOOKED_FOR = timedelta(days=1)
"""How long an unknown call is asked about; some providers keep their lists no longer."""

IN_VAIN = "looked up twice, not found"


@dataclass(frozen=True, slots=True)
class Case:
    """An unknown call to be asked about: when it was made and given up, whom it is open for by delivery.

    *first* is the delivery that was first in the call.
    """

    batch_id: int
    attempt_id: int
    began: datetime
    ended: datetime
    first: int
    open: Mapping[int, str]

    def is_old(self, now: datetime) -> bool:
        """Whether it is too late to ask."""
        return now - self.ended > LOOKED_FOR


def case(session: Session, batch_id: int, provider: str, now: datetime) -> Case | None:
    """Return an unknown call that *provider* may be asked about now; None where it may not."""
    due = select(BatchRow).where(BatchRow.id == batch_id, _unsolved(), _due(now))
    batch = session.scalar(due)
    attempt = session.scalar(
        select(AttemptRow).where(AttemptRow.batch_id == batch_id).order_by(AttemptRow.number.desc()).limit(1)
    )
    if batch is None or attempt is None or attempt.provider != provider:
        return None
    called = select(DeliveryRow.id, DeliveryRow.email, DeliveryRow.status)
    called = called.where(DeliveryRow.batch_id == batch_id, DeliveryRow.status.is_distinct_from(Status.SUPPRESSED))
    people = session.execute(called.order_by(DeliveryRow.id)).tuples().all()
    return Case(
        batch_id=batch_id,
        attempt_id=attempt.id,
        began=attempt.started_at,
        ended=attempt.ended_at or batch.lease_until or attempt.started_at,
        first=people[0][0] if people else 0,
        open={delivery_id: email for delivery_id, email, status in people if status is None},
    )


def found(session: Session, case: Case, receipts: Mapping[int, Receipt], now: datetime) -> bool:
    """Settle those whom the provider knows, by delivery; return whether nobody of the call is unknown any more.

    A report or a late answer may have been faster: who has a word of their own keeps it.
    """
    hold(session, case.batch_id)
    batch = session.get_one(BatchRow, case.batch_id, populate_existing=True)
    if batch.state != BatchState.UNKNOWN:
        return batch.state == BatchState.ACCEPTED
    people = session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.batch_id == case.batch_id, DeliveryRow.status.is_(None))
        .order_by(DeliveryRow.id)
        .with_for_update()
    ).all()
    told = [(person, receipts[person.id]) for person in people if person.id in receipts]
    everybody = len(told) == len(people)
    figures: Figures = Counter()
    for person, receipt in told:
        figures[answer(person, receipt)] += 1
        if not everybody and not receipt.refused:
            person.status = Status.ACCEPTED  # the batch goes on to speak for the others
    attempt = session.get_one(AttemptRow, case.attempt_id)
    if everybody:
        batch.state, batch.detail, batch.settled_at = BatchState.ACCEPTED, "found at the provider", now
        batch.lease_until, attempt.outcome = None, "accepted"
    session.flush()
    _keep_ids(session, attempt, receipts)
    count_all(session, figures)
    return everybody


def not_found(session: Session, case: Case, settles: timedelta, now: datetime) -> None:
    """Write down that the provider knows nothing of some; before its list has settled, that does not count."""
    hold(session, case.batch_id)
    batch = session.get_one(BatchRow, case.batch_id, populate_existing=True)
    if batch.state != BatchState.UNKNOWN:
        return
    batch.looks += now >= case.ended + settles
    batch.look_at = max(case.ended + settles, now + BETWEEN)
    if batch.looks == LOOKS:
        batch.detail = "; ".join(part for part in (batch.detail, IN_VAIN) if part)


def put_off(session: Session, case: Case, until: datetime) -> None:
    """Ask again later: there was no usable answer, or no time to ask about everybody."""
    change(session, update(BatchRow).where(BatchRow.id == case.batch_id, _unsolved()).values(look_at=until))


def give_up(session: Session, case: Case, why: str) -> None:
    """Ask no more, and leave it to reports and people."""
    detail = BatchRow.detail + f"; {sayable(session, case.batch_id, why)}"
    rows = update(BatchRow).where(BatchRow.id == case.batch_id, _unsolved())
    change(session, rows.values(looks=LOOKS, look_at=None, detail=detail))


def is_open(session: Session, batch_id: int, provider: str) -> bool:
    """Return whether *provider* will still be asked about an unknown batch."""
    open_ones = select(BatchRow.id).where(BatchRow.id == batch_id, _unsolved(), _went_to(provider))
    return session.scalar(open_ones) is not None


def due_at(session: Session, wave_id: int, provider: str) -> datetime | None:
    """Return when *provider* is next asked about a call of the wave; None where it is not.

    What was never asked about is due since the call.
    """
    rows = select(func.min(func.coalesce(BatchRow.look_at, AttemptRow.started_at))).join(AttemptRow)
    rows = rows.where(BatchRow.wave_id == wave_id, _unsolved(), AttemptRow.provider == provider)
    return session.scalar(rows)


def waves_to_ask(session: Session, provider: str, now: datetime, *, looks_up: bool, keys_live: timedelta) -> list[int]:
    """Return the waves with an unknown call that *provider* can be asked about now, by a look or, if sending, a replay.

    The house's letters are not among them: who sends them asks for them.
    """
    fresh = _went_to(provider, since=now - keys_live)
    rows = (
        select(WaveRow.id)
        .join(BatchRow, BatchRow.wave_id == WaveRow.id)
        .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
        .where(BatchRow.state == BatchState.UNKNOWN, ~CampaignRow.hidden)
    )
    looking = and_(_unsolved(), _due(now), _went_to(provider))
    replaying = and_(WaveRow.state == WaveState.SENDING, fresh)
    wanted = or_(looking, replaying) if looks_up else replaying
    return list(session.scalars(rows.where(wanted).distinct().order_by(WaveRow.id)))


def _unsolved() -> ColumnElement[bool]:
    return and_(BatchRow.state == BatchState.UNKNOWN, BatchRow.looks < LOOKS)


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(BatchRow.look_at.is_(None), BatchRow.look_at <= now)


def _went_to(provider: str, since: datetime | None = None) -> ColumnElement[bool]:
    went = exists().where(AttemptRow.batch_id == BatchRow.id, AttemptRow.provider == provider)
    return went.where(AttemptRow.started_at > since) if since else went


def _keep_ids(session: Session, attempt: AttemptRow, receipts: Mapping[int, Receipt]) -> None:
    """Write the provider's ids into the attempt, in the order of its call."""
    called = select(DeliveryRow.id).where(
        DeliveryRow.batch_id == attempt.batch_id, DeliveryRow.status.is_distinct_from(Status.SUPPRESSED)
    )
    ids = session.scalars(called.order_by(DeliveryRow.id)).all()
    known = attempt.receipts or [""] * len(ids)
    told = (receipts[delivery_id].provider_id if delivery_id in receipts else "" for delivery_id in ids)
    attempt.receipts = [new or old for new, old in zip(told, known, strict=True)]
