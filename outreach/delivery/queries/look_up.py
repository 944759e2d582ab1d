"""Unknown calls that their provider can be asked about: which, when, and what it knows of them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from outreach.delivery.queries.ledger import Figures, answer, count_all, hold, line_up, sayable
from outreach.model.look_up import LOOKED_FOR, LOOKS, Look, not_of, of_another
from outreach.model.mail import Receipt
from outreach.model.wave import ARRIVED, BatchState, Status, WaveState
from outreach.store.changes import change
from outreach.store.tables import AttemptRow, BatchRow, CampaignRow, DeliveryRow, WaveRow

IN_VAIN = "looked up twice, not found"

NOT_TAKEN = f"{IN_VAIN}, while the provider's list shows mails that it took: nothing of it was taken"

UNDER_WAY = (WaveState.SENDING, WaveState.PAUSED)

KNOWN = (*ARRIVED, Status.DEFERRED, Status.BOUNCED)
"""What becomes only of mails that the provider took."""

WITNESSES = 10
"""Calls that are looked through for a mail that the provider is known to have taken."""

Person = Row[tuple[int, str, str | None]]


@dataclass(frozen=True, slots=True)
class Case:
    """An unknown call to be asked about: when it was made and given up, whom it is open for by delivery.

    *first* is the delivery that was first in the call. *known* are those in it who are known to have been written to.
    *looks* and *look_at* are as in its batch; *again* counts how often it was made anew because it was not found.
    *unsure* is why it may have been made with another account than the one that is asked.
    """

    batch_id: int
    attempt_id: int
    began: datetime
    ended: datetime
    first: int
    open: Mapping[int, str]
    known: Mapping[int, str]
    looks: int
    look_at: datetime | None
    again: int
    unsure: str = ""

    def is_old(self, now: datetime) -> bool:
        """Whether it is too late to ask."""
        return now - self.ended > LOOKED_FOR

    def look(self, at: datetime, settles: timedelta) -> Look:
        """Return a look at the list that begins at *at*."""
        return Look(self.began, self.ended, settles, at, before=self.looks, again=self.again, unsure=self.unsure)


@dataclass(frozen=True, slots=True)
class Witness:
    """A mail that the provider is known to have taken: its delivery and address, its call's first one and time."""

    delivery_id: int
    email: str
    first: int
    began: datetime


def case(session: Session, batch_id: int, provider: str, now: datetime, *, account: str) -> Case | None:
    """Return an unknown call that *provider* may be asked about now, at this *account*; None where it may not.

    Of a call that was made with another account nothing is asked. If nobody wrote down which it was, what is found is
    found; what is not found proves something only beside others of the very same call.
    """
    due = select(BatchRow).where(BatchRow.id == batch_id, _unsolved(), _due(now))
    batch = session.scalar(due)
    attempt = _newest(session, batch_id)
    if batch is None or attempt is None or attempt.provider != provider or attempt.account not in ("", account):
        return None
    people = _called(session, batch_id)
    vain = select(func.count()).where(AttemptRow.batch_id == batch_id, AttemptRow.detail == NOT_TAKEN)
    return Case(
        batch_id=batch_id,
        attempt_id=attempt.id,
        began=attempt.started_at,
        ended=_ended(batch, attempt),
        first=people[0][0] if people else 0,
        open={delivery_id: email for delivery_id, email, status in people if status is None},
        known={delivery_id: email for delivery_id, email, status in people if status in KNOWN and email},
        looks=batch.looks,
        look_at=batch.look_at,
        again=session.scalar(vain) or 0,
        unsure=not_of(provider, attempt.account, account),
    )


def witness(session: Session, case: Case) -> Witness | None:
    """Return a mail that the provider is known to have taken about when it was called; None where there is none.

    It is one of the same call, else of the last that the same account accepted in the day before, else of the first
    after it. What came before tells more: a list that still shows it has kept what came after it too.
    """
    if case.known:
        delivery_id, email = next(iter(case.known.items()))
        return Witness(delivery_id, email, case.first, case.began)
    if case.unsure:
        return None
    number, moment = AttemptRow.id, AttemptRow.started_at
    taken = _taken_like(session, case).limit(WITNESSES)
    before = taken.where(number < case.attempt_id, moment > case.began - LOOKED_FOR).order_by(number.desc())
    after = taken.where(number > case.attempt_id, moment < case.began + LOOKED_FOR).order_by(number)
    calls = chain(session.scalars(before), session.scalars(after))
    return next(filter(None, (_witness_of(session, call) for call in calls)), None)


