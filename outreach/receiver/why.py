"""The page behind "why do I get this mail?": which rule, on which consent, since when. It shows and changes nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from babel.lists import format_list
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from outreach.audience.explanation import Explanation, Ground, Hearing
from outreach.audience.predicates import PREDICATES, Named, Predicate, texts
from outreach.model.campaign import Words
from outreach.model.people import DAYS_BETWEEN
from outreach.model.segment import Term, grounds, terms
from outreach.receiver.headers import UNLISTED
from outreach.receiver.language import Phrases, Reader, Said, day, said
from outreach.receiver.pages import Pages
from outreach.services import Services
from outreach.steps import explaining
from outreach.steps.group_titles import group_titles

Names = Mapping[tuple[Named, str], Words]

DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
OURS = ("language", "language_in", "address_kind", "organisation_kind", "country", "basis")
"""Predicates whose argument is a word of ours, which readers have in their own language."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The page's parts, in words: who the mail is for, what applies to the reader, and what we may send them.

    *now* tells where today's answer differs from the one on the day the mail was planned.
    """

    mail: Said
    audience: Said | None
    applies: tuple[str, ...]
    excluded: tuple[str, ...]
    allowed: tuple[str, ...]
    agreed: Said | None
    now: str
    letter: bool
    forgotten: bool


class Why:
    """Explains a mail to its recipient, and to nobody else: the address carries a token of their preferences."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._pages = pages

    def routes(self) -> Sequence[BaseRoute]:
        """Return what leads here."""
        return [Route("/preferences/{token}/why", self.tell)]

    def tell(self, request: Request) -> Response:
        """Tell why the mail came."""
        token = request.path_params["token"]
        delivery_id = self._services.tokens.delivery_of_preferences(token)
        explanation = explaining.explain_delivery(self._services, delivery_id)
        if _names_groups(explanation):
            explanation = replace(explanation, names={**group_titles(self._services), **explanation.names})
        reader = self._pages.reader(request)
        return self._pages.show(
            request,
            "why",
            headers=UNLISTED,
            why=show_explanation(explanation, reader),
            email=explanation.email,
            preferences=f"/preferences/{token}?lang={reader.language}",
            unsubscribe=f"/u/{self._services.tokens.unsubscribe(delivery_id)}?lang={reader.language}",
        )


def show_explanation(explanation: Explanation, reader: Reader) -> Shown:
    """Return an explanation in the reader's language; nobody else's address is in it."""
    aim, words = explanation.aim, reader.words["why"]
    hearing = _counting(explanation)
    applies, excluded = _facts(hearing, explanation.names, reader)
    act = explanation.ground.act if explanation.ground else None
    return Shown(
        mail=said(aim.titles, reader.language, aim.languages),
        audience=said(hearing.titles, reader.language, aim.languages) if hearing and hearing.titles else None,
        applies=applies,
        excluded=excluded,
        allowed=tuple(_allowed(explanation, reader)),
        agreed=Said(act.text, act.language or reader.language) if act and act.text else None,
        now=words["now"][hearing.out.name.lower()] if hearing and hearing.out else "",
        letter=aim.hidden,
        forgotten=explanation.person is None,
    )


def _names_groups(explanation: Explanation) -> bool:
    """Whether a rule asks for a group, so that its title is worth reading all audiences for."""
    rules = [hearing.judged.rule for hearing in explanation.hearings if hearing.judged]
    return any(PREDICATES[term.predicate].of is Named.GROUP for rule in rules for term in terms(rule))


def _counting(explanation: Explanation) -> Hearing | None:
    """Return the audience in which the person got the mail."""
    frozen = explanation.entry.audience if explanation.entry else explanation.taken_by
    return next((each for each in explanation.hearings if each.audience == frozen), None)


def _facts(hearing: Hearing | None, names: Names, reader: Reader) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what applies to the reader and what does not, as far as it decides."""
    if hearing is None or hearing.judged is None:
        return (), ()
    decisive = list(dict.fromkeys(grounds(hearing.judged)))
    told = [(each.holds, _fact(each.rule, names, reader)) for each in decisive if isinstance(each.rule, Term)]
    return tuple(fact for holds, fact in told if holds), tuple(fact for holds, fact in told if not holds)


def _fact(term: Term, names: Names, reader: Reader) -> str:
    known = PREDICATES[term.predicate]
    phrase = str(reader.words["why"]["fact"][term.predicate])
    if not known.pair:
        listed = [_name(known, text, names, reader) for text in texts(term)]
        return phrase.format(name=format_list(listed, "or", reader.language))
    parted = [tuple(part.strip() for part in text.split("=", 1)) for text in texts(term)]
    told = [
        phrase.format(name=_name(known, name, names, reader), value=_value(known, value, reader))
        for name, value in parted
    ]
    return format_list(told, "or", reader.language)


def _name(known: Predicate, name: str, names: Names, reader: Reader) -> str:
    titles = names.get((known.of, name), {}) if known.of else {}
    if known.of is Named.GROUP:
        return titles.get(reader.language) or _group(name, reader)
    return said(titles, reader.language).text or _value(known, name, reader)


def _group(name: str, reader: Reader) -> str:
    """Return a group's name in our own words, else as words: `social-worker` would be read as a code."""
    return str(reader.words["why"]["group"].get(name) or re.sub("[-_]+", " ", name).strip() or name)


def _value(known: Predicate, text: str, reader: Reader) -> str:
    """Return a day in words, one of our own words in the reader's, and anything else as it stands."""
    words = reader.words["why"]
    if known.name in OURS:
        text = words["word"].get(text, text)
    if DAY.fullmatch(text):
        return day(datetime.combine(date.fromisoformat(text), time(), reader.zone), reader.language, reader.zone)
    return text or str(words["none"])


def _allowed(explanation: Explanation, reader: Reader) -> Iterator[str]:
    words = reader.words["why"]
    if explanation.suppression:
        yield words["suppressed"].format(day=day(explanation.suppression.at, reader.language, reader.zone))
    if explanation.aim.hidden or explanation.person is None:
        return
    topic = said(explanation.names.get((Named.TOPIC, explanation.aim.topic), {}), reader.language)
    yield _ground(explanation.ground, topic.text or explanation.aim.topic, reader, words)
    joined = day(explanation.person.joined, reader.language, reader.zone)
    yield words["joined"].format(day=joined)
    if explanation.wish and DAYS_BETWEEN[explanation.wish.frequency]:
        yield words["frequency"][explanation.wish.frequency]
    if explanation.cap:
        many = words["cap" if explanation.cap.days > 1 else "cap_of_a_day"]
        yield many.format(mails=explanation.cap.mails, days=explanation.cap.days)


def _ground(ground: Ground | None, topic: str, reader: Reader, words: Phrases) -> str:
    if ground is None:
        return str(words["no_ground"].format(topic=topic))
    if not ground.in_force:
        return str(words["withdrawn"].format(topic=topic, day=day(ground.act.at, reader.language, reader.zone)))
    since = day(ground.since or ground.act.since, reader.language, reader.zone)
    return str(words["basis"][ground.act.basis].format(topic=topic, day=since))
