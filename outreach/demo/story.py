"""What the demo plays: its sources, its newsletter and its one-off call, as comms staff would enter them."""

from dataclasses import dataclass
from typing import Any

APPROVER = "Marieke de Bruin (invented)"

TOPIC = "social-work"
BASIS = {"members": "membership", "municipalities": "published", "social_workers": "consent"}
EVIDENCE = "invented people of the demo"


@dataclass(frozen=True, slots=True)
class DemoSource:
    """A feed of the demo's own feed server."""

    path: str
    language: str
    topic: str = TOPIC


SOURCES = (
    DemoSource("nieuws.rss", "nl"),
    DemoSource("nachrichten.atom", "de"),
    DemoSource("verhalen.json", "nl"),
    DemoSource("agenda.ics", "nl"),
    DemoSource("termine.ics", "de"),
    DemoSource("kapot.xml", "nl"),
)

NEWSLETTER: dict[str, Any] = {"wave": {"name": "sociaal-werkers/start"}, "sending": {"approval": True, "lanes": 2}}

CALL: dict[str, Any] = {
    "call": {
        "name": "gouden-gemeente",
        "audiences": ["members", "social_workers"],
        "topic": TOPIC,
        "questions": "Welke gemeente draagt u voor? | Welche Kommune schlagen Sie vor?\n"
        "text: Wat doet deze gemeente anders? | Was macht diese Kommune anders?",
        "fold": True,
        "goal": 10,
        "days": 30,
    },
    "nederlands": {
        "subject": "Welke gemeente verdient goud?",
        "title": "Draag een gouden gemeente voor",
        "text": "We zoeken **tien gouden gemeenten**: gemeenten waar sociaal werkers de ruimte krijgen om samen met "
        "bewoners te doen wat nodig is.\n\nKent u zo'n gemeente? Vertel ons welke aanpak daar werkt, en met wie er "
        "wordt samengewerkt. Invullen kost vijf minuten.",
        "button": "Draag een gemeente voor",
    },
    "deutsch": {
        "subject": "Welche Kommune verdient Gold?",
        "title": "Schlagen Sie eine goldene Kommune vor",
        "text": "Wir suchen **zehn goldene Kommunen**: Orte, an denen Fachkräfte der Sozialen Arbeit den Spielraum "
        "haben, gemeinsam mit den Menschen vor Ort das Nötige zu tun.\n\nKennen Sie eine solche Kommune? Erzählen Sie "
        "uns, was dort gelingt und wer zusammenarbeitet. Das Ausfüllen dauert fünf Minuten.",
        "button": "Kommune vorschlagen",
    },
    "sending": {"approval": True, "lanes": 2},
}
