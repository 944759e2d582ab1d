"""A crowd with a past, for segments: what was sent to whom, what they did, what they answered and agreed to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from outreach.audience import queries as audience
from outreach.campaigns import queries as campaigns
from outreach.model.campaign import Standing
from outreach.model.people import AddressKind, Basis, ConsentAct, Frequency
from outreach.model.wave import BatchState, Status, WaveState, WaveStep
from outreach.services import Services
from outreach.steps import people, waves
from outreach.store.tables import (
    BatchRow,
    CallRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    MessageRow,
    OrganisationRow,
    SubmissionRow,
    SubscriptionRow,
    WaveRow,
)
from tests.builders_people import TOPIC, Body, Soul, add
from tests.conftest import NOON

G, W = ConsentAct.GIVEN, ConsentAct.WITHDRAWN


def ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


@dataclass(frozen=True)
class Place:
    """Where an organisation sits, beside what `Body` says."""

    code: str | None = None
    province: str = ""
    municipality: str = ""


PLACES: Mapping[Body | None, Place] = {
    Body("Zilverdrecht", "municipality", "Rivierenhoek", "NL"): Place("GM9001", "Zandland", "GM9001"),
    Body("Ginsterrath", "municipality", "Eifelgau", "DE"): Place("99000101", "", ""),
    Body("Buurtkracht", "association", "", "NL"): Place(None, "Zandland", "GM9001"),
    Body("Jugendtreff", "association", "Eifelgau", "DE"): Place(None, "", "99000101"),
    Body("Naamloos"): Place(),
}


@dataclass(frozen=True)
class Past:
    """A wave that was: *state*, when it began, when its mails *went*, whether it was a letter of the house."""

    state: WaveState
    started: datetime | None
    went: datetime | None = None
    hidden: bool = False


SETTLED = (BatchState.ACCEPTED, BatchState.REFUSED)

WAVES: Mapping[str, Past] = {
    "spring/start": Past(WaveState.SENT, ago(40), ago(38)),
    "spring/call": Past(WaveState.CANCELLED, ago(20), ago(13)),
    "autumn/news": Past(WaveState.SENDING, ago(6.4), ago(2.4)),
    "autumn/later": Past(WaveState.PLANNED, None),
    "house/copy": Past(WaveState.SENDING, ago(1), ago(1), hidden=True),
}


@dataclass(frozen=True)
class Got:
    """One mail: what its row and its batch say, and what was done with it."""

    status: Status | None
    batch: BatchState
    opened: bool = False
    clicked: bool = False

    @property
    def arrived(self) -> bool:
        if self.status is None:
            return self.batch is BatchState.ACCEPTED
        return self.status in (Status.ACCEPTED, Status.DELIVERED, Status.COMPLAINED)

    def written(self, wave: Past) -> bool:
        """Whether somebody was written to by it, or is about to be."""
        if self.status is not None:
            return self.status not in (Status.SUPPRESSED, Status.REFUSED, Status.PLANNED)
        if self.batch is BatchState.PLANNED:
            return wave.state in (WaveState.SENDING, WaveState.PAUSED)
        return self.batch is not BatchState.REFUSED

    def went(self, wave: Past) -> datetime | None:
        """When it went, as far as that is known: it may be now, while nobody can tell and the wave goes on."""
        unsettled = self.batch not in SETTLED and wave.state is WaveState.SENDING
        return NOON if unsettled else wave.went


@dataclass(frozen=True)
class Answer:
    """One answer to a call."""

    call: str
    standing: Standing
    at: datetime


@dataclass(frozen=True)
class Citizen:
    """A soul with a past."""

    soul: Soul
    frequency: Frequency | None = None
    got: Mapping[str, Got] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    agreed: Mapping[str, tuple[Basis, datetime]] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return PLACES.get(self.soul.organisation, Place())


CALLS = ("nominate", "symposium")
STATUSES = (None, None, None, Status.DELIVERED, Status.BOUNCED, Status.SUPPRESSED, Status.REFUSED, Status.DEFERRED)


def crowd(chance: Random, size: int = 40) -> tuple[Citizen, ...]:
    """People of whom no two are alike for long."""
    return tuple(_citizen(chance, number) for number in range(size))


def _citizen(chance: Random, number: int) -> Citizen:
    acts = {topic: chance.choice(((), (G,), (G, W), (G, W, G), (G,))) for topic in (TOPIC, "care", "tracking")}
    soul = Soul(
        f"p{number}@example.org",
        first_name=chance.choice(("", "Bo")),
        last_name=chance.choice(("", "Kade")),
        language=chance.choice((None, "nl", "de")),
        kind=chance.choice(tuple(AddressKind)),
        groups=chance.choice(((), ("member",), ("member", "social-worker"))),
        organisation=chance.choice((None, *PLACES)),
        attributes=chance.choice(({}, {"sector": "youth"}, {"sector": "care", "zaal": "3"})),
        acts=acts,
        suppressed=chance.random() < 0.15,
        joined=chance.choice(
            (datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC), ago(6.4), ago(7.6))
        ),
    )
    moments = (datetime(2026, 1, 30, 23, 59, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC), ago(3))
    return Citizen(
        soul,
        frequency=chance.choice((None, None, *Frequency)),
        got={wave: _mail(chance) for wave in WAVES if chance.random() < 0.4},
        answers=tuple(
            Answer(call, chance.choice(tuple(Standing)), chance.choice(moments))
            for call in CALLS
            if chance.random() < 0.4
        ),
        agreed={
            topic: (chance.choice(tuple(Basis)), chance.choice(moments)) for topic in acts if soul.agrees_to(topic)
        },
    )


def _mail(chance: Random) -> Got:
    done = chance.choice(((False, False), (True, False), (True, True), (False, True)))
    return Got(chance.choice(STATUSES), chance.choice(tuple(BatchState)), *done)


def settle(session: Session, citizens: tuple[Citizen, ...]) -> dict[str, int]:
    """Write a crowd down with its past; return their ids by address."""
    ids = add(session, *(citizen.soul for citizen in citizens))
    for body, place in PLACES.items():
        where = {"code": place.code, "province": place.province, "municipality": place.municipality}
        if body:
            session.execute(update(OrganisationRow).where(OrganisationRow.name == body.name).values(where))
    for citizen in citizens:
        who = ids[citizen.soul.email]
        session.execute(update(ContactRow).where(ContactRow.id == who).values(frequency=citizen.frequency))
        for topic, (basis, since) in citizen.agreed.items():
            those = (SubscriptionRow.contact_id == who, SubscriptionRow.topic == topic)
            session.execute(update(SubscriptionRow).where(*those).values(basis=basis, since=since))
    batches = past(session)
    _deliver(session, citizens, ids, batches)
    _answer(session, citizens, ids)
    return ids


def past(session: Session) -> dict[tuple[str, BatchState], tuple[int, int]]:
    """Write the waves down; return wave and batch by name and state of the batch."""
    found = {}
    for name, was in WAVES.items():
        slug, _, wave_name = name.partition("/")
        wave = wave_row(session, slug, wave_name, was)
        for number, state in enumerate(BatchState):
            batch = _batch(session, wave.id, state, number)
            batch.settled_at = was.went if state in SETTLED else None
            found[name, state] = wave.id, batch.id
    session.flush()
    return found


def wave_row(session: Session, slug: str, name: str, was: Past) -> WaveRow:
    campaign = session.scalar(select(CampaignRow).where(CampaignRow.slug == slug))
    if campaign is None:
        campaign = CampaignRow(
            slug=slug, title={}, summary={}, topic=TOPIC, languages=["nl"], hidden=was.hidden, created_at=NOON
        )
        session.add(campaign)
        session.flush()
    wave = WaveRow(
        campaign_id=campaign.id, name=name, title={"nl": name.title()}, audiences=[], state=was.state, out={},
        created_at=NOON, started_at=was.started,
        finished_at=was.went if was.state in (WaveState.SENT, WaveState.CANCELLED) else None,
    )  # fmt: skip
    session.add(wave)
    session.flush()
    return wave


def _deliver(
    session: Session,
    citizens: tuple[Citizen, ...],
    ids: Mapping[str, int],
    batches: Mapping[tuple[str, BatchState], tuple[int, int]],
) -> None:
    rows = [
        {
            "wave_id": batches[wave, got.batch][0], "batch_id": batches[wave, got.batch][1],
            "contact_id": ids[citizen.soul.email], "audience": "", "variant": "nl", "email": citizen.soul.email,
            "first_name": "", "organisation": "", "tracked": True, "status": got.status,
            "opened_human_at": NOON if got.opened else None, "clicked_human_at": NOON if got.clicked else None,
        }
        for citizen in citizens
        for wave, got in citizen.got.items()
    ]  # fmt: skip
    session.execute(insert(DeliveryRow), rows)


def _answer(session: Session, citizens: tuple[Citizen, ...], ids: Mapping[str, int]) -> None:
    campaign = session.scalars(select(CampaignRow.id).order_by(CampaignRow.id)).first()
    calls = {
        slug: CallRow(campaign_id=campaign, slug=slug, definition={"title": {"nl": slug.title()}}) for slug in CALLS
    }
    session.add_all(calls.values())
    session.flush()
    rows = [
        {
            "call_id": calls[answer.call].id, "contact_id": ids[citizen.soul.email], "language": "nl", "answers": {},
            "standing": answer.standing, "form_token": f"{citizen.soul.email} {answer.call}", "at": answer.at,
        }
        for citizen in citizens
        for answer in citizen.answers
    ]  # fmt: skip
    session.execute(insert(SubmissionRow), rows)


def with_audience(services: Services, folder: Path, name: str, toml: str) -> Services:
    """The same services with one audience of one's own beside no others."""
    audiences = folder / "audiences"
    audiences.mkdir(parents=True, exist_ok=True)
    (audiences / f"{name}.toml").write_text(toml, encoding="utf-8")
    return replace(services, settings=services.settings.model_copy(update={"audiences": audiences}))


