"""The wave that is sent: people who agreed, a message of the usual size, a plan that waits for its lanes."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.segment import VARIANTS
from outreach.campaigns import queries as campaigns
from outreach.clock import now
from outreach.delivery.queries import freeze, plan
from outreach.model.mail import Address, Link, Message, Salutation
from outreach.model.wave import WaveStep
from outreach.store import Sessions
from outreach.store.tables import ContactRow
from tests.builders_delivery import campaign, everyone

BYTES = 8000
LINKS = 10

PEOPLE = (
    """
    WITH RECURSIVE number (g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM number WHERE g < :n)
    INSERT INTO contact (email, first_name, last_name, language, kind, attributes, created_at, updated_at)
    SELECT 'person' || g || '@example.org', 'Voornaam' || (g % 5000), 'Organisatie ' || (g % 900),
           CASE g % 2 WHEN 0 THEN 'nl' ELSE 'de' END, 'personal', '{}', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
    FROM number
    """,
    """
    INSERT INTO consent (contact_id, topic, act, basis, evidence, source, at)
    SELECT id, 'social-work', 'given', 'consent', 'a form', 'bench', CURRENT_TIMESTAMP FROM contact
    """,
    """
    INSERT INTO subscription (contact_id, topic, basis, since)
    SELECT id, 'social-work', 'consent', CURRENT_TIMESTAMP FROM contact
    """,
    """
    INSERT INTO suppression (email, reason, detail, at)
    SELECT 'gone' || id || '@example.org', 'hard_bounce', '', CURRENT_TIMESTAMP FROM contact WHERE id % 20 = 0
    """,
)
"""n people who agreed, and n/20 addresses that are suppressed and none of theirs."""


def add_people(session: Session, n: int) -> None:
    """Fill an empty database."""
    for statement in PEOPLE:
        session.execute(text(statement), {"n": n} if ":n" in statement else {})


def planned(sessions: Sessions, most: int, people: int) -> int:
    """Plan and approve a wave to the first *people*, in batches of *most*; return it."""
    with sessions.begin() as session:
        number = session.scalar(text("SELECT count(*) FROM wave"))
        wave = campaigns.register(session, *campaign(f"bench{number}"), now())
        plan.freeze_messages(session, wave.id, [message(variant) for variant in ("nl", "de", "nl+de")])
        freeze.gather(session, {"members": everyone().where(ContactRow.id <= people)}, VARIANTS)
        plan.start_counters(session, wave.id, freeze.freeze(session, wave.id, most))
        campaigns.take(session, wave.id, WaveStep.PLAN, now())
        campaigns.take(session, wave.id, WaveStep.APPROVE, now())
    with sessions.begin() as session:
        # as after a minute in any installation; without it PostgreSQL takes the tables for empty and plans for that
        session.execute(text("ANALYZE"))
    return wave.id


def message(variant: str) -> Message:
    """A mail of 8 kB with ten tracked links, a pixel, and links to unsubscribe and to preferences."""
    link = '<p><a href="https://mail.example.org/c/@@rid@@/{0}">Lees meer</a> {1}</p>'
    filler = "woorden over sociaal werk in de wijk " * ((BYTES - 1500) // (37 * LINKS))
    body = "".join(link.format(number, filler) for number in range(LINKS))
    foot = "https://mail.example.org/u/@@unsubscribe@@ https://mail.example.org/preferences/@@preferences@@"
    return Message(
        variant=variant,
        languages=tuple(variant.split("+")),
        sender=Address("nieuws@example.org", "Vereniging"),
        reply_to="vraag@example.org",
        subject="Zes van de tien: wie maakt het rond?",
        html=f'<html><body><p>@@salutation_nl@@</p>{body}<a href="{foot.split()[0]}">x</a>'
        f'<a href="{foot.split()[1]}">y</a><img src="https://mail.example.org/@@pixel@@.gif" alt=""></body></html>',
        text=f"@@salutation_nl@@\n\n{filler}\n{foot}\n",
        headers={
            "List-Unsubscribe": "<https://mail.example.org/u/@@unsubscribe@@>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        links=tuple(Link(f"https://www.example.org/{number}", "Lees meer") for number in range(LINKS)),
        salutations={"nl": Salutation("Beste {name},", "Beste lezer,")},
    )
