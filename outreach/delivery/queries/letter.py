"""The house's own letters in the ledger: one recipient a batch, unique by what brought them about."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.orm import Session

from outreach.delivery.queries.ledger import last_in_line
from outreach.delivery.queries.plan import freeze_messages
from outreach.errors import DefinitionError
from outreach.model.letter import HOUSE, Addressee, Letter
from outreach.model.mail import Message
from outreach.model.people import SuppressionReason
from outreach.model.report import Cell, Figure
from outreach.model.wave import BatchState, WaveState
from outreach.store.counters import count
from outreach.store.dialects import inserting, on_postgres
from outreach.store.tables import (
    BatchRow,
    CampaignRow,
    DeliveryRow,
    LetterRow,
    MessageRow,
    SuppressionRow,
    WaveRow,
)

AUDIENCE = "letters"

NETWORK_WINDOW = timedelta(hours=1)
ADDRESS_WINDOW = timedelta(days=1)


def hold(session: Session, kind: Letter, now: datetime) -> int:
    """Return the wave of *kind*, sending, and keep every other writer of such letters out until this transaction ends.

    One after the other they count what was asked for lately, and number their batches. The wave sends for good: where
    the email API locked it out, the next letter opens it again.
    """
    campaign_id = _campaign(session, now)
    known = select(WaveRow).where(WaveRow.campaign_id == campaign_id, WaveRow.name == kind).with_for_update()
    if session.scalar(known) is None:
        row = {"campaign_id": campaign_id, "name": kind, "title": {}, "audiences": [], "out": {}, "created_at": now}
        new = inserting(session, WaveRow).values(row | {"state": WaveState.SENDING, "started_at": now})
        session.execute(new.on_conflict_do_nothing(index_elements=["campaign_id", "name"]))
    wave = session.scalars(known).one()
    wave.state = WaveState.SENDING
    return wave.id


def waves(session: Session) -> dict[Letter, int]:
    """Return the waves that letters of each kind have had so far."""
    rows = select(WaveRow.name, WaveRow.id).join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
    found = session.execute(rows.where(CampaignRow.hidden, CampaignRow.slug == HOUSE).order_by(WaveRow.id)).tuples()
    return {Letter(name): wave_id for name, wave_id in found}


def waiting(session: Session, wave_id: int) -> bool:
    """Return whether a letter of the wave is still to be sent, or what became of it is not known."""
    open_ones = BatchRow.state.in_((BatchState.PLANNED, BatchState.SENDING, BatchState.UNKNOWN))
    return session.scalar(select(exists().where(BatchRow.wave_id == wave_id, open_ones))) or False


def write(session: Session, wave_id: int, message: Message, to: Addressee, cause: str) -> int:
    """Put one letter in the ledger, ready to be claimed; return its delivery."""
    batch_id = last_in_line(session, wave_id, _frozen(session, wave_id, message), 1)
    row = DeliveryRow(
        wave_id=wave_id,
        contact_id=to.contact_id,
        batch_id=batch_id,
        audience=AUDIENCE,
        variant=message.variant,
        email=to.email,
        first_name="",
        organisation="",
        tracked=False,
        cause=cause,
    )
    session.add(row)
    session.flush()
    count(session, wave_id, Cell(AUDIENCE, message.variant), {Figure.RECIPIENTS: 1})
    return row.id


def pass_over(session: Session, wave_id: int) -> None:
    """Use up the number of a letter that was taken back, so that later numbers do not tell that it was.

    Every link shows its letter's number. PostgreSQL gives none twice; SQLite would, so a nameless row takes it there.
    """
    if on_postgres(session):
        return
    nobody = {"wave_id": wave_id, "contact_id": 0, "cause": "nobody"}
    following = select(func.max(DeliveryRow.id) + 1).scalar_subquery()
    known = update(DeliveryRow).filter_by(**nobody).values(id=following).returning(DeliveryRow.id)
    if session.scalars(known.execution_options(synchronize_session=False)).one_or_none() is None:
        blank = {"audience": AUDIENCE, "variant": "", "email": "", "first_name": "", "organisation": ""}
        session.execute(insert(DeliveryRow), [{**nobody, **blank, "tracked": False}])


def unreachable(session: Session, email: str) -> bool:
    """Return whether not even a letter may go to *email*: it bounced, complained, or was stopped by hand."""
    stopped = exists().where(SuppressionRow.email == email, SuppressionRow.reason != SuppressionReason.UNSUBSCRIBED)
    return session.scalar(select(stopped)) or False


def ask(
    session: Session, kind: Letter, *, address: str, network: str | None, form_token: str, now: datetime
) -> int | None:
    """Write down that a letter was asked for; None where this very form has been sent before."""
    row = {"kind": kind, "address": address, "network": network, "form_token": form_token, "at": now}
    asked = inserting(session, LetterRow).values(row).on_conflict_do_nothing(index_elements=["form_token"])
    asked_id: int | None = session.scalar(asked.returning(LetterRow.id))
    return asked_id


def written(session: Session, asked: int, delivery_id: int) -> None:
    """Write down which delivery a letter that was asked for became."""
    session.execute(update(LetterRow).where(LetterRow.id == asked).values(delivery_id=delivery_id))


def asked_from(session: Session, network: str, now: datetime) -> int:
    """Return how many letters were asked for from *network* in the last hour, written or not."""
    lately = (LetterRow.network == network, LetterRow.at > now - NETWORK_WINDOW)
    return session.scalar(select(func.count()).where(*lately)) or 0


def written_to(session: Session, kind: Letter, address: str, now: datetime) -> int:
    """Return how many letters of *kind* went to *address* (its keyed hash) in the last day."""
    lately = (LetterRow.address == address, LetterRow.kind == kind, LetterRow.at > now - ADDRESS_WINDOW)
    return session.scalar(select(func.count()).where(*lately, LetterRow.delivery_id.is_not(None))) or 0


def asked_at(session: Session, kind: Letter, delivery_id: int) -> datetime | None:
    """Return when the letter *delivery_id* was asked for; None where there is none of that kind."""
    return session.scalar(select(LetterRow.at).where(LetterRow.delivery_id == delivery_id, LetterRow.kind == kind))


def _campaign(session: Session, now: datetime) -> int:
    known = select(CampaignRow).where(CampaignRow.slug == HOUSE)
    if session.scalar(known) is None:
        row = {"slug": HOUSE, "title": {}, "summary": {}, "topic": "", "languages": ["en"], "hidden": True}
        new = inserting(session, CampaignRow).values(row | {"created_at": now})
        session.execute(new.on_conflict_do_nothing(index_elements=["slug"]))
    campaign = session.scalars(known).one()
    if not campaign.hidden:
        raise DefinitionError(f"campaign {HOUSE!r}: the house's own letters go by this name; rename the campaign")
    return campaign.id


def _frozen(session: Session, wave_id: int, message: Message) -> int:
    """Return the frozen message that says the same, made where the letter's words are new."""
    variant = f"{message.variant}.{message.digest[:16]}"
    known = select(MessageRow.id).where(MessageRow.wave_id == wave_id, MessageRow.variant == variant)
    if (found := session.scalar(known)) is not None:
        return found
    freeze_messages(session, wave_id, [replace(message, variant=variant)])
    return session.scalars(known).one()
