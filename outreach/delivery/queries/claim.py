"""Claiming a batch and writing an attempt down, before the socket opens."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Result, and_, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from outreach.delivery.queries import statements
from outreach.delivery.queries.ledger import line_up
from outreach.model.cap import Cap
from outreach.model.dates import days_before
from outreach.model.delivery import Attempt, Batch, Frozen
from outreach.model.mail import Address, Link, Message, Salutation
from outreach.model.people import DAYS_BETWEEN, Frequency
from outreach.model.report import Cell, Figure
from outreach.model.wave import BatchState, Status, WaveState
from outreach.store import mailed, turns
from outreach.store.counters import count
from outreach.store.tables import (
    AttemptRow,
    BatchRow,
    CampaignRow,
    DeliveryRow,
    WaveRow,
)

FROZEN = tuple(getattr(DeliveryRow, name) for name in statements.FROZEN)
"""What of a recipient travels."""

JUST_NOW = timedelta(minutes=1)
"""A wave that ended so lately may still have a claim under way."""


def claim(session: Session, wave_id: int, now: datetime, lease: datetime) -> int | None:
    """Take the next batch of a wave that is sending; None when there is none now. Two lanes never get the same."""
    batch_id: int | None = session.scalar(statements.NEXT, {"the_wave": wave_id, "now": now})
    if batch_id is not None:
        session.execute(statements.TAKE, {"the_batch": batch_id, "lease_until": lease})
    return batch_id


def next_size(session: Session, wave_id: int, now: datetime) -> int | None:
    """Return how many people are in the batch that would be claimed now; None when there is none."""
    size: int | None = session.scalar(statements.NEXT_SIZE, {"the_wave": wave_id, "now": now})
    return size


def drop_unwilling(session: Session, batch_id: int, now: datetime, cap: Cap | None = None) -> None:
    """Leave out whoever was suppressed, withdrew consent or was erased since planning, or was just written to enough.

    Enough is what they wish for, and what *cap* allows. Turns are taken before any figure is counted: lanes that wait
    for a turn must hold no row of theirs.

    A letter of the house was asked for by its recipient, so it goes to who unsubscribed from everything as well.
    """
    hidden, topic = session.execute(statements.CAMPAIGN, {"the_batch": batch_id}).one()
    gone = _cells(session.execute(statements.LEAVE_OUT[hidden], {"the_batch": batch_id, "the_topic": topic}))
    for frequency, people in _wishing(session, batch_id).items():
        turns.wishes(session)
        enough = and_(DeliveryRow.id.in_(people), _written_to_since(days_before(DAYS_BETWEEN[frequency], now)))
        gone += _leave_out(session, batch_id, enough, f"wants mail at most {frequency}")
    if cap:
        gone += _drop_capped(session, batch_id, cap, now)
    for (wave_id, audience, variant), left_out in sorted(Counter(gone).items()):
        count(session, wave_id, Cell(audience, variant), {Figure.SUPPRESSED: left_out})


def set_apart(session: Session, batch_id: int, now: datetime) -> None:
    """Move whom a report has settled into a batch of their own: who is known is not written to again.

    That happens only where a batch is claimed that went out before: lined up again by a person, or put back.
    """
    known = session.scalars(statements.KNOWN, {"the_batch": batch_id}).all()
    if known:
        people = session.scalars(select(DeliveryRow).where(DeliveryRow.id.in_(known)).order_by(DeliveryRow.id)).all()
        batch = session.get_one(BatchRow, batch_id)
        apart = line_up(session, batch, people, f"settled by reports before batch {batch.number} was sent again")
        apart.state, apart.settled_at = BatchState.ACCEPTED, now
        session.flush()


def anybody_unwilling(session: Session, batch_id: int) -> bool:
    """Return whether somebody in the batch may not be written to any more."""
    hidden, topic = session.execute(statements.CAMPAIGN, {"the_batch": batch_id}).one()
    found = session.scalar(statements.UNWILLING[hidden], {"the_batch": batch_id, "the_topic": topic})
    return found is not None


def load(session: Session, batch_id: int, known: dict[int, Message] | None = None) -> Batch:
    """Return the batch as an attempt sends it: whoever was not left out when it was claimed, in order.

    Messages are frozen, so those that are *known* are not read again, and what is read is kept there.
    """
    row = session.execute(statements.BATCH, {"the_batch": batch_id}).one()
    people = session.execute(statements.PEOPLE, {"the_batch": batch_id}).all()
    known = {} if known is None else known
    if row.message_id not in known:
        known[row.message_id] = message(session, row.message_id)
    return Batch(batch_id, row.wave_id, row.number, known[row.message_id], tuple(map(Frozen._make, people)))


def message(session: Session, message_id: int) -> Message:
    """Return a frozen message."""
    row = session.execute(statements.MESSAGE, {"the_message": message_id}).one()
    links = session.execute(statements.LINKS, {"the_message": message_id})
    return Message(
        variant=row.variant,
        languages=tuple(row.languages),
        sender=Address(row.sender_email, row.sender_name),
        reply_to=row.reply_to,
        subject=row.subject,
        html=row.html,
        text=row.text,
        headers=row.headers,
        links=tuple(Link(link.url, link.label) for link in links),
        salutations={code: Salutation(*words) for code, words in row.salutations.items()},
        audience=row.audience,
        version=row.version,
    )


def frozen(row: DeliveryRow) -> Frozen:
    """Return a recipient's row as it travels."""
    return Frozen(row.id, row.wave_id, row.email, row.first_name, row.organisation, row.tracked)


