"""Freezing a wave: its messages, its recipients, its batches."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from outreach.model.mail import Message
from outreach.model.report import Cell, Figure
from outreach.model.wave import BatchState
from outreach.store.counters import count
from outreach.store.tables import (
    ApprovalRow,
    BatchRow,
    CounterRow,
    DeliveryRow,
    LinkRow,
    MessageRow,
    PreflightRow,
)

Variants = Mapping[tuple[str | None, str], str]
"""Which variant a recipient gets, by language (None: not known, or not spoken here) and kind of address."""


def clear(session: Session, wave_id: int) -> None:
    """Take an earlier plan away; only waves that never began may be cleared."""
    session.execute(delete(DeliveryRow).where(DeliveryRow.wave_id == wave_id))
    session.execute(delete(BatchRow).where(BatchRow.wave_id == wave_id))
    messages = select(MessageRow.id).where(MessageRow.wave_id == wave_id)
    session.execute(delete(LinkRow).where(LinkRow.message_id.in_(messages)))
    for table in (MessageRow, CounterRow, PreflightRow):
        session.execute(delete(table).where(table.wave_id == wave_id))


def freeze_messages(session: Session, wave_id: int, messages: Iterable[Message]) -> None:
    """Keep every variant as it will go out, with its links registered."""
    for message in messages:
        row = MessageRow(
            wave_id=wave_id,
            variant=message.variant,
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


def freeze_recipients(
    session: Session, wave_id: int, audience: str, chosen: Select[Any], variants: Variants, *, ordered_by: str
) -> None:
    """Freeze one audience by one INSERT … SELECT; who is in the wave already stays in the audience named before.

    *chosen* has the columns contact_id, email, first_name, organisation, language, kind and tracked.
    """
    who = chosen.subquery()
    already = select(DeliveryRow.id).where(DeliveryRow.wave_id == wave_id, DeliveryRow.contact_id == who.c.contact_id)
    rows = (
        select(
            literal(wave_id),
            who.c.contact_id,
            literal(audience),
            _variant(variants, who.c.language, who.c.kind),
            who.c.email,
            who.c.first_name,
            who.c.organisation,
            who.c.tracked,
        )
        .where(~already.exists())
        .order_by(who.c[ordered_by])
    )
    columns = ["wave_id", "contact_id", "audience", "variant", "email", "first_name", "organisation", "tracked"]
    session.execute(insert(DeliveryRow).from_select(columns, rows, include_defaults=False))


def cut_into_batches(session: Session, wave_id: int, most: int) -> None:
    """Give every recipient a batch of at most *most*, all of one message."""
    sizes = dict(
        session.execute(
            select(DeliveryRow.variant, func.count())
            .where(DeliveryRow.wave_id == wave_id)
            .group_by(DeliveryRow.variant)
            .order_by(DeliveryRow.variant)
        )
        .tuples()
        .all()
    )
    messages = dict(
        session.execute(select(MessageRow.variant, MessageRow.id).where(MessageRow.wave_id == wave_id)).tuples().all()
    )
    batches = _batches(wave_id, sizes, messages, most)
    if batches:
        session.execute(insert(BatchRow), batches)
        session.execute(_assignment(wave_id, most))


def recipients(session: Session, wave_id: int) -> dict[tuple[str, str], int]:
    """Return how many people the wave was frozen for, by audience and variant."""
    return {
        (audience, variant): size
        for audience, variant, size in session.execute(
            select(DeliveryRow.audience, DeliveryRow.variant, func.count())
            .where(DeliveryRow.wave_id == wave_id)
            .group_by(DeliveryRow.audience, DeliveryRow.variant)
            .order_by(DeliveryRow.audience, DeliveryRow.variant)
        )
        .tuples()
        .all()
    }


def start_counters(session: Session, wave_id: int, cells: Mapping[tuple[str, str], int]) -> None:
    """Begin the wave's figures with its recipients."""
    for (audience, variant), size in cells.items():
        count(session, wave_id, Cell(audience, variant), {Figure.RECIPIENTS: size})


def digest(session: Session, wave_id: int) -> str:
    """Hash of what would go out to whom; any change to content or audience changes it."""
    seen = hashlib.sha256()
    messages = select(MessageRow.variant, MessageRow.digest).where(MessageRow.wave_id == wave_id)
    for message in session.execute(messages.order_by(MessageRow.variant)):
        seen.update(repr(tuple(message)).encode())
    who = (
        DeliveryRow.contact_id,
        DeliveryRow.audience,
        DeliveryRow.variant,
        DeliveryRow.email,
        DeliveryRow.first_name,
        DeliveryRow.organisation,
    )
    people = select(*who).where(DeliveryRow.wave_id == wave_id).order_by(DeliveryRow.contact_id)
    for person in session.execute(people.execution_options(yield_per=5000)):
        seen.update(repr(tuple(person)).encode())
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
    """Return the subject of every variant."""
    rows = select(MessageRow.variant, MessageRow.subject).where(MessageRow.wave_id == wave_id)
    return dict(session.execute(rows.order_by(MessageRow.variant)).tuples().all())


def _variant(variants: Variants, language: ColumnElement[str], kind: ColumnElement[str]) -> ColumnElement[str]:
    spoken = [((language == code) & (kind == of), variant) for (code, of), variant in variants.items() if code]
    unknown = [(kind == of, variant) for (code, of), variant in variants.items() if code is None]
    return case(*spoken, *unknown)


def _batches(wave_id: int, sizes: Mapping[str, int], messages: Mapping[str, int], most: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for variant, size in sizes.items():
        for start in range(0, size, most):
            rows.append(
                {
                    "wave_id": wave_id,
                    "message_id": messages[variant],
                    "number": len(rows) + 1,
                    "size": min(most, size - start),
                    "state": BatchState.PLANNED,
                    "detail": "",
                }
            )
    return rows


def _assignment(wave_id: int, most: int) -> Any:
    order = func.row_number().over(partition_by=DeliveryRow.variant, order_by=DeliveryRow.id)
    people = (
        select(DeliveryRow.id.label("id"), DeliveryRow.variant.label("variant"), ((order - 1) // most).label("turn"))
        .where(DeliveryRow.wave_id == wave_id)
        .subquery()
    )
    turn = func.row_number().over(partition_by=BatchRow.message_id, order_by=BatchRow.number)
    batches = (
        select(BatchRow.id.label("id"), MessageRow.variant.label("variant"), (turn - 1).label("turn"))
        .join(MessageRow, MessageRow.id == BatchRow.message_id)
        .where(BatchRow.wave_id == wave_id)
        .subquery()
    )
    return (
        update(DeliveryRow)
        .values(batch_id=batches.c.id)
        .where(
            DeliveryRow.id == people.c.id,
            people.c.variant == batches.c.variant,
            people.c.turn == batches.c.turn,
        )
        .execution_options(synchronize_session=False)
    )
