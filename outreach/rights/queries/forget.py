"""Forgetting somebody in one transaction: rows deleted, or left without anything that names a person.

No counter is touched and no batch is waited for: a mail that is being sent goes on, and one that is not yet sent is
left out and counted when its batch is claimed, because its contact is gone. Rows are taken in the house's order:
batches and attempts that name the person, deliveries by number, then the contact, then suppressions.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, case, cast, delete, func, literal, null, select, update
from sqlalchemy.orm import Session

from outreach.model.wave import WaveState
from outreach.rights.queries import mentions
from outreach.rights.queries.traces import Traces
from outreach.store.changes import change
from outreach.store.dialects import inserting
from outreach.store.tables import (
    ApprovalRow,
    ConsentRow,
    ContactGroupRow,
    ContactRow,
    DeliveryRow,
    EngagementRow,
    ErasedRow,
    LetterRow,
    PreflightRow,
    SignupRow,
    SubmissionRow,
    SuppressionRow,
    WaveRow,
    WebhookRow,
)

RidOf = Callable[[int], str]

NAMELESS = "forgotten"
"""Begins what stands where a form's token, a fold or a cause stood."""


def erase(session: Session, found: Traces, rid_of: RidOf) -> Counter[str]:
    """Take a person out of every table; return how many rows were concerned, by what they are."""
    removed = blank_deliveries(session, found.deliveries, rid_of)
    removed["submissions"] = _blank_submissions(session, found.submissions)
    _unlink(session, found.passed_on)
    removed["letters"] = change(session, delete(LetterRow).where(LetterRow.id.in_(found.letters)))
    removed.update(delete_contact(session, found.contact_id))
    if not found.back:
        gone = delete(SuppressionRow).where(SuppressionRow.email.in_(found.addresses))
        removed["suppressions"] = change(session, gone)
    removed["mentions"] = mentions.take_out(session, found.addresses, found.before)
    return removed


def hold(session: Session, found: Traces) -> None:
    """Keep other writers away from a person's rows; what they wrote meanwhile is found by looking once more."""
    mentions.hold_calls(session, found.addresses)
    for column, ids in ((DeliveryRow.id, found.deliveries), (ContactRow.id, (found.contact_id,))):
        session.execute(select(column).where(column.in_(ids)).order_by(column).with_for_update())


def blank_deliveries(session: Session, ids: Sequence[int], rid_of: RidOf) -> Counter[str]:
    """Leave the rows of these mails, naming nobody: no two of them can be told to be of one person.

    The contact's number goes as well: the same in several waves, it would tell that one person got their mails.
    *tracked* stays, since a figure is read off it; a row without an address counts as not tracked wherever something is
    listened to.
    """
    session.execute(select(DeliveryRow.id).where(DeliveryRow.id.in_(ids)).order_by(DeliveryRow.id).with_for_update())
    blanked = update(DeliveryRow).where(DeliveryRow.id.in_(ids)).values(
        contact_id=-DeliveryRow.id,
        email="",
        first_name="",
        organisation="",
        detail=null(),
        cause=case((DeliveryRow.cause == "", ""), else_=NAMELESS),
        opened_at=null(),
        opened_human_at=null(),
        clicked_at=null(),
        clicked_human_at=null(),
        answered_at=null(),
        unsubscribed_at=null(),
    )  # fmt: skip
    told = update(WebhookRow).where(WebhookRow.rid.in_([rid_of(delivery) for delivery in ids]), WebhookRow.detail != "")
    return Counter(
        deliveries=change(session, blanked),
        engagement=change(session, delete(EngagementRow).where(EngagementRow.delivery_id.in_(ids))),
        reports=change(session, told.values(detail="")),
    )


def delete_contact(session: Session, contact_id: int | None) -> Counter[str]:
    """Delete the contact; its groups, consents and sign-ups go with it, and only with it."""
    if contact_id is None:
        return Counter()
    session.execute(select(ContactRow.id).where(ContactRow.id == contact_id).with_for_update())
    removed = Counter(
        groups=_count(session, ContactGroupRow.contact_id == contact_id),
        consents=_count(session, ConsentRow.contact_id == contact_id),
        signups=_count(session, SignupRow.contact_id == contact_id),
    )
    removed["contacts"] = change(session, delete(ContactRow).where(ContactRow.id == contact_id))
    return removed


