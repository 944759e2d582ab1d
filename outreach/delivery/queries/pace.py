"""What has gone so far, and who waits for another hour: limits per receiving domain, warm-up plans, quiet hours.

Rows are locked batch first, then what was spent, in order; only then may numbers of new batches, deliveries and
counters follow. Batches beside the one that is held are taken only where nobody holds them, so nobody waits for them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, Update, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.delivery.queries.ledger import last_in_line
from outreach.model.delivery import Attempt
from outreach.model.mail import Receipt
from outreach.model.pace import Allowance, Waiting
from outreach.model.trial import Part
from outreach.model.wave import BatchState, Status, WaveState
from outreach.store.dialects import inserting
from outreach.store.tables import AttemptRow, BatchRow, CampaignRow, DeliveryRow, MessageRow, SpentRow, WaveRow

KEPT = timedelta(days=2)
"""How long it is known what went: longer than the longest window, in which a late answer may still give back."""


@dataclass(frozen=True, slots=True)
class Held:
    """A batch that a lane holds. *sender* is the domain that its mails come from; *letters*: the house's own."""

    id: int
    wave_id: int
    size: int
    zone: str
    domain: str
    sender: str
    letters: bool
    released: bool


def held(session: Session, batch_id: int) -> Held:
    """Return what decides whether a batch may go now."""
    row = session.execute(
        select(
            BatchRow.wave_id,
            BatchRow.size,
            BatchRow.zone,
            BatchRow.domain,
            MessageRow.sender_email,
            CampaignRow.hidden,
            WaveRow.released_at,
        )
        .join(MessageRow, MessageRow.id == BatchRow.message_id)
        .join(WaveRow, WaveRow.id == BatchRow.wave_id)
        .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
        .where(BatchRow.id == batch_id)
    ).one()
    wave_id, size, zone, domain, sender, hidden, released_at = row
    return Held(batch_id, wave_id, size, zone, domain, domain_of(sender), hidden, released_at is not None)


def domain_of(email: str) -> str:
    """Return what stands behind the @, in small letters."""
    return email.rpartition("@")[2].lower()


def people(session: Session, batch_id: int) -> list[tuple[int, str]]:
    """Return the deliveries of a batch that would be called for, in order, with their domains."""
    rows = select(DeliveryRow.id, DeliveryRow.email).where(
        DeliveryRow.batch_id == batch_id, DeliveryRow.status.is_(None), DeliveryRow.email != ""
    )
    return [(number, domain_of(email)) for number, email in session.execute(rows.order_by(DeliveryRow.id)).tuples()]


def room(session: Session, allowances: Mapping[str, Allowance]) -> dict[str, int]:
    """Return how many mails may still go by each; nobody else counts where there is room until this transaction ends.

    Where there is none no row is locked: there will be none before the window is over, unless a call takes nothing.
    """
    left: dict[str, int] = {}
    for name, each in allowances.items():
        known = select(SpentRow.mails).where(SpentRow.scope == each.scope, SpentRow.since == each.since)
        mails = session.scalar(known)
        if mails is None and each.most:
            _begin(session, each)
        if each.most > (mails or 0):
            mails = session.scalar(known.with_for_update())
        left[name] = max(0, each.most - (mails or 0))
    return left


def spend(session: Session, allowance: Allowance, mails: int) -> int:
    """Count *mails* that are about to go, for which `room` found room; return how many that makes."""
    spent: int = session.scalars(_adding(allowance, mails).returning(SpentRow.mails)).one()
    return spent


def take_off(session: Session, allowance: Allowance, mails: int) -> None:
    """Count *mails* back that did not go."""
    session.execute(_adding(allowance, -mails))


def _adding(allowance: Allowance, mails: int) -> Update:
    after = SpentRow.mails + mails
    rows = update(SpentRow).where(SpentRow.scope == allowance.scope, SpentRow.since == allowance.since)
    counted = rows.values(mails=case((after < 0, 0), else_=after))
    return counted.execution_options(synchronize_session=False)


def _begin(session: Session, allowance: Allowance) -> None:
    """Begin to count a window; what is long over goes."""
    row = {"scope": allowance.scope, "since": allowance.since, "mails": 0}
    new = inserting(session, SpentRow).values(row).on_conflict_do_nothing(index_elements=["scope", "since"])
    if session.scalar(new.returning(SpentRow.scope)) is not None:
        old = delete(SpentRow).where(SpentRow.scope == allowance.scope, SpentRow.since < allowance.since - KEPT)
        session.execute(old.execution_options(synchronize_session=False))


def put_back(session: Session, held: Held, until: datetime, why: str, domain: str = "") -> None:
    """Put the batch that is held back in its line, until then; *domain* is the limit that all in it wait for."""
    waits = {"not_before": until, "detail": why, "domain": domain or held.domain}
    session.execute(
        update(BatchRow)
        .where(BatchRow.id == held.id)
        .values(state=BatchState.PLANNED, lease_until=None, **waits)
        .execution_options(synchronize_session=False)
    )


def put_off(session: Session, held: Held, until: datetime, why: str, *which: ColumnElement[bool]) -> None:
    """Let all batches of the wave wait that would go before then, of those that *which* chooses.

    Who waits longer goes on waiting; what waits for what a trial comes to is left alone.
    """
    waits_less = or_(BatchRow.not_before.is_(None), BatchRow.not_before < until)
    rows = select(BatchRow.id).where(
        BatchRow.wave_id == held.wave_id, BatchRow.state == BatchState.PLANNED, waits_less, *which
    )
    if not held.released:
        rows = rows.where(BatchRow.part != Part.REST)
    # a batch that another lane has just claimed is put off by that lane, when it has looked
    session.execute(
        update(BatchRow)
        .where(BatchRow.id.in_(rows.with_for_update(skip_locked=True)))
        .values(not_before=until, detail=why)
        .execution_options(synchronize_session=False)
    )


