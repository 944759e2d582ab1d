"""Reports of waves, in memory and in the database."""

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from outreach.model.report import Cell, Figure, WaveReport
from outreach.model.wave import BatchState, WaveState
from outreach.store.tables import (
    BatchRow,
    CallRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    MessageRow,
    SubmissionRow,
    WaveRow,
)
from tests.conftest import NOON

NL = Cell("members", "nl")
DE = Cell("municipalities", "de")
BOTH = Cell("social_workers", "nl+de")


def figures(recipients: int, **others: int) -> dict[Figure, int]:
    return {Figure.RECIPIENTS: recipients} | {Figure(name): value for name, value in others.items()}


def report(**changes: Any) -> WaveReport:
    """A wave of 3,000: 2,913 delivered, 2,400 who allow counting."""
    cells = {
        NL: figures(
            2000, tracked=1700, accepted=1995, delivered=1950, opened_human=600, opened=900, opens=1400,
            clicked_human=230, clicked=250, clicks=300, signups=30, unsubscribes=5,
        ),
        DE: figures(
            1000, tracked=700, accepted=995, delivered=963, opened_human=200, opened=340, opens=500,
            clicked_human=75, clicked=90, clicks=100, signups=11, unsubscribes=1, bounced=5,
        ),
    }  # fmt: skip
    plain = WaveReport(
        wave_id=7,
        campaign="sociaal-werkers",
        wave="call",
        title="Een gouden gemeente",
        state=WaveState.SENT,
        planned_at=NOON,
        started_at=NOON,
        finished_at=None,
        batches={"accepted": 30},
        unknown=0,
        tracked=2400,
        cells=cells,
        out={},
    )
    return replace(plain, **changes)


def stored_campaign(session: Session, slug: str = "sociaal-werkers", languages: tuple[str, ...] = ("nl", "de")) -> int:
    row = CampaignRow(
        slug=slug, title={"nl": slug}, summary={}, topic="sociaal-werk", languages=list(languages), created_at=NOON
    )
    session.add(row)
    session.flush()
    return row.id


def stored_wave(session: Session, campaign_id: int, name: str = "call", **changes: Any) -> int:
    values: dict[str, Any] = {
        "title": {"de": "Der Aufruf", "nl": "De oproep"},
        "audiences": ["members"],
        "state": WaveState.SENDING,
        "out": {},
        "created_at": NOON,
        "planned_at": NOON,
    }
    row = WaveRow(campaign_id=campaign_id, name=name, **(values | changes))
    session.add(row)
    session.flush()
    return row.id


def stored_batch(session: Session, wave_id: int, number: int, state: BatchState, size: int) -> int:
    message = MessageRow(
        wave_id=wave_id, variant=f"nl{number}", languages=["nl"], sender_email="post@example.org", sender_name="",
        reply_to="", subject="", html="", text="", headers={}, salutations={}, digest="",
    )  # fmt: skip
    session.add(message)
    session.flush()
    row = BatchRow(wave_id=wave_id, message_id=message.id, number=number, size=size, state=state, detail="")
    session.add(row)
    session.flush()
    return row.id


def stored_delivery(
    session: Session, wave_id: int, batch_id: int, *, status: str | None = None, cell: Cell = NL, tracked: bool = False
) -> None:
    contact = ContactRow(
        email=f"reader{session.query(ContactRow).count()}@example.org", first_name="", last_name="", kind="personal",
        attributes={}, created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    session.add(contact)
    session.flush()
    row = DeliveryRow(
        wave_id=wave_id, contact_id=contact.id, batch_id=batch_id, audience=cell.audience, variant=cell.variant,
        email=contact.email, first_name="", organisation="", tracked=tracked, status=status,
    )  # fmt: skip
    session.add(row)
    session.flush()


def stored_call(session: Session, campaign_id: int, slug: str, definition: dict[str, Any]) -> int:
    row = CallRow(campaign_id=campaign_id, slug=slug, definition=definition, closes=None)
    session.add(row)
    session.flush()
    return row.id


def stored_submission(session: Session, call_id: int, token: str, fold: str | None = None) -> None:
    session.add(SubmissionRow(call_id=call_id, language="nl", answers={}, fold=fold, form_token=token, at=NOON))
    session.flush()