def hold_wave(session: Session, batch_id: int) -> WaveState:
    """Return the state of a batch's wave, which stays as it is until this transaction ends: nobody closes it meanwhile.

    Others may hold it so at the same time, and add batches to it. It comes before the batch and all that is in it.
    """
    rows = select(WaveRow.state).join(BatchRow, BatchRow.wave_id == WaveRow.id).where(BatchRow.id == batch_id)
    return WaveState(session.scalars(rows.with_for_update(read=True, of=WaveRow)).one())


def found(session: Session, case: Case, receipts: Mapping[int, Receipt], now: datetime) -> bool:
    """Settle those whom the provider knows, by delivery; return whether nobody of the call is unknown any more.

    A report or a late answer may have been faster: who has a word of their own keeps it. What another look had lined up
    again, and nobody has claimed since, was sent all the same.
    """
    hold(session, case.batch_id)
    batch = session.get_one(BatchRow, case.batch_id, populate_existing=True)
    attempt = session.get_one(AttemptRow, case.attempt_id, populate_existing=True)
    if batch.state not in (BatchState.UNKNOWN, BatchState.PLANNED) or attempt is not _newest(session, case.batch_id):
        return batch.state == BatchState.ACCEPTED
    people = _open_people(session, case.batch_id)
    told = [(person, receipts[person.id]) for person in people if person.id in receipts]
    everybody = len(told) == len(people)
    figures: Figures = Counter()
    for person, receipt in told:
        figures[answer(person, receipt)] += 1
        if not everybody and not receipt.refused:
            person.status = Status.ACCEPTED  # the batch goes on to speak for the others
    if told:
        attempt.outcome = "accepted" if everybody else "partly unknown"
    if everybody:
        batch.state, batch.detail, batch.settled_at = BatchState.ACCEPTED, "found at the provider", now
        batch.lease_until, attempt.outcome = None, "accepted"
    session.flush()
    _keep_ids(session, attempt, receipts)
    count_all(session, figures)
    return everybody


def not_found(session: Session, case: Case, look: Look, missing: Set[int], doubt: str, *, now: datetime) -> bool:
    """Write down that a look at the whole list did not show *missing*; before it has settled, that does not count.

    After the last look they were not taken, unless there is *doubt*: they go back in the line, by themselves. Return
    whether they do. If somebody asked, called or reported meanwhile, this look says nothing.
    """
    wave = hold_wave(session, case.batch_id)
    hold(session, case.batch_id)
    batch = session.get_one(BatchRow, case.batch_id, populate_existing=True)
    attempt = session.get_one(AttemptRow, case.attempt_id, populate_existing=True)
    as_before = (batch.looks, batch.look_at, _ended(batch, attempt)) == (case.looks, case.look_at, case.ended)
    still_open = {person.id for person in _open_people(session, case.batch_id)}
    if batch.state != BatchState.UNKNOWN or not as_before or still_open != missing:
        return False
    if wave not in UNDER_WAY:
        doubt = doubt or f"the wave is {wave}, so nothing of it is sent"
    if look.is_last and not doubt:
        _line_up(session, batch, attempt, now)
        return True
    batch.looks += look.counts
    batch.look_at = max(look.at + look.next, now)
    if look.is_last:
        batch.detail = "; ".join(part for part in (batch.detail, IN_VAIN, doubt) if part)
    return False


def put_off(session: Session, case: Case, until: datetime) -> None:
    """Ask again later: there was no usable answer, or no time to ask about everybody."""
    change(session, update(BatchRow).where(BatchRow.id == case.batch_id, _unsolved()).values(look_at=until))


def give_up(session: Session, case: Case, why: str) -> None:
    """Ask no more, and leave it to reports and people."""
    detail = BatchRow.detail + f"; {sayable(session, case.batch_id, why)}"
    rows = update(BatchRow).where(BatchRow.id == case.batch_id, _unsolved())
    change(session, rows.values(looks=LOOKS, look_at=None, detail=detail))