def frozen(services: Services, wave: str = "sociaal-werkers/start") -> int:
    """A campaign folder's wave, frozen for its recipients and nothing more; return its id."""
    campaign, definition = waves.named(services, *wave.split("/"))
    segments = [people.load_segment(services, name) for name in definition.audiences]
    now = services.clock()
    with services.sessions.begin() as session:
        known = campaigns.register(session, campaign, definition, now)
        campaigns.take(session, known.id, WaveStep.PLAN, now)
        campaigns.planned(session, known.id, {}, "test", now)
        batch = _batch(session, known.id, BatchState.PLANNED, 1)
        taken: set[int] = set()
        for segment in segments:
            for row in session.execute(audience.recipients(segment, topic=campaign.topic, now=now)).mappings().all():
                if row["contact_id"] not in taken:
                    session.add(_frozen(known.id, batch.id, segment.name, row))
                taken.add(row["contact_id"])
    return known.id


def _frozen(wave_id: int, batch_id: int, segment: str, row: Mapping[str, Any]) -> DeliveryRow:
    return DeliveryRow(
        wave_id=wave_id, batch_id=batch_id, contact_id=row["contact_id"], audience=segment, variant="nl",
        email=row["email"], first_name=row["first_name"], organisation=row["organisation"], tracked=row["tracked"],
    )  # fmt: skip


def _batch(session: Session, wave_id: int, state: BatchState, number: int) -> BatchRow:
    message = session.scalar(select(MessageRow).where(MessageRow.wave_id == wave_id))
    if message is None:
        message = MessageRow(
            wave_id=wave_id, variant="nl", languages=[], sender_email="", sender_name="", reply_to="", subject="",
            html="", text="", headers={}, salutations={}, digest="",
        )  # fmt: skip
        session.add(message)
        session.flush()
    batch = BatchRow(wave_id=wave_id, message_id=message.id, number=number, size=1, state=state, detail="")
    session.add(batch)
    session.flush()
    return batch
