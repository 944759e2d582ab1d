"""The statements of every batch, each put together once.

They are for tables, not for their classes, so nothing of the session's objects is looked at or kept. SQLAlchemy takes
0.1 ms for such a statement, and 0.4 ms for one that is put together anew for classes; a batch takes a dozen.
"""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Update, and_, bindparam, func, insert, or_, select, update

from outreach.model.people import DAYS_BETWEEN, SuppressionReason
from outreach.model.trial import Part
from outreach.model.wave import BatchState, Status, WaveState
from outreach.store.tables import Base

attempt, batch, campaign, consent, contact, delivery, link, message, subscription, suppression, wave = (
    Base.metadata.tables[name]
    for name in (
        "attempt", "batch", "campaign", "consent", "contact", "delivery", "link", "message", "subscription",
        "suppression", "wave",
    )
)  # fmt: skip

THE_BATCH: BindParameter[int] = bindparam("the_batch")
OPEN = (delivery.c.batch_id == THE_BATCH, delivery.c.status.is_(None))
"""Those of the batch who have no status of their own."""


def unwilling(*, hidden: bool) -> ColumnElement[bool]:
    """Whether somebody may not be written to any more, about *the_topic*; *hidden*: with a letter of the house.

    Each person is looked up by index. Of an EXISTS PostgreSQL makes a hash of the whole table, batch for batch: 100 ms
    among 100,000 people and a second among a million, where a thousand look-ups take 3 ms.
    """
    suppressed = select(suppression.c.email).where(suppression.c.email == delivery.c.email)
    erased = _none(select(contact.c.id).where(contact.c.id == delivery.c.contact_id))
    if hidden:
        return or_(_some(suppressed.where(suppression.c.reason != SuppressionReason.UNSUBSCRIBED)), erased)
    return or_(_some(suppressed), erased, _withdrew())


def _withdrew() -> ColumnElement[bool]:
    # Who never said anything on the topic is not here: planning lets in only those who agreed.
    agreed, said = (
        select(acts.c.contact_id).where(
            acts.c.contact_id == delivery.c.contact_id, acts.c.topic == bindparam("the_topic")
        )
        for acts in (subscription, consent)
    )
    return and_(_none(agreed), _some(said))


def _some(rows: Select[Any]) -> ColumnElement[bool]:
    return rows.limit(1).scalar_subquery().is_not(None)


def _none(rows: Select[Any]) -> ColumnElement[bool]:
    return rows.limit(1).scalar_subquery().is_(None)


def _leaving_out(*, hidden: bool) -> Update:
    rows = update(delivery).where(*OPEN, unwilling(hidden=hidden)).values(status=Status.SUPPRESSED, detail=None)
    return rows.returning(delivery.c.wave_id, delivery.c.audience, delivery.c.variant)


MAY_GO = and_(
    batch.c.state == BatchState.PLANNED,
    or_(batch.c.not_before.is_(None), batch.c.not_before <= bindparam("now")),
    or_(batch.c.part != Part.REST, wave.c.released_at.is_not(None)),
    wave.c.state == WaveState.SENDING,
)
"""Whether a batch, joined with its wave, may be claimed *now*."""


def _next_of(column: ColumnElement[Any]) -> Select[Any]:
    rows = select(column).join(wave, wave.c.id == batch.c.wave_id)
    return rows.where(batch.c.wave_id == bindparam("the_wave"), MAY_GO).order_by(batch.c.number).limit(1)


NEXT_SIZE = _next_of(batch.c.size)

NEXT = _next_of(batch.c.id).with_for_update(skip_locked=True, of=batch)
"""The next batch that nobody else is just taking."""

TAKE = update(batch).where(batch.c.id == THE_BATCH).values(state=BatchState.SENDING, looks=0, look_at=None)

KNOWN = (
    select(delivery.c.id)
    .where(delivery.c.batch_id == THE_BATCH, delivery.c.status.is_not(None), delivery.c.status != Status.SUPPRESSED)
    .order_by(delivery.c.id)
)
"""Whom a report has settled."""

CAMPAIGN = (
    select(campaign.c.hidden, campaign.c.topic)
    .join(wave, wave.c.campaign_id == campaign.c.id)
    .join(batch, batch.c.wave_id == wave.c.id)
    .where(batch.c.id == THE_BATCH)
)
"""Whether a batch holds letters of the house, and what it is about."""

LEAVE_OUT = {hidden: _leaving_out(hidden=hidden) for hidden in (True, False)}
"""Leaves out who is `unwilling`; returns their cells."""

UNWILLING = {hidden: select(delivery.c.id).where(*OPEN, unwilling(hidden=hidden)).limit(1) for hidden in (True, False)}

WISHING = (
    select(contact.c.frequency, delivery.c.id)
    .join(contact, contact.c.id == delivery.c.contact_id)
    .where(
        *OPEN,
        delivery.c.cause == "",
        contact.c.frequency.in_([frequency for frequency, days in DAYS_BETWEEN.items() if days]),
    )
)
"""Who wants mail less often; a letter that they asked for they want in any case."""

BATCH = select(batch.c.wave_id, batch.c.number, batch.c.message_id).where(batch.c.id == THE_BATCH)

FROZEN = ("id", "wave_id", "email", "first_name", "organisation", "tracked")
"""What of a recipient travels, in the order of `Frozen`; whole rows would take the sender twice as long to load."""

PEOPLE = (
    select(*(delivery.c[name] for name in FROZEN))
    .where(delivery.c.batch_id == THE_BATCH, or_(delivery.c.status.is_(None), delivery.c.status != Status.SUPPRESSED))
    .order_by(delivery.c.id)
)
"""Whoever was not left out, in order."""

MESSAGE = select(message).where(message.c.id == bindparam("the_message"))

LINKS = select(link.c.url, link.c.label).where(link.c.message_id == bindparam("the_message")).order_by(link.c.position)

ATTEMPTS = (
    select(
        wave.c.id,
        wave.c.created_at,
        select(func.coalesce(func.max(attempt.c.number), 0)).where(attempt.c.batch_id == THE_BATCH).scalar_subquery(),
    )
    .join(batch, batch.c.wave_id == wave.c.id)
    .where(batch.c.id == THE_BATCH)
)
"""The batch's wave, the moment it was made, and the number of the last attempt."""

ATTEMPT = insert(attempt).returning(attempt.c.id)

TAKEN = update(attempt).where(attempt.c.id == bindparam("the_attempt")).values(outcome="accepted", detail="")

SILENT = (
    select(delivery.c.wave_id, delivery.c.audience, delivery.c.variant, delivery.c.status, func.count())
    .where(delivery.c.batch_id == THE_BATCH, delivery.c.status.is_distinct_from(Status.SUPPRESSED))
    .group_by(delivery.c.wave_id, delivery.c.audience, delivery.c.variant, delivery.c.status)
)
"""How many people a batch speaks for, by cell and by their own status."""

HOLD = select(batch.c.id).where(batch.c.id == THE_BATCH).with_for_update()

_SETTLING = update(batch).where(batch.c.id == THE_BATCH).values(lease_until=None).returning(batch.c.id)

SETTLE = _SETTLING.where(batch.c.state.in_(bindparam("among", expanding=True)))

SETTLE_HELD = _SETTLING.where(batch.c.state == BatchState.SENDING, batch.c.lease_until == bindparam("the_lease"))
"""Moves a batch on where it is still held under *the_lease*."""