def begin_attempt(
    session: Session,
    batch_id: int,
    provider: str,
    body_digest: str,
    *,
    now: datetime,
    lease: datetime,
    account: str = "",
) -> Attempt:
    """Write down that a call is about to be made, with a key of its own, and with which *account* of the provider."""
    wave_id, created_at, earlier = session.execute(statements.ATTEMPTS, {"the_batch": batch_id}).one()
    number = earlier + 1
    # the wave's moment keeps keys apart between a database and its fresh successor
    key = f"outreach-{int(created_at.timestamp() * 1000):x}-{wave_id}-{batch_id}-{number}"
    row = {
        "batch_id": batch_id,
        "number": number,
        "provider": provider,
        "account": account,
        "key": key,
        "body_digest": body_digest,
        "started_at": now,
        "detail": "",
    }
    attempt_id = session.execute(statements.ATTEMPT, row).scalar_one()
    return Attempt(attempt_id, batch_id, key, body_digest, lease)


def expire_leases(session: Session, wave_id: int, now: datetime) -> list[int]:
    """Whoever held these batches is gone or stuck: what became of them is unknown until it is resolved."""
    expired = session.scalars(
        update(BatchRow)
        .where(BatchRow.wave_id == wave_id, BatchRow.state == BatchState.SENDING, BatchRow.lease_until < now)
        .values(state=BatchState.UNKNOWN, detail="the sender stopped before an answer was written down")
        .returning(BatchRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    return sorted(expired)


def unknown_batches(session: Session, wave_id: int) -> list[int]:
    """Return the batches whose outcome is not known, in order."""
    rows = select(BatchRow.id).where(BatchRow.wave_id == wave_id, BatchRow.state == BatchState.UNKNOWN)
    return list(session.scalars(rows.order_by(BatchRow.number)))


def claim_unknown(session: Session, batch_id: int, lease: datetime) -> bool:
    """Take an unknown batch for resolving; False when another lane was faster."""
    taken = session.execute(
        update(BatchRow)
        .where(BatchRow.id == batch_id, BatchRow.state == BatchState.UNKNOWN)
        .values(state=BatchState.SENDING, lease_until=lease)
        .returning(BatchRow.id)
        .execution_options(synchronize_session=False)
    )
    return taken.first() is not None


def newest_attempt(session: Session, batch_id: int, lease: datetime) -> tuple[Attempt, str, datetime] | None:
    """Return the last attempt, to be made again under *lease*, with its provider and its time."""
    row = session.scalar(
        select(AttemptRow).where(AttemptRow.batch_id == batch_id).order_by(AttemptRow.number.desc()).limit(1)
    )
    return (Attempt(row.id, batch_id, row.key, row.body_digest, lease), row.provider, row.started_at) if row else None


def lease_ends(session: Session, wave_id: int) -> datetime | None:
    """Return when the last batch being sent counts as left behind; None when none is being sent."""
    rows = select(func.max(BatchRow.lease_until)).where(BatchRow.wave_id == wave_id)
    return session.scalar(rows.where(BatchRow.state == BatchState.SENDING))


def due_at(session: Session, wave_id: int) -> datetime | None:
    """Return when the first batch that was put off may be claimed; None when none waits for its time."""
    rows = select(func.min(BatchRow.not_before)).where(BatchRow.wave_id == wave_id)
    return session.scalar(rows.where(BatchRow.state == BatchState.PLANNED))


def waves_with_due(session: Session, now: datetime) -> list[int]:
    """Return the waves that are sending and have a batch that was put off until now or before; the house's own are not
    among them: who sends its letters looks after them.
    """
    due = select(BatchRow.wave_id).where(BatchRow.state == BatchState.PLANNED, BatchRow.not_before <= now)
    shown = select(CampaignRow.id).where(~CampaignRow.hidden)
    rows = select(WaveRow.id).where(
        WaveRow.state == WaveState.SENDING, WaveRow.id.in_(due), WaveRow.campaign_id.in_(shown)
    )
    return list(session.scalars(rows.order_by(WaveRow.id)))


def _leave_out(
    session: Session, batch_id: int, who: ColumnElement[bool], why: str | None = None
) -> list[tuple[int, str, str]]:
    rows = session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.batch_id == batch_id, DeliveryRow.status.is_(None), who)
        .values(status=Status.SUPPRESSED, detail=why)
        .returning(DeliveryRow.wave_id, DeliveryRow.audience, DeliveryRow.variant)
        .execution_options(synchronize_session=False)
    )
    return _cells(rows)


