"""The plan of a wave: its messages, its digest, and what people say to it; `freeze` writes its recipients."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import BigInteger, cast, delete, func, literal, select
from sqlalchemy.orm import Session

from outreach.delivery.queries.freeze import Cells
from outreach.model.mail import Message, message_name
from outreach.model.report import Cell, Figure
from outreach.model.trial import Trial
from outreach.store.counters import count
from outreach.store.dialects import on_postgres
from outreach.store.tables import (
    ApprovalRow,
    BatchRow,
    CounterRow,
    DeliveryRow,
    LinkRow,
    MessageRow,
    PictureRow,
    PreflightRow,
    WaveRow,
)

WHO = (
    DeliveryRow.contact_id,
    DeliveryRow.audience,
    DeliveryRow.variant,
    DeliveryRow.email,
    DeliveryRow.first_name,
    DeliveryRow.organisation,
    DeliveryRow.tracked,
)
"""What of a recipient makes a difference to the mail."""

NAMED = (MessageRow.audience, MessageRow.variant, MessageRow.version)
"""What tells the messages of a wave apart, in the order in which they are shown."""


def clear(session: Session, wave_id: int) -> None:
    """Take an earlier plan away; only waves that never began may be cleared."""
    session.execute(delete(DeliveryRow).where(DeliveryRow.wave_id == wave_id))
    session.execute(delete(BatchRow).where(BatchRow.wave_id == wave_id))
    messages = select(MessageRow.id).where(MessageRow.wave_id == wave_id)
    session.execute(delete(LinkRow).where(LinkRow.message_id.in_(messages)))
    for table in (MessageRow, CounterRow, PreflightRow, PictureRow):
        session.execute(delete(table).where(table.wave_id == wave_id))


def freeze_messages(session: Session, wave_id: int, messages: Iterable[Message]) -> None:
    """Keep every variant as it will go out, with its links registered."""
    for message in messages:
        row = MessageRow(
            wave_id=wave_id,
            audience=message.audience,
            variant=message.variant,
            version=message.version,
            languages=list(message.languages),
            sender_email=message.sender.email,
            sender_name=message.sender.name,
            reply_to=message.reply_to,
            subject=message.subject,
            html=message.html,
            text=message.text,
            headers=dict(message.headers),
            salutations={code: [words.named, words.plain] for code, words in message.salutations.items()},
            digest=message.digest,
        )
        session.add(row)
        session.flush()
        session.add_all(
            LinkRow(message_id=row.id, position=position, url=link.url, label=link.label)
            for position, link in enumerate(message.links)
        )


def recipients(session: Session, wave_id: int) -> Cells:
    """Return how many people the wave was frozen for, by audience and variant."""
    by = (DeliveryRow.audience, DeliveryRow.variant)
    counted = select(*by, func.count()).where(DeliveryRow.wave_id == wave_id).group_by(*by).order_by(*by)
    return {(audience, variant): size for audience, variant, size in session.execute(counted).tuples()}


def start_counters(session: Session, wave_id: int, cells: Cells) -> None:
    """Begin the wave's figures with its recipients."""
    for (audience, variant), size in cells.items():
        count(session, wave_id, Cell(audience, variant), {Figure.RECIPIENTS: size})


def digest(session: Session, wave_id: int) -> str:
    """Hash of what would go out to whom; any change to content or audience changes it.

    The same plan has the same digest however often it is asked for, but not in another kind of database.
    """
    seen = hashlib.sha256()
    messages = select(MessageRow.variant, MessageRow.digest).where(MessageRow.wave_id == wave_id)
    for message in session.execute(messages.order_by(*NAMED)):
        seen.update(repr(tuple(message)).encode())
    if tried := session.scalar(select(WaveRow.trial).where(WaveRow.id == wave_id)):
        seen.update(repr(Trial.of(tried)).encode())  # what goes first is approved with the rest
    hashed = _hashed_there if on_postgres(session) else _hashed_here
    for part in hashed(session, wave_id):
        seen.update(part)
    return seen.hexdigest()


def keep_approval(
    session: Session, wave_id: int, digest: str, *, approved: bool, by: str, note: str, at: datetime
) -> None:
    """Write a person's word down."""
    session.add(ApprovalRow(wave_id=wave_id, digest=digest, approved=approved, by=by, note=note, at=at))


def approved_digest(session: Session, wave_id: int) -> str | None:
    """Return what the newest approval was given for."""
    newest = session.scalar(
        select(ApprovalRow).where(ApprovalRow.wave_id == wave_id).order_by(ApprovalRow.id.desc()).limit(1)
    )
    return newest.digest if newest and newest.approved else None


def keep_preflight(session: Session, wave_id: int, digest: str, findings: list[dict[str, str]], at: datetime) -> None:
    """Write the findings down, for the approver."""
    session.merge(PreflightRow(wave_id=wave_id, digest=digest, findings=findings, at=at))


def subjects(session: Session, wave_id: int) -> dict[str, str]:
    """Return the subject of every message by its name."""
    rows = select(MessageRow).where(MessageRow.wave_id == wave_id).order_by(*NAMED)
    return {message_name(row.audience, row.variant, row.version): row.subject for row in session.scalars(rows)}


def _hashed_there(session: Session, wave_id: int) -> Iterator[bytes]:
    # The server hashes a million people in half a second, on all its processors, since a sum asks for no order. Hashed
    # twice: a row's hash is a sum over its columns, so two people could change names unnoticed. Two sums of 64 bits
    # guard against accidents; who could aim at them could write the approval as well.
    person = func.row(*WHO)
    seeds = [cast(seed, BigInteger) for seed in (1, 2)]
    sums = (func.sum(func.hashint8extended(func.hash_record_extended(person, seed), seed)) for seed in seeds)
    # a wave planned just now is in no statistics: named by a subquery, it counts as one like the others
    of_wave = DeliveryRow.wave_id == select(literal(wave_id)).scalar_subquery()
    row = session.execute(select(func.count(), *sums).where(of_wave)).one()
    yield repr(tuple(map(str, row))).encode()


def _hashed_here(session: Session, wave_id: int) -> Iterator[bytes]:
    people = select(*WHO).where(DeliveryRow.wave_id == wave_id).order_by(DeliveryRow.contact_id)
    for person in session.execute(people.execution_options(yield_per=5000)):
        yield repr(tuple(person)).encode()
