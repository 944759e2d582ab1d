"""A campaign with a wave that has been sent, straight into the database, and calls to answer."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.calls.queries import save_call
from outreach.model.campaign import Call, Field, FieldKind
from outreach.model.report import Cell, Figure
from outreach.model.wave import BatchState, WaveState
from outreach.store import Sessions
from outreach.store.tables import (
    Base,
    BatchRow,
    CampaignRow,
    ContactRow,
    CounterRow,
    DeliveryRow,
    LinkRow,
    MessageRow,
    WaveRow,
)
from tests.conftest import NOON

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"

SITE = "https://mail.example.org"
LINKS = (
    "https://www.example.org/nieuws?x=1",
    f"{SITE}/calls/golden-municipality?lang=nl",
    "https://www.example.com/agenda",
    "https://www.example.net/",
)

CELL = Cell("members", "nl")


@dataclass
class Sent:
    """Ids of what stands in the database; *deliveries* in the order of the readers."""

    campaign: int
    wave: int
    deliveries: list[int] = field(default_factory=list)
    contacts: list[int] = field(default_factory=list)


def sent(sessions: Sessions, *, tracked: bool = True, readers: int = 1, slug: str = "golden") -> Sent:
    """Write a campaign down whose wave went to invented readers."""
    with sessions.begin() as session:
        campaign = CampaignRow(
            slug=slug,
            title={"nl": "Gouden gemeente", "de": "Goldene Gemeinde"},
            summary={"nl": "Tien gemeenten die het goed doen.", "de": "Zehn Gemeinden, die es gut machen."},
            topic="social-work",
            languages=["nl", "de"],
            created_at=NOON,
        )
        session.add(campaign)
        session.flush()
        wave = _wave(session, campaign.id)
        batch = _batch(session, wave.id, readers)
        found = Sent(campaign.id, wave.id)
        for number in range(readers):
            contact = _contact(session, f"{slug}-reader{number}@example.org")
            delivery = _delivery(session, wave.id, batch.id, contact, tracked=tracked)
            found.deliveries.append(delivery.id)
            found.contacts.append(contact.id)
    return found


def nomination(**changes: Any) -> Call:
    """A form with every kind of question."""
    values: dict[str, Any] = {
        "slug": "golden-municipality",
        "title": {"nl": "Draag een gouden gemeente voor", "de": "Schlagen Sie eine goldene Gemeinde vor"},
        "intro": {"nl": "Welke gemeente werkt goed samen?", "de": "Welche Gemeinde arbeitet gut zusammen?"},
        "button": {"nl": "Draag voor", "de": "Vorschlagen"},
        "thanks": {"nl": "We laten het u weten.", "de": "Sie hören von uns."},
        "fields": (
            Field("municipality", FieldKind.LINE, {"nl": "Gemeente", "de": "Gemeinde"}, limit=80),
            Field(
                "theme",
                FieldKind.CHOICE,
                {"nl": "Thema", "de": "Thema"},
                choices={
                    "youth": {"nl": "Jeugd", "de": "Jugend"},
                    "living": {"nl": "Zelfstandig wonen", "de": "Selbstständig wohnen"},
                },
            ),
            Field(
                "reason",
                FieldKind.TEXT,
                {"nl": "Waarom?", "de": "Warum?"},
                help={"nl": "Een voorbeeld zegt meer dan een oordeel.", "de": "Ein Beispiel sagt mehr als ein Urteil."},
                limit=600,
            ),
            Field("email", FieldKind.EMAIL, {"nl": "Uw e-mailadres", "de": "Ihre E-Mail-Adresse"}),
            Field("name", FieldKind.LINE, {"nl": "Uw naam", "de": "Ihr Name"}, required=False),
            Field("agreed", FieldKind.CHECK, {"nl": "U mag mij bellen", "de": "Sie dürfen mich anrufen"}),
        ),
        "goal": 10,
        "fold_by": "municipality",
    }
    return Call(**(values | changes))


def answers(**changes: str) -> dict[str, str]:
    """A nomination as it should be."""
    values = {
        "municipality": "Voorbeeldstad",
        "theme": "youth",
        "reason": "Ze luisteren.\nEn ze doen iets.",
        "email": "bo@example.org",
        "name": "Bo Voorbeeld",
        "agreed": "yes",
    }
    return values | changes


def registered(sessions: Sessions, campaign: int, call: Call | None = None) -> int:
    """Register a call with the campaign."""
    with sessions.begin() as session:
        return save_call(session, campaign, call or nomination())


def figures(sessions: Sessions, wave: int) -> dict[tuple[Cell, Figure], int]:
    """Return what is counted of a wave, zeros left out."""
    with sessions.begin() as session:
        rows = session.scalars(select(CounterRow).where(CounterRow.wave_id == wave, CounterRow.value != 0)).all()
        return {(Cell(row.audience, row.variant), Figure(row.figure)): row.value for row in rows}


def everything(sessions: Sessions) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that stands in the database, for telling whether something was changed."""
    with sessions.begin() as session:
        return {
            table.name: [tuple(row) for row in session.execute(table.select().order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def _wave(session: Session, campaign: int) -> WaveRow:
    row = WaveRow(
        campaign_id=campaign, name="call", title={}, audiences=["members"], call=None, state=WaveState.SENDING, out={},
        created_at=NOON,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _batch(session: Session, wave: int, size: int) -> BatchRow:
    message = MessageRow(
        wave_id=wave, variant="nl", languages=["nl"], sender_email="post@example.org", sender_name="", reply_to="",
        subject="Oproep", html="<p>Dag</p>", text="Dag", headers={}, salutations={}, digest="",
    )  # fmt: skip
    session.add(message)
    session.flush()
    session.add_all(LinkRow(message_id=message.id, position=n, url=url, label=str(n)) for n, url in enumerate(LINKS))
    row = BatchRow(
        wave_id=wave, message_id=message.id, number=1, size=size, state=BatchState.ACCEPTED, detail="", settled_at=NOON
    )
    session.add(row)
    session.flush()
    return row


def _contact(session: Session, email: str) -> ContactRow:
    row = ContactRow(
        email=email, first_name="Bo", last_name="Voorbeeld", language="nl", kind="personal", attributes={},
        created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _delivery(session: Session, wave: int, batch: int, contact: ContactRow, *, tracked: bool) -> DeliveryRow:
    row = DeliveryRow(
        wave_id=wave, contact_id=contact.id, batch_id=batch, audience=CELL.audience, variant=CELL.variant,
        email=contact.email, first_name="Bo", organisation="", tracked=tracked,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row