def elsewhere(session: Session, batch_id: int, provider: str, account: str) -> str:
    """Return why a batch's last call is none of this *account* of *provider*; empty if it was made with it.

    Neither its list nor its idempotency keys know such a call: made again, it would be a second mail.
    """
    attempt = _newest(session, batch_id)
    return not_of(provider, attempt.account, account) if attempt else "no call was made"


def leave_others(session: Session, wave_id: int, provider: str, account: str) -> int:
    """Leave the wave's unknown calls of the provider's other accounts to reports and people; return how many.

    Each says why from then on. Those of which nobody wrote down the account are not among them.
    """
    others = exists().where(
        AttemptRow.batch_id == BatchRow.id,
        _is_newest(),
        AttemptRow.provider == provider,
        AttemptRow.account.not_in(("", account)),
    )
    left = select(BatchRow.id).where(BatchRow.wave_id == wave_id, _unsolved(), others).order_by(BatchRow.id)
    batches = session.scalars(left.with_for_update()).all()
    detail = BatchRow.detail + f"; {of_another(provider)}"
    if batches:
        rows = update(BatchRow).where(BatchRow.id.in_(batches))
        change(session, rows.values(looks=LOOKS, look_at=None, detail=detail))
    return len(batches)


def is_open(session: Session, batch_id: int, provider: str) -> bool:
    """Return whether *provider* will still be asked about an unknown batch."""
    open_ones = select(BatchRow.id).where(BatchRow.id == batch_id, _unsolved(), _went_to(provider))
    return session.scalar(open_ones) is not None


def due_at(session: Session, wave_id: int, provider: str) -> datetime | None:
    """Return when *provider* is next asked about a call of the wave; None where it is not.

    What was never asked about is due since the call.
    """
    rows = select(func.min(func.coalesce(BatchRow.look_at, AttemptRow.started_at))).join(AttemptRow)
    rows = rows.where(BatchRow.wave_id == wave_id, _unsolved(), _is_newest(), AttemptRow.provider == provider)
    return session.scalar(rows)


def waves_to_ask(
    session: Session,
    provider: str,
    now: datetime,
    *,
    looks_up: bool,
    keys_live: timedelta,
    quiet: Callable[[str], bool],
) -> list[int]:
    """Return the waves with an unknown call that *provider* can be asked about now, by a look or, if sending, a replay.

    No replay is made in time zones in which it is *quiet*. A call that its sender left behind is among them: it is not
    known either. The house's letters are not: who sends them asks for them.
    """
    left_behind = and_(BatchRow.state == BatchState.SENDING, BatchRow.lease_until < now)
    looking = and_(_unsolved(), _due(now), _went_to(provider)) if looks_up else false()
    fresh = _went_to(provider, since=now - keys_live)
    replaying = and_(BatchRow.state == BatchState.UNKNOWN, WaveRow.state == WaveState.SENDING, fresh)
    at_any_hour = or_(left_behind, looking)
    rows = (
        select(WaveRow.id, BatchRow.zone, at_any_hour)
        .join(BatchRow, BatchRow.wave_id == WaveRow.id)
        .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
        .where(BatchRow.state.in_((BatchState.UNKNOWN, BatchState.SENDING)), ~CampaignRow.hidden)
        .where(or_(at_any_hour, replaying))
        .distinct()
    )
    found = session.execute(rows).tuples()
    return sorted({wave_id for wave_id, zone, now_too in found if now_too or not quiet(zone)})


def _unsolved() -> ColumnElement[bool]:
    return and_(BatchRow.state == BatchState.UNKNOWN, BatchRow.looks < LOOKS)


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(BatchRow.look_at.is_(None), BatchRow.look_at <= now)


def _went_to(provider: str, since: datetime | None = None) -> ColumnElement[bool]:
    went = exists().where(AttemptRow.batch_id == BatchRow.id, _is_newest(), AttemptRow.provider == provider)
    return went.where(AttemptRow.started_at > since) if since else went


def _is_newest() -> ColumnElement[bool]:
    """Whether an attempt is its batch's last: who had the batch before has nothing to tell of it."""
    last = aliased(AttemptRow)
    newest = select(func.max(last.number)).where(last.batch_id == AttemptRow.batch_id)
    return AttemptRow.number == newest.correlate(AttemptRow).scalar_subquery()


