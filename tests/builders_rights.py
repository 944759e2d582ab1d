"""A person with a history in every table, written as the rooms write it, beside another whose history must stay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.calls.queries import call_by_slug, submit
from outreach.calls.standing import Submission
from outreach.dashboard import queries as dashboard
from outreach.delivery.queries import settle
from outreach.engagement import queries as engagement
from outreach.engagement.visit import Visit
from outreach.model.erasure import address_key
from outreach.model.people import Basis, Consent, ConsentAct, SuppressionReason
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.services import Services
from outreach.store import consents
from outreach.store.tables import (
    AttemptRow,
    BatchRow,
    ContactGroupRow,
    ContactRow,
    DeliveryRow,
    LetterRow,
    OrganisationRow,
    SignupRow,
    SuppressionRow,
)
from tests.builders_engagement import FIREFOX, Sent, everything, nomination, registered, sent
from tests.builders_people import TOPIC

OTHER = "ander@example.org"

AGENTS = (FIREFOX, "curl/8")


@dataclass(frozen=True)
class Answer:
    """A filled form: *fold* by whose equal values answers count as one, *by_mail* whether a mail led to it."""

    slug: str
    fold: str
    by_mail: bool = True
    spelled: bool = False
    text: str = ""


@dataclass(frozen=True)
class History:
    """What a person has done and what was done with them; the defaults are somebody with something in every table."""

    contact: bool = True
    acts: Sequence[ConsentAct] = (ConsentAct.GIVEN, ConsentAct.WITHDRAWN, ConsentAct.GIVEN)
    groups: Sequence[str] = ("member", "voices")
    attributes: Mapping[str, str] = field(default_factory=lambda: {"sector": "youth"})
    mails: Sequence[bool] = (True,)  # tracked or not
    opens: int = 1
    clicks: int = 1
    reports: Sequence[Kind] = (Kind.DELIVERED,)
    answers: Sequence[Answer] = (Answer("golden", "Voorbeeldstad"),)
    suppressed: SuppressionReason | None = SuppressionReason.UNSUBSCRIBED
    signups: Sequence[bool] = (True, False)  # confirmed or not
    mentioned: bool = True
    leaves: bool = True


@dataclass
class House:
    """Waves that went out and calls that are open."""

    services: Services
    waves: list[Sent]
    told: int = 0

    def figures(self) -> list[Any]:
        """All that dashboards show."""
        with self.services.sessions() as session:
            reports = [dashboard.report(session, wave_id) for wave_id in dashboard.wave_ids(session)]
            return [*reports, *dashboard.call_progress(session)]

    def add(self, email: str, history: History) -> int | None:
        """Let somebody live through *history*; return their contact's number."""
        with self.services.sessions.begin() as session:
            contact_id = self._contact(session, email, history) if history.contact else None
            mails = [self._mail(session, email, contact_id, n, tracked) for n, tracked in enumerate(history.mails)]
            if history.suppressed:
                detail = f"550 <{email}> unknown"
                row = SuppressionRow(email=email, reason=history.suppressed, detail=detail, at=self.services.clock())
                session.add(row)
            for delivery in mails:
                self._listen(session, delivery, email, history)
            for answer in history.answers:
                self.answer(session, email, answer, mails[0] if mails and answer.by_mail else None)
            if history.mentioned:
                text = f"vraag {email.upper()}, niet x{email}"
                self.answer(session, OTHER, Answer("idea", "Elders", by_mail=False, text=text))
        return contact_id

    def answer(self, session: Session, email: str, answer: Answer, delivery: int | None = None) -> None:
        self.told += 1
        written = email.replace("@example", "@Example").title() if answer.spelled else email
        values = {
            "municipality": answer.fold, "theme": "youth", "reason": answer.text or f"Mail mij: {email}",
            "email": written, "name": "Bo", "agreed": "yes",
        }  # fmt: skip
        form = Submission(values, "nl", f"token-{self.told}", self.services.clock(), "192.0.2.0/24", delivery)
        submit(session, call_by_slug(session, answer.slug), form)

    def report(self, session: Session, delivery: int, kind: Kind, detail: str) -> int:
        self.told += 1
        rid = self.services.tokens.rid(delivery)
        report = ProviderReport(f"event-{self.told}", rid, kind, self.services.clock(), detail)
        return settle.take_reports(session, "fake", [(delivery, report)], self.services.clock())

    def _contact(self, session: Session, email: str, history: History) -> int:
        now = self.services.clock()
        employer = session.scalar(select(OrganisationRow.id).where(OrganisationRow.code == "GM9901"))
        row = ContactRow(
            email=email, external_id=f"crm {email}", first_name="Bo", last_name="Voorbeeld", language="nl",
            kind="personal", organisation_id=employer, attributes=dict(history.attributes), frequency="weekly",
            created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.add_all(ContactGroupRow(contact_id=row.id, name=name) for name in history.groups)
        said = [Consent(TOPIC, act, Basis.CONSENT, f"form of {email}", "test", now) for act in history.acts]
        consents.write(session, [(row.id, act) for act in said])
        for confirmed in history.signups:
            self._signup(session, row.id, email, confirmed=confirmed)
        return row.id

    def _signup(self, session: Session, contact_id: int, email: str, *, confirmed: bool) -> None:
        now = self.services.clock()
        self.told += 1
        row = SignupRow(
            contact_id=contact_id, topics=[{"topic": TOPIC, "text": "Ja"}], first_name="Bo", language="nl",
            form_url=f"https://mail.example.org/?from={email}", network="192.0.2.0/24", requested_at=now,
            confirmed_at=now if confirmed else None,
        )  # fmt: skip
        session.add(row)
        key = address_key(self.services.settings.erasure_secret(), email)
        session.add(LetterRow(kind="confirm", address=key, form_token=f"letter {self.told}", at=now))
        session.flush()

    def _mail(self, session: Session, email: str, contact_id: int | None, number: int, tracked: bool) -> int:
        wave = self.waves[number]
        batch = session.scalars(select(BatchRow).where(BatchRow.wave_id == wave.wave)).one()
        batch.detail = f"{batch.detail} {email}"
        self.told += 1
        row = DeliveryRow(
            wave_id=wave.wave, contact_id=contact_id or 10_000 + self.told, batch_id=batch.id, audience="members",
            variant="nl", email=email, first_name="Bo", organisation="Voorbeeldstad", tracked=tracked,
            detail=f"250 {email} ok",
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id

    def _listen(self, session: Session, delivery: int, email: str, history: History) -> None:
        now = self.services.clock()
        for n in range(history.opens):
            visit = Visit(AGENTS[n % 2], "192.0.2.0/24")
            engagement.store_open(session, engagement.reached(session, delivery), visit, now)
        for n in range(history.clicks):
            visit = Visit(AGENTS[n % 2], "192.0.2.0/24")
            engagement.store_click(session, engagement.reached(session, delivery), n, visit, now)
        for kind in history.reports:
            self.report(session, delivery, kind, f"smtp; <{email}> said so")
        if history.leaves:
            engagement.leave(session, delivery, now, everything=True)


def house(services: Services) -> House:
    """A house with two waves, two calls (one folds equal answers) and somebody else in it."""
    made = House(services, [sent(services.sessions, slug="golden"), sent(services.sessions, slug="second")])
    registered(services.sessions, made.waves[0].campaign, nomination(slug="golden"))
    registered(services.sessions, made.waves[0].campaign, nomination(slug="idea", fold_by=None))
    with services.sessions.begin() as session:
        session.add(OrganisationRow(name="Voorbeeldstad", kind="municipality", code="GM9901", region="", country="NL"))
        for batch in session.scalars(select(BatchRow)):
            call = AttemptRow(
                batch_id=batch.id, number=1, provider="fake", key=f"key-{batch.id}", body_digest="",
                started_at=services.clock(), ended_at=services.clock(), outcome="accepted", detail="",
            )  # fmt: skip
            session.add(call)
    made.add(OTHER, History(mails=(True, False), suppressed=None, mentioned=False, leaves=False))
    return made


def places_of(services: Services, text: str) -> list[str]:
    """Return table and row wherever *text* stands, whatever its case; another's address that ends in it is none."""
    rows = ((table, repr(row).lower()) for table, rows in everything(services.sessions).items() for row in rows)
    return [f"{table}: {row}" for table, row in rows if text.lower() in row.replace(f"x{text.lower()}", "")]