def remember(session: Session, key: str, at: datetime) -> None:
    """Keep the keyed hash, so that no import brings the person back; the first time stays."""
    kept = inserting(session, ErasedRow).values(key=key, at=at).on_conflict_do_nothing(index_elements=["key"])
    session.execute(kept)


def approved_waves(session: Session, deliveries: Sequence[int]) -> list[int]:
    """Return the waves with these mails that were approved and have not begun, held until the transaction ends."""
    planned = select(DeliveryRow.wave_id).where(DeliveryRow.id.in_(deliveries))
    waves = select(WaveRow.id).where(
        WaveRow.id.in_(planned), WaveRow.state.in_((WaveState.PLANNED, WaveState.APPROVED))
    )
    # a stronger lock would wait for whoever counts a figure of the wave, and may wait for a row of ours
    held = session.scalars(waves.order_by(WaveRow.id).with_for_update(key_share=True)).all()
    approved = select(WaveRow.id).where(WaveRow.id.in_(held), WaveRow.state == WaveState.APPROVED)
    return list(session.scalars(approved.order_by(WaveRow.id)))


def approver(session: Session, wave_id: int) -> tuple[str, str]:
    """Return who approved the wave, with the note."""
    newest = select(ApprovalRow.by, ApprovalRow.note).where(ApprovalRow.wave_id == wave_id)
    by, note = session.execute(newest.order_by(ApprovalRow.id.desc()).limit(1)).one()
    return by, note


def carry_preflight(session: Session, wave_id: int, before: str, after: str) -> None:
    """Let the preflight's findings stand for the wave without the person: the mails are the same."""
    looked_at = update(PreflightRow).where(PreflightRow.wave_id == wave_id, PreflightRow.digest == before)
    session.execute(looked_at.values(digest=after))


def _blank_submissions(session: Session, ids: Sequence[int]) -> int:
    """Leave answers that count, and say nothing."""
    rows = select(SubmissionRow.id, SubmissionRow.call_id, SubmissionRow.fold).where(SubmissionRow.id.in_(ids))
    folds = {(row.call_id, row.fold) for row in session.execute(rows.with_for_update()) if row.fold is not None}
    for call_id, fold in sorted(folds):
        if not _others_say(session, call_id, fold, ids):
            _hide_fold(session, call_id, fold)
    return change(
        session,
        update(SubmissionRow)
        .where(SubmissionRow.id.in_(ids))
        .values(
            answers={},
            email=null(),
            contact_id=null(),
            delivery_id=null(),
            network=null(),
            form_token=literal(f"{NAMELESS} ") + cast(SubmissionRow.id, String),
        ),
    )


def _others_say(session: Session, call_id: int, fold: str, ids: Sequence[int]) -> bool:
    """Return whether somebody who is not forgotten has given the same answer."""
    same = (SubmissionRow.call_id == call_id, SubmissionRow.fold == fold)
    others = (SubmissionRow.id.not_in(ids), ~SubmissionRow.form_token.startswith(NAMELESS))
    return session.scalar(select(SubmissionRow.id).where(*same, *others).limit(1)) is not None


def _hide_fold(session: Session, call_id: int, fold: str) -> None:
    """Replace a value under which answers count as one by another that says nothing and still counts once."""
    same = (SubmissionRow.call_id == call_id, SubmissionRow.fold == fold)
    first = session.scalar(select(func.min(SubmissionRow.id)).where(*same))
    change(session, update(SubmissionRow).where(*same).values(fold=f"{NAMELESS} {first}"))


def _unlink(session: Session, ids: Sequence[int]) -> None:
    theirs = update(SubmissionRow).where(SubmissionRow.id.in_(ids))
    change(session, theirs.values(contact_id=null(), delivery_id=null()))


def _count(session: Session, wanted: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(wanted)) or 0
