"""Removing what is older than its rule allows, a portion a transaction, each with its proof."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, exists, func, null, or_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.model.rights import Removed
from outreach.rights.queries.export import plain
from outreach.rights.queries.forget import RidOf, blank_deliveries
from outreach.store.changes import change
from outreach.store.tables import (
    AttemptRow,
    BatchRow,
    ConsentRow,
    ContactGroupRow,
    ContactRow,
    DeliveryRow,
    EngagementRow,
    LetterRow,
    MilestoneRow,
    PictureRow,
    RetentionRow,
    SignupRow,
    SubmissionRow,
    WaveRow,
    WebhookRow,
)

Column = InstrumentedAttribute[Any] | ColumnElement[Any]

Id = int | str

Clean = Callable[[Session, Sequence[Any], RidOf], None]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Which rows a rule speaks of, and what is done to them. *proof* identifies a row in the digest."""

    id: InstrumentedAttribute[int] | InstrumentedAttribute[str]
    at: Column
    proof: tuple[Column, ...]
    clean: Clean
    only: tuple[ColumnElement[bool], ...] = ()

    def older(self, cutoff: datetime) -> tuple[ColumnElement[bool], ...]:
        """Return the condition on rows that go."""
        return self.at < cutoff, *self.only


@dataclass(frozen=True, slots=True)
class Portion:
    """What one transaction removed: the last row's id, and a line of proof for each row, in order."""

    last: Id
    times: tuple[datetime, ...]
    lines: tuple[str, ...]


def _deleted(id_: InstrumentedAttribute[Any]) -> Clean:
    def clean(session: Session, ids: Sequence[Any], _rid_of: RidOf) -> None:
        change(session, delete(id_.class_).where(id_.in_(ids)))

    return clean


def _emptied(id_: InstrumentedAttribute[int], **values: Any) -> Clean:
    def clean(session: Session, ids: Sequence[int], _rid_of: RidOf) -> None:
        change(session, update(id_.class_).where(id_.in_(ids)).values(**values))

    return clean


def _unconfirmed(session: Session, ids: Sequence[int], rid_of: RidOf) -> None:
    """Delete sign-ups, and the contacts that came with them and that nothing else needs."""
    made = exists().where(
        SignupRow.contact_id == ContactRow.id, SignupRow.id.in_(ids), SignupRow.requested_at <= ContactRow.created_at
    )
    held = select(ContactRow.id).where(made).order_by(ContactRow.id).with_for_update(of=ContactRow)
    contacts = session.scalars(held).all()
    change(session, delete(SignupRow).where(SignupRow.id.in_(ids)))
    alone = session.scalars(select(ContactRow.id).where(ContactRow.id.in_(contacts), _held_by_nothing())).all()
    letters = session.scalars(select(DeliveryRow.id).where(DeliveryRow.of_contacts(alone)).order_by(DeliveryRow.id))
    blank_deliveries(session, letters.all(), rid_of)
    change(session, delete(ContactRow).where(ContactRow.id.in_(alone)))


def _held_by_nothing() -> ColumnElement[bool]:
    """No consent, group, answer, wave, organisation or file knows the contact, and nothing was said of it since."""
    of_contact = (
        exists().where(SignupRow.contact_id == ContactRow.id),
        exists().where(ConsentRow.contact_id == ContactRow.id),
        exists().where(ContactGroupRow.contact_id == ContactRow.id),
        exists().where(SubmissionRow.contact_id == ContactRow.id),
        exists().where(DeliveryRow.of_contact(ContactRow.id), DeliveryRow.cause == ""),
        ContactRow.external_id.is_not(None),
        ContactRow.organisation_id.is_not(None),
        cast(ContactRow.attributes, Text) != "{}",
        ContactRow.first_name != "",
        ContactRow.last_name != "",
        ContactRow.updated_at != ContactRow.created_at,
    )
    return ~or_(*of_contact)


