"""Calls and what was answered, stored and counted in the one transaction that the step has opened."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import distinct, func, select, update
from sqlalchemy.orm import Session

from outreach.calls.definition import from_json, to_json
from outreach.calls.form import email_in, fold_of
from outreach.calls.standing import CallStanding, PublicCampaign, Submission
from outreach.errors import DefinitionError, NotFound
from outreach.model.campaign import Call, Standing
from outreach.model.report import Cell, Figure
from outreach.store.changes import change
from outreach.store.counters import count
from outreach.store.dialects import inserting
from outreach.store.tables import CallRow, CampaignRow, DeliveryRow, SubmissionRow

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


def save_call(session: Session, campaign_id: int, call: Call) -> int:
    """Register *call* with its campaign, or bring what is registered up to date; return its id."""
    if not SLUG.fullmatch(call.slug):
        raise DefinitionError(f"call {call.slug!r}: a slug is small letters, digits and hyphens, such as best-idea")
    row = session.scalars(select(CallRow).where(CallRow.slug == call.slug)).one_or_none()
    if row is None:
        row = CallRow(campaign_id=campaign_id, slug=call.slug)
        session.add(row)
    elif row.campaign_id != campaign_id:
        raise DefinitionError(f"call {call.slug!r} belongs to another campaign; give this one a slug of its own")
    row.definition = to_json(call)
    row.closes = call.closes
    session.flush()
    return row.id


def call_by_slug(session: Session, slug: str) -> CallStanding:
    """Return the call under */calls/slug*, or `NotFound`."""
    row = session.scalars(select(CallRow).where(CallRow.slug == slug)).one_or_none() if SLUG.fullmatch(slug) else None
    if row is None:
        raise NotFound("call", slug)
    return _standing(session, row)


def submit(session: Session, standing: CallStanding, submission: Submission) -> Standing:
    """Store the answers; return what they give. The same form sent twice is one answer, and gives the same.

    Where there are places, answers to one call come one after the other until they are committed, so that the last
    place is given once.
    """
    # held, so that whoever is forgotten meanwhile is forgotten with this answer, or before it
    id_ = submission.delivery_id
    delivery = session.get(DeliveryRow, id_, with_for_update=True) if id_ else None
    if delivery and not delivery.email:
        delivery = None  # somebody who was forgotten answers as anybody would
    row = {
        "call_id": standing.id,
        "delivery_id": delivery and delivery.id,
        "contact_id": delivery and delivery.contact_id,
        "email": email_in(standing.call, submission.values),
        "language": submission.language,
        "answers": submission.values,
        "fold": fold_of(standing.call, submission.values),
        "standing": _place(session, standing),
        "network": submission.network,
        "form_token": submission.form_token,
        "at": submission.at,
    }
    new = inserting(session, SubmissionRow).values(row)
    stored = change(session, new.on_conflict_do_nothing(index_elements=["form_token"]))
    if stored and delivery:
        _count_answer(session, delivery, submission.at)
    kept = select(SubmissionRow.standing).where(SubmissionRow.form_token == submission.form_token)
    return Standing(session.scalars(kept).one())


def sent_lately(session: Session, standing: CallStanding, network: str, now: datetime) -> int:
    """Return how many answers came from *network* in the last hour."""
    found = session.scalar(
        select(func.count()).where(
            SubmissionRow.call_id == standing.id,
            SubmissionRow.at > now - timedelta(hours=1),
            SubmissionRow.network == network,
        )
    )
    return found or 0


def campaign_by_slug(session: Session, slug: str) -> PublicCampaign:
    """Return the campaign under */campaigns/slug*, or `NotFound`."""
    row = session.scalars(select(CampaignRow).where(CampaignRow.slug == slug)).one_or_none() if _sound(slug) else None
    if row is None or row.hidden:
        raise NotFound("campaign", slug)
    return _public(session, [row])[0]


def campaign_by_id(session: Session, campaign_id: int) -> PublicCampaign:
    """Return the campaign, which a call or wave refers to."""
    return _public(session, [session.get_one(CampaignRow, campaign_id)])[0]


def campaigns(session: Session) -> list[PublicCampaign]:
    """Return all campaigns, the newest first; the house's own letters are none."""
    newest_first = (
        select(CampaignRow).where(~CampaignRow.hidden).order_by(CampaignRow.created_at.desc(), CampaignRow.id.desc())
    )
    return _public(session, session.scalars(newest_first).all())


def campaign_of(session: Session, standing: CallStanding) -> PublicCampaign:
    """Return the campaign that a call belongs to."""
    return campaign_by_id(session, session.get_one(CallRow, standing.id).campaign_id)


def _public(session: Session, rows: Iterable[CampaignRow]) -> list[PublicCampaign]:
    rows = list(rows)
    calls = session.scalars(
        select(CallRow).where(CallRow.campaign_id.in_([row.id for row in rows])).order_by(CallRow.id)
    ).all()
    return [
        PublicCampaign(
            id=row.id,
            slug=row.slug,
            title=row.title,
            summary=row.summary,
            topic=row.topic,
            languages=tuple(row.languages),
            calls=tuple(_standing(session, call) for call in calls if call.campaign_id == row.id),
        )
        for row in rows
    ]


def _standing(session: Session, row: CallRow) -> CallStanding:
    call = from_json(row.definition)
    taken = _registered(session, row.id) if call.capacity else 0
    return CallStanding(row.id, call, _count(session, row.id, call), taken)


def _place(session: Session, standing: CallStanding) -> Standing:
    if standing.call.capacity is None:
        return Standing.SUBMITTED
    session.execute(select(CallRow.id).where(CallRow.id == standing.id).with_for_update())
    free = _registered(session, standing.id) < standing.call.capacity
    return Standing.REGISTERED if free else Standing.WAITING


def _registered(session: Session, call_id: int) -> int:
    taken = select(func.count()).where(SubmissionRow.call_id == call_id, SubmissionRow.standing == Standing.REGISTERED)
    return session.scalar(taken) or 0


def _count(session: Session, call_id: int, call: Call) -> int:
    what = func.count(distinct(SubmissionRow.fold)) if call.fold_by else func.count(SubmissionRow.id)
    return session.scalar(select(what).where(SubmissionRow.call_id == call_id)) or 0


def _count_answer(session: Session, delivery: DeliveryRow, at: datetime) -> None:
    """Set when the delivery was first answered; a wave's sign-ups are the deliveries that were."""
    unanswered = update(DeliveryRow).where(DeliveryRow.id == delivery.id, DeliveryRow.answered_at.is_(None))
    marked = change(session, unanswered.values(answered_at=at))
    count(session, delivery.wave_id, Cell(delivery.audience, delivery.variant), {Figure.SIGNUPS: marked})


def _sound(slug: str) -> bool:
    return SLUG.fullmatch(slug) is not None