def _cells(rows: Result[Any]) -> list[tuple[int, str, str]]:
    return [(wave_id, audience, variant) for wave_id, audience, variant in rows]


def _wishing(session: Session, batch_id: int) -> dict[Frequency, list[int]]:
    """Return the few in a batch who want mail less often."""
    people: dict[Frequency, list[int]] = {}
    for frequency, delivery_id in session.execute(statements.WISHING, {"the_batch": batch_id}):
        people.setdefault(Frequency(str(frequency)), []).append(delivery_id)
    return people


def _written_to_since(moment: datetime) -> ColumnElement[bool]:
    """Whether another wave wrote since, or is writing: two may be planned before either of them begins."""
    other = aliased(DeliveryRow)
    return exists().where(
        other.contact_id == DeliveryRow.contact_id,
        other.wave_id != DeliveryRow.wave_id,
        other.wave_id.in_(mailed.active_since(moment)),
        other.batch_id == BatchRow.id,
        mailed.settled_since(moment),
        mailed.went(other),
    )


def _drop_capped(session: Session, batch_id: int, cap: Cap, now: datetime) -> list[tuple[int, str, str]]:
    """Leave out who had as many mails of other waves as *cap* allows; letters are not counted, and not held back."""
    own = select(BatchRow.wave_id).where(BatchRow.id == batch_id).scalar_subquery()
    under_way = set(session.scalars(mailed.active_since(now - JUST_NOW)))
    wave_id = session.scalar(select(WaveRow.id).join(CampaignRow).where(WaveRow.id == own, ~CampaignRow.hidden))
    if wave_id is None:
        return []
    turns.capping(session, alone=bool(under_way - {wave_id}))
    since = days_before(cap.days, now)
    others = set(session.scalars(mailed.active_since(since))) - {wave_id}
    if len(others) < cap.mails:
        return []
    other = aliased(DeliveryRow)
    had = (
        select(func.count())
        .select_from(other)
        .join(BatchRow, BatchRow.id == other.batch_id)
        .where(other.contact_id == DeliveryRow.contact_id, other.wave_id.in_(others))
        .where(mailed.went(other), mailed.settled_since(since))
    )
    return _leave_out(session, batch_id, had.correlate(DeliveryRow).scalar_subquery() >= cap.mails, cap.why)