SWEEPS: Mapping[str, Sweep] = {
    "agents": Sweep(
        EngagementRow.id,
        EngagementRow.at,
        (EngagementRow.id, EngagementRow.at),
        _emptied(EngagementRow.id, agent=null(), network=null()),
        (or_(EngagementRow.agent.is_not(None), EngagementRow.network.is_not(None)),),
    ),
    "engagement": Sweep(
        EngagementRow.id,
        EngagementRow.at,
        (EngagementRow.id, EngagementRow.wave_id, EngagementRow.delivery_id, EngagementRow.act, EngagementRow.at),
        _deleted(EngagementRow.id),
    ),
    "reports": Sweep(
        WebhookRow.id,
        WebhookRow.received_at,
        (WebhookRow.id, WebhookRow.provider, WebhookRow.event_id, WebhookRow.received_at),
        _deleted(WebhookRow.id),
    ),
    "networks": Sweep(
        SubmissionRow.id,
        SubmissionRow.at,
        (SubmissionRow.id, SubmissionRow.call_id, SubmissionRow.at),
        _emptied(SubmissionRow.id, network=null()),
        (SubmissionRow.network.is_not(None),),
    ),
    "signups": Sweep(
        SignupRow.id,
        SignupRow.requested_at,
        (SignupRow.id, SignupRow.contact_id, SignupRow.requested_at),
        _unconfirmed,
        (SignupRow.confirmed_at.is_(None),),
    ),
    "signup-networks": Sweep(
        SignupRow.id,
        SignupRow.requested_at,
        (SignupRow.id, SignupRow.contact_id, SignupRow.requested_at),
        _emptied(SignupRow.id, network=null()),
        (SignupRow.network.is_not(None),),
    ),
    "letters": Sweep(LetterRow.id, LetterRow.at, (LetterRow.id, LetterRow.kind, LetterRow.at), _deleted(LetterRow.id)),
    "calls": Sweep(
        AttemptRow.id,
        AttemptRow.ended_at,
        (AttemptRow.id, AttemptRow.batch_id, AttemptRow.ended_at),
        _emptied(AttemptRow.id, detail=""),
        (AttemptRow.detail != "",),
    ),
    "batches": Sweep(
        BatchRow.id,
        BatchRow.settled_at,
        (BatchRow.id, BatchRow.wave_id, BatchRow.settled_at),
        _emptied(BatchRow.id, detail=""),
        (BatchRow.detail != "",),
    ),
    "copies": Sweep(
        DeliveryRow.id,
        select(BatchRow.settled_at).where(BatchRow.id == DeliveryRow.batch_id).scalar_subquery(),
        (DeliveryRow.id, DeliveryRow.wave_id, DeliveryRow.contact_id),
        _emptied(DeliveryRow.id, first_name="", organisation="", detail=null()),
        (or_(DeliveryRow.first_name != "", DeliveryRow.organisation != "", DeliveryRow.detail.is_not(None)),),
    ),
    "pictures": Sweep(
        PictureRow.key,
        select(func.coalesce(WaveRow.finished_at, WaveRow.planned_at))
        .where(WaveRow.id == PictureRow.wave_id)
        .scalar_subquery(),
        (PictureRow.wave_id, PictureRow.message, PictureRow.width, PictureRow.scheme),
        _deleted(PictureRow.key),
    ),
    "milestones": Sweep(
        MilestoneRow.id,
        MilestoneRow.emitted_at,
        (MilestoneRow.id, MilestoneRow.name, MilestoneRow.resource, MilestoneRow.emitted_at),
        _deleted(MilestoneRow.id),
    ),
}
"""What each rule of `rights/rules.py` means in tables."""


def due(session: Session, rule: str, cutoff: datetime) -> Removed:
    """Return what a run would remove now."""
    sweep = SWEEPS[rule]
    rows = select(sweep.id.label("id"), sweep.at.label("at")).where(*sweep.older(cutoff)).subquery()
    found = session.execute(select(func.count(), func.min(rows.c.at), func.max(rows.c.at))).one()
    return Removed(rule, cutoff, *found)


def remove(
    session: Session, rule: str, cutoff: datetime, rid_of: RidOf, *, after: Id | None, most: int
) -> Portion | None:
    """Remove up to *most* rows beyond the id *after*; None where nothing is left. One pass sees every row once."""
    sweep = SWEEPS[rule]
    rows = (
        select(sweep.id.label("row_id"), sweep.at.label("row_at"), *sweep.proof)
        .where(sweep.id > after if after is not None else true(), *sweep.older(cutoff))
        .order_by(sweep.id)
        .limit(most)
    )
    found = session.execute(rows.with_for_update(of=sweep.id.class_)).all()
    if not found:
        return None
    sweep.clean(session, [row.row_id for row in found], rid_of)
    lines = tuple(json.dumps([plain(value) for value in row[2:]]) for row in found)
    return Portion(found[-1].row_id, tuple(row.row_at for row in found), lines)


def write_proof(session: Session, proof_id: int | None, proof: Removed, at: datetime) -> int:
    """Write a proof down, or bring it up to date; return its number."""
    row = session.get(RetentionRow, proof_id) if proof_id is not None else RetentionRow(rule=proof.rule, at=at)
    assert row is not None  # noqa: S101 - this run has written it
    row.cutoff, row.removed, row.digest = proof.cutoff, proof.removed, proof.digest
    row.oldest, row.newest = proof.oldest, proof.newest
    session.add(row)
    session.flush()
    return row.id


def proofs(session: Session, most: int) -> Iterator[Removed]:
    """Yield the newest proofs."""
    for row in session.scalars(select(RetentionRow).order_by(RetentionRow.id.desc()).limit(most)):
        yield Removed(row.rule, row.cutoff, row.removed, row.oldest, row.newest, row.digest, row.at)
