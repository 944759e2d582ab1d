"""Invented news and dates, so that a preview has some where nothing was pulled yet."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from outreach.compose.section import Digest
from outreach.model.content import Content, ContentKind

FALLBACK = "en"

NEWS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "nl": (
        ("Voorbeeld: buurthuis opent zijn keuken", "Elke woensdag koken buren voor elkaar. Wie komt eten, helpt mee."),
        ("Voorbeeld: nieuw rapport over wachttijden", "Wie eerder hulp krijgt, heeft later minder nodig."),
        ("Voorbeeld: drie vragen aan een wijkteam", "Wat werkt er, wat niet, en wat zou u morgen anders doen?"),
    ),
    "de": (
        ("Beispiel: Nachbarschaftshaus öffnet seine Küche", "Jeden Mittwoch kochen Nachbarn füreinander."),
        ("Beispiel: neuer Bericht über Wartezeiten", "Wer früher Hilfe bekommt, braucht später weniger."),
        ("Beispiel: drei Fragen an ein Stadtteilteam", "Was gelingt, was nicht, und was würden Sie ändern?"),
    ),
    "en": (
        ("Example: a community house opens its kitchen", "Every Wednesday neighbours cook for each other."),
        ("Example: a new report on waiting times", "Who gets help sooner needs less of it later."),
        ("Example: three questions to a neighbourhood team", "What works, what does not, what would you change?"),
    ),
}
EVENTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "nl": (("Voorbeeld: werkplaats voor sociaal werkers", "Utrecht"), ("Voorbeeld: online spreekuur", "Online")),
    "de": (("Beispiel: Werkstatt für Soziale Arbeit", "Köln"), ("Beispiel: Sprechstunde im Netz", "Online")),
    "en": (("Example: a workshop for social workers", "Utrecht"), ("Example: an online hour", "Online")),
}


def samples(language: str, topic: str, now: datetime) -> Digest:
    """Return news of the last days and dates of the next weeks, in *language* where we speak it."""
    spoken = language if language in NEWS else FALLBACK
    return Digest(
        news=tuple(
            _item(number, ContentKind.NEWS, topic, spoken, title, body=body, published=now - timedelta(days=number))
            for number, (title, body) in enumerate(NEWS[spoken], start=1)
        ),
        events=tuple(
            _item(
                number, ContentKind.EVENT, topic, spoken, title, place=place, published=now, starts=_ahead(now, number)
            )
            for number, (title, place) in enumerate(EVENTS[spoken], start=1)
        ),
    )


def _ahead(now: datetime, number: int) -> datetime:
    return (now + timedelta(weeks=2 * number)).replace(hour=12, minute=0, second=0, microsecond=0)


def _item(number: int, kind: ContentKind, topic: str, language: str, title: str, **values: Any) -> Content:
    link = f"https://www.example.org/{kind}/{number}"
    return Content(number, kind, topic, language, title, link, **{"body": "", **values})
