"""People, and waves that wait for their lanes, written straight into the ledger."""

from datetime import datetime

from sqlalchemy import false, insert, select
from sqlalchemy.orm import Session

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import freeze, plan
from outreach.model.campaign import Campaign, Layout, Sender, WaveDefinition
from outreach.model.mail import Address, Link, Message, Salutation
from outreach.model.people import Basis, Consent, ConsentAct
from outreach.model.trial import Trial
from outreach.model.wave import WaveStep
from outreach.services import Services
from outreach.steps import sending
from outreach.store import consents
from outreach.store.tables import ContactRow, CounterRow
from tests.conftest import NOON

TOPIC = "social-work"


def message(variant: str = "nl", **changes: object) -> Message:
    values = {
        "variant": variant,
        "languages": tuple(variant.split("+")),
        "sender": Address("nieuws@example.org", "Vereniging"),
        "reply_to": "vraag@example.org",
        "subject": "Dag @@first_name@@",
        "html": '<p>@@salutation_nl@@</p><a href="https://mail.example.org/c/@@rid@@/0">lees</a>'
        '<img src="https://mail.example.org/@@pixel@@.gif" alt="">',
        "text": "@@salutation_nl@@ https://mail.example.org/c/@@rid@@/0 @@organisation@@",
        "headers": {
            "List-Unsubscribe": "<https://mail.example.org/u/@@unsubscribe@@>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "links": (Link("https://example.org/nieuws", "lees"),),
        "salutations": {"nl": Salutation("Beste {name},", "Beste lezer,")},
    }
    return Message(**{**values, **changes})


def add_people(session: Session, count: int, *, at: datetime = NOON, language: str | None = "nl") -> list[int]:
    """Add people 1 … count who agreed to mails about social work; return their ids."""
    ids = list(
        session.scalars(
            insert(ContactRow).returning(ContactRow.id),
            [
                {
                    "email": f"person{number}@example.org",
                    "first_name": f"P{number}",
                    "last_name": "",
                    "language": language,
                    "kind": "personal",
                    "attributes": {},
                    "created_at": at,
                    "updated_at": at,
                }
                for number in range(1, count + 1)
            ],
        )
    )
    consents.write(session, [consent(contact_id, at=at) for contact_id in ids])
    return ids


def consent(
    contact_id: int, act: ConsentAct = ConsentAct.GIVEN, *, at: datetime = NOON, topic: str = TOPIC
) -> consents.Act:
    """Somebody's act, as `consents.write` takes it."""
    return contact_id, Consent(topic, act, Basis.CONSENT, "a form", "test", at)


def everyone():
    """The recipients of a wave: all contacts, as the audience room gives them."""
    return select(
        ContactRow.id.label("contact_id"),
        ContactRow.email,
        ContactRow.first_name,
        ContactRow.last_name.label("organisation"),
        ContactRow.language,
        ContactRow.kind,
        false().label("tracked"),
    )


def campaign(slug: str = "sociaal-werkers") -> tuple[Campaign, WaveDefinition]:
    definition = WaveDefinition(
        name="start", title={"nl": "Start"}, audiences=("members",), layout=Layout.NEWSLETTER, bodies={}
    )
    made = Campaign(
        slug=slug,
        title={"nl": "Sociaal werkers"},
        summary={"nl": ""},
        topic=TOPIC,
        languages=("nl",),
        sender=Sender("Vereniging", "nieuws@example.org", "vraag@example.org", {"nl": ""}),
        calls={},
        waves={"start": definition},
    )
    return made, definition


def planned_wave(services: Services, people: int, *, slug: str = "sociaal-werkers", trial: Trial | None = None) -> int:
    """A wave of *people* recipients in batches of the provider's size; return its id."""
    now = services.clock()
    variants = {("nl", "personal"): "nl", (None, "personal"): "nl", ("nl", "role"): "nl", (None, "role"): "nl"}
    with services.sessions.begin() as session:
        if people:
            add_people(session, people, at=now)
        wave = campaigns.register(session, *campaign(slug), now)
        versions = ("", "b") if trial and trial.versions else ("",)
        plan.freeze_messages(session, wave.id, [message(version=version) for version in versions])
        freeze.gather(session, {"members": everyone()}, variants)
        cells = freeze.freeze(session, wave.id, services.provider.limits.recipients, trial)
        campaigns.planned(session, wave.id, {}, "", now, trial=trial)
        plan.start_counters(session, wave.id, cells)
        campaigns.take(session, wave.id, WaveStep.PLAN, now)
    return wave.id


def sending_wave(services: Services, people: int, *, slug: str = "sociaal-werkers", trial: Trial | None = None) -> int:
    """A wave that was approved and has begun."""
    wave_id = planned_wave(services, people, slug=slug, trial=trial)
    with services.sessions.begin() as session:
        campaigns.take(session, wave_id, WaveStep.APPROVE, services.clock())
        campaigns.take(session, wave_id, WaveStep.START, services.clock())
    return wave_id


def no_wait(seconds: float) -> None:
    pass


def counters(services, wave_id: int) -> dict[str, int]:
    with services.sessions() as session:
        rows = select(CounterRow.figure, CounterRow.value).where(CounterRow.wave_id == wave_id)
        return dict(session.execute(rows).tuples().all())


def got(provider) -> list[str]:
    return sorted(mail.recipient for mail in provider.mails)


def everyone_of(count: int) -> list[str]:
    return sorted(f"person{number}@example.org" for number in range(1, count + 1))


def send(services, wave_id: int) -> int:
    return sending.send_batches(services, wave_id, no_wait)