def _newest(session: Session, batch_id: int) -> AttemptRow | None:
    rows = select(AttemptRow).where(AttemptRow.batch_id == batch_id)
    return session.scalar(rows.order_by(AttemptRow.number.desc()).limit(1))


def _ended(batch: BatchRow, attempt: AttemptRow) -> datetime:
    """Return when the call, or its last replay, was over: it was given up, or whoever made it was gone by then."""
    return max(filter(None, (attempt.ended_at, batch.lease_until)), default=attempt.started_at)


def _called(session: Session, batch_id: int) -> Sequence[Person]:
    """Return whom a batch's call was made for, in its order."""
    called = select(DeliveryRow.id, DeliveryRow.email, DeliveryRow.status)
    called = called.where(DeliveryRow.batch_id == batch_id, DeliveryRow.status.is_distinct_from(Status.SUPPRESSED))
    return session.execute(called.order_by(DeliveryRow.id)).all()


def _open_people(session: Session, batch_id: int) -> Sequence[DeliveryRow]:
    rows = select(DeliveryRow).where(DeliveryRow.batch_id == batch_id, DeliveryRow.status.is_(None))
    return session.scalars(rows.order_by(DeliveryRow.id).with_for_update()).all()


def _taken_like(session: Session, case: Case) -> Select[tuple[AttemptRow]]:
    """Calls that the same account accepted: of waves as for a wave's, of letters as for a letter's."""
    made = session.get_one(AttemptRow, case.attempt_id)
    wave = session.get_one(WaveRow, session.get_one(BatchRow, case.batch_id).wave_id)
    hidden = session.get_one(CampaignRow, wave.campaign_id).hidden
    rows = select(AttemptRow).join(BatchRow, BatchRow.id == AttemptRow.batch_id)
    rows = rows.join(WaveRow, WaveRow.id == BatchRow.wave_id).join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
    return rows.where(
        AttemptRow.provider == made.provider,
        AttemptRow.account == made.account,
        AttemptRow.outcome == "accepted",
        BatchRow.state == BatchState.ACCEPTED,
        CampaignRow.hidden == hidden,
    )


def _witness_of(session: Session, call: AttemptRow) -> Witness | None:
    """Return a mail that the answer to a call gave an id; None where people have left or joined its batch since."""
    people = _called(session, call.batch_id)
    if len(people) != len(call.receipts or []):
        return None
    for (delivery_id, email, status), provider_id in zip(people, call.receipts or [], strict=True):
        if provider_id and email and (status is None or status in KNOWN):
            return Witness(delivery_id, email, people[0][0], call.started_at)
    return None


def _line_up(session: Session, batch: BatchRow, attempt: AttemptRow, now: datetime) -> None:
    """Put a call back in the line; those in it who are known to have been written to stay behind, with their call."""
    settled = DeliveryRow.status.is_not(None) & (DeliveryRow.status != Status.SUPPRESSED)
    people = select(DeliveryRow).where(DeliveryRow.batch_id == batch.id, settled).order_by(DeliveryRow.id)
    known = session.scalars(people.with_for_update()).all()
    if known:
        apart = line_up(session, batch, known, f"all of batch {batch.number} that was taken")
        apart.state, apart.settled_at = BatchState.ACCEPTED, now
        call = ("provider", "account", "key", "body_digest", "started_at", "ended_at", "detail", "receipts")
        kept = {name: getattr(attempt, name) for name in call}
        session.add(AttemptRow(batch_id=apart.id, number=1, outcome="accepted", **kept))
    attempt.outcome, attempt.detail, attempt.receipts = "not taken", NOT_TAKEN, None
    batch.state, batch.detail, batch.lease_until = BatchState.PLANNED, NOT_TAKEN, None
    batch.not_before = now  # for who looks for what is due
    session.flush()


def _keep_ids(session: Session, attempt: AttemptRow, receipts: Mapping[int, Receipt]) -> None:
    """Write the provider's ids into the attempt, in the order of its call."""
    ids = [delivery_id for delivery_id, _, _ in _called(session, attempt.batch_id)]
    known = attempt.receipts or [""] * len(ids)
    told = (receipts[delivery_id].provider_id if delivery_id in receipts else "" for delivery_id in ids)
    attempt.receipts = [new or old for new, old in zip(told, known, strict=True)]
