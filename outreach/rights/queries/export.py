"""Giving out everything held about a person, as JSON can carry it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, Select, Table, select
from sqlalchemy.orm import Session

from outreach.rights.holdings import HELD
from outreach.rights.queries.traces import Traces
from outreach.store.tables import (
    AttemptRow,
    Base,
    BatchRow,
    CallRow,
    CampaignRow,
    ConsentRow,
    ContactGroupRow,
    ContactRow,
    DeliveryRow,
    EngagementRow,
    ErasedRow,
    LetterRow,
    LinkRow,
    MessageRow,
    OrganisationRow,
    SignupRow,
    SubmissionRow,
    SubscriptionRow,
    SuppressionRow,
    WaveRow,
    WebhookRow,
)

Json = dict[str, Any]


def everything(session: Session, found: Traces, key: str, rid_of: Callable[[int], str]) -> Json:
    """Return what is held, by section; sections of which nothing is held are empty or null, never missing."""
    contact = _rows(session, _held("contact", ContactRow.id == found.contact_id))
    return {
        "contact": contact[0] if contact else None,
        "organisation": _organisation(session, found.contact_id),
        "groups": _names(session, found.contact_id),
        "consents": _of_contact(session, "consent", ConsentRow, found.contact_id, ConsentRow.id),
        "subscriptions": _of_contact(session, "subscription", SubscriptionRow, found.contact_id, SubscriptionRow.topic),
        "signups": _of_contact(session, "signup", SignupRow, found.contact_id, SignupRow.id),
        "letters_asked_for": _rows(session, _held("letter", LetterRow.id.in_(found.letters)).order_by(LetterRow.id)),
        "suppressions": _rows(session, _held("suppression", SuppressionRow.email.in_(found.addresses))),
        "forgotten": next(iter(_rows(session, _held("erased", ErasedRow.key == key))), None),
        "mails": _mails(session, found.deliveries, rid_of),
        "answers": _answers(session, found.submissions),
        "answers_under_another_address": len(found.passed_on),
    }


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _held(name: str, *wanted: Any) -> Select[Any]:
    """Select what an export gives out of a table."""
    return select(*(_table(name).c[column] for column in HELD[name])).where(*wanted)


def _rows(session: Session, statement: Select[Any]) -> list[Json]:
    return [_plain(row) for row in session.execute(statement).mappings()]


def _plain(row: RowMapping | Mapping[str, Any]) -> Json:
    return {name: plain(value) for name, value in row.items()}


def plain(value: Any) -> Any:
    """Return a value as JSON carries it; times keep their zone."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _of_contact(session: Session, name: str, row: Any, contact_id: int | None, order: Any) -> list[Json]:
    return _rows(session, _held(name, row.contact_id == contact_id).order_by(order))


def _names(session: Session, contact_id: int | None) -> list[str]:
    rows = _held("contact_group", ContactGroupRow.contact_id == contact_id).order_by(ContactGroupRow.name)
    return [row["name"] for row in _rows(session, rows)]


def _organisation(session: Session, contact_id: int | None) -> Json | None:
    rows = _held("organisation", OrganisationRow.id == ContactRow.organisation_id, ContactRow.id == contact_id)
    return next(iter(_rows(session, rows)), None)


def _mails(session: Session, deliveries: Sequence[int], rid_of: Callable[[int], str]) -> list[Json]:
    sent = (
        select(AttemptRow.started_at)
        .where(AttemptRow.batch_id == BatchRow.id, AttemptRow.outcome == "accepted")
        .order_by(AttemptRow.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    mails = _rows(
        session,
        _held("delivery", DeliveryRow.id.in_(deliveries))
        .add_columns(
            CampaignRow.slug.label("campaign"),
            WaveRow.name.label("wave"),
            MessageRow.subject.label("subject"),
            BatchRow.state.label("batch_state"),
            sent.label("sent_at"),
        )
        .join(WaveRow, WaveRow.id == DeliveryRow.wave_id)
        .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
        .outerjoin(BatchRow, BatchRow.id == DeliveryRow.batch_id)
        .outerjoin(MessageRow, MessageRow.id == BatchRow.message_id)
        .order_by(DeliveryRow.id),
    )
    hits = _hits(session, deliveries)
    reports = _reports(session, {rid_of(delivery): delivery for delivery in deliveries})
    for mail in mails:
        batch = mail.pop("batch_state")
        mail["status"] = mail["status"] or batch  # where a row says nothing of its own, its batch speaks for it
        mail["opens_and_clicks"] = hits.get(mail["id"], [])
        mail["reports"] = reports.get(mail["id"], [])
    return mails


def _hits(session: Session, deliveries: Sequence[int]) -> dict[int, list[Json]]:
    rows = (
        _held("engagement", EngagementRow.delivery_id.in_(deliveries))
        .add_columns(EngagementRow.delivery_id.label("of"), LinkRow.url.label("url"))
        .join(DeliveryRow, DeliveryRow.id == EngagementRow.delivery_id)
        .outerjoin(BatchRow, BatchRow.id == DeliveryRow.batch_id)
        .outerjoin(LinkRow, (LinkRow.message_id == BatchRow.message_id) & (LinkRow.position == EngagementRow.link))
        .order_by(EngagementRow.id)
    )
    return _by(session, rows, lambda of: of)


def _reports(session: Session, delivery_of: Mapping[str, int]) -> dict[int, list[Json]]:
    rows = _held("webhook", WebhookRow.rid.in_(delivery_of)).add_columns(WebhookRow.rid.label("of"))
    return _by(session, rows.order_by(WebhookRow.id), delivery_of.__getitem__)


def _by(session: Session, statement: Select[Any], whose: Callable[[Any], int]) -> dict[int, list[Json]]:
    found: dict[int, list[Json]] = {}
    for row in _rows(session, statement):
        found.setdefault(whose(row.pop("of")), []).append(row)
    return found


def _answers(session: Session, submissions: Iterable[int]) -> list[Json]:
    rows = _held("submission", SubmissionRow.id.in_(submissions)).add_columns(CallRow.slug.label("call"))
    return _rows(session, rows.join(CallRow, CallRow.id == SubmissionRow.call_id).order_by(SubmissionRow.id))