def of_zone(zone: str) -> ColumnElement[bool]:
    """Batches of people in a time zone."""
    return BatchRow.zone == zone


def of_domain(name: str) -> ColumnElement[bool]:
    """Batches of people whose domains share a limit."""
    return BatchRow.domain == name


def from_domain(held: Held) -> ColumnElement[bool]:
    """Batches whose mails come from the same domain."""
    alike = func.lower(MessageRow.sender_email).endswith(f"@{held.sender}")
    return BatchRow.message_id.in_(select(MessageRow.id).where(MessageRow.wave_id == held.wave_id, alike))


def set_aside(session: Session, held: Held, deliveries: Collection[int], domain: str, waits: Allowance) -> None:
    """Let some of a batch's people wait until there is room again, in a batch of their own.

    Those whose *domain* is limited come to those who wait for it already, as long as that makes no batch larger than
    this one: so a thousand batches with a few such people in each make a few more, and not a thousand.
    """
    batch = session.get_one(BatchRow, held.id, populate_existing=True)
    to = session.scalar(_alike(batch, domain, waits.again, batch.size - len(deliveries))) if domain else None
    if to is None:
        like = {"part": batch.part, "zone": batch.zone, "domain": domain}
        to = last_in_line(session, batch.wave_id, batch.message_id, 0, waits.why, **like)
    batch.size -= len(deliveries)
    session.flush()
    size = BatchRow.size + len(deliveries)
    waiting = {"size": size, "not_before": waits.again, "detail": waits.why, "tries": batch.tries}
    for change in (
        update(BatchRow).where(BatchRow.id == to).values(waiting),
        update(DeliveryRow).where(DeliveryRow.id.in_(deliveries)).values(batch_id=to),
    ):
        session.execute(change.execution_options(synchronize_session=False))


def judge_again(session: Session, wave_id: int, now: datetime) -> None:
    """Let whoever waits by our own rules be looked at anew: a person may have changed them since.

    Whom the provider put off waits on: that was its wish.
    """
    rows = select(BatchRow.id).where(
        BatchRow.wave_id == wave_id,
        BatchRow.state == BatchState.PLANNED,
        BatchRow.not_before > now,
        BatchRow.tries == 0,
    )
    session.execute(
        update(BatchRow)
        .where(BatchRow.id.in_(rows.with_for_update(skip_locked=True)))
        .values(not_before=now)
        .execution_options(synchronize_session=False)
    )


def called_in_vain(
    session: Session, attempt: Attempt, receipts: Sequence[Receipt]
) -> tuple[str, datetime, list[str]] | None:
    """Return from which domain, when, and to which domains mails were counted that a call did not take.

    Without *receipts* it took none. None where another holds the batch by now, who may have had more luck, and for
    letters, which are not counted.
    """
    rows = select(BatchRow.state, BatchRow.lease_until).where(BatchRow.id == attempt.batch_id)
    state, lease = session.execute(rows.with_for_update()).one()
    batch = held(session, attempt.batch_id)
    if batch.letters or (state, lease) != (BatchState.SENDING, attempt.lease):
        return None
    began = session.scalars(select(AttemptRow.started_at).where(AttemptRow.id == attempt.id)).one()
    people = session.execute(
        select(DeliveryRow.email, DeliveryRow.status)
        .where(DeliveryRow.batch_id == attempt.batch_id, DeliveryRow.status.is_distinct_from(Status.SUPPRESSED))
        .order_by(DeliveryRow.id)
    ).tuples()
    if receipts:  # in the same order; whether they are as many is looked at when they are written down
        told = zip(people, receipts, strict=False)
        return batch.sender, began, [domain_of(email) for (email, _), receipt in told if not_taken(receipt)]
    return batch.sender, began, [domain_of(email) for email, status in people if status is None]


def not_taken(receipt: Receipt) -> bool:
    """Return whether a mail did not go out by this call, for certain."""
    return bool(receipt.refused or receipt.untried or receipt.later)


def waiting(session: Session, wave_id: int, now: datetime) -> list[Waiting]:
    """Return how many people of a wave under way wait for which moment, and why, the next ones first."""
    size = func.sum(BatchRow.size)
    rows = (
        select(BatchRow.not_before, BatchRow.detail, size)
        .join(WaveRow, WaveRow.id == BatchRow.wave_id)
        .where(BatchRow.wave_id == wave_id, BatchRow.state == BatchState.PLANNED, BatchRow.not_before > now)
        .where(WaveRow.state.in_((WaveState.SENDING, WaveState.PAUSED)))
        .group_by(BatchRow.not_before, BatchRow.detail)
        .order_by(BatchRow.not_before, size.desc(), BatchRow.detail)
    )
    return [Waiting(until, why, int(people)) for until, why, people in session.execute(rows)]


def _alike(batch: BatchRow, domain: str, until: datetime, most: int) -> Select[tuple[int]]:
    """The SELECT of a batch of *most* people at most who wait until then and get the same mails as *batch*."""
    shared = {name: getattr(batch, name) for name in ("wave_id", "message_id", "part", "zone", "tries")}
    rows = select(BatchRow.id).filter_by(**shared, domain=domain, state=BatchState.PLANNED, not_before=until)
    rows = rows.where(BatchRow.size <= most, BatchRow.id != batch.id)
    return rows.order_by(BatchRow.number).limit(1).with_for_update(skip_locked=True)
