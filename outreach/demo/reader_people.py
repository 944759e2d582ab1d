"""Who reads: mail programs and scanners as they announce themselves, what people decide, and what they write."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from outreach.demo.reader_pages import Control, Form


@dataclass(frozen=True, slots=True)
class Shares:
    """How many do what: *scanned* of all mails; *read* of all; the others of those who did the thing before.

    *click* of readers, *answer* of those who clicked, *unsubscribe* of readers, *by_page* of those who unsubscribe.
    """

    scanned: float = 0.025
    read: float = 0.35
    click: float = 0.2
    answer: float = 0.15
    unsubscribe: float = 0.01
    by_page: float = 0.4


@dataclass(frozen=True, slots=True)
class Program:
    """A mail program: the agents that load pictures and follow links, and whether pictures load unread."""

    pictures: str
    links: str
    loads_unread: bool = False


_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_CHROME = f"{_WINDOWS} {_WEBKIT} Chrome/142.0.0.0 Safari/537.36"
_EDGE = f"{_CHROME} Edg/142.0.0.0"
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_SAFARI = f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15"
_GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
_OUTLOOK = f"{_WINDOWS} {_WEBKIT} Chrome/142.0.0.0 Safari/537.36 Microsoft Outlook 16.0"
_THUNDERBIRD = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0"

PROGRAMS: Mapping[Program, int] = {
    Program(pictures="Mozilla/5.0", links=_SAFARI, loads_unread=True): 30,  # Apple Mail Privacy Protection
    Program(pictures=_GMAIL, links=_CHROME): 30,
    Program(pictures=_OUTLOOK, links=_EDGE): 25,
    Program(pictures=_THUNDERBIRD, links=_FIREFOX): 15,
}
"""Mail programs, by how common they are among our readers."""

SCANNER_AGENT = _CHROME
"""Scanners dress up as a browser; what gives them away is what they do."""


class Scan(StrEnum):
    """How a security scanner looks into a mail before its reader does."""

    BURST = "burst"  # all links at once
    HEADS = "heads"  # asks for headers first
    BLIND = "blind"  # follows what no person sees


@dataclass(frozen=True, slots=True)
class Reader:
    """One person with one mail: everything they will do, decided beforehand."""

    program: Program
    network: str
    scan: Scan | None
    reads: bool
    clicks: bool
    answers: bool
    unsubscribes: bool
    by_page: bool
    chance: Random

    @property
    def touches(self) -> bool:
        """Anything at all happens with the mail."""
        return self.reads or self.scan is not None or self.program.loads_unread


def reader_of(recipient: str, subject: str, seed: int, shares: Shares) -> Reader:
    """Return who got the mail; the same seed gives the same person, whatever was sent before."""
    chance = Random(f"{seed}:{recipient}:{subject}")
    scanned = chance.random() < shares.scanned
    scan, (program,) = chance.choice(list(Scan)), chance.choices(list(PROGRAMS), list(PROGRAMS.values()))
    reads, clicks, answers = (chance.random() < share for share in (shares.read, shares.click, shares.answer))
    leaves, by_page = chance.random() < shares.unsubscribe, chance.random() < shares.by_page
    return Reader(
        program=program,
        network=f"2001:db8:{chance.randrange(1, 0x10000):x}::{chance.randrange(1, 0x10000):x}",
        scan=scan if scanned else None,
        reads=reads,
        clicks=reads and clicks,
        answers=reads and clicks and answers,
        unsubscribes=reads and leaves,
        by_page=by_page,
        chance=chance,
    )


MUNICIPALITIES = (
    "Lindemeer", "Waterhoven", "Eikenrade", "Zonnebeek", "Auenfeld", "Nieuw-Beekdal", "Lindenbrück", "Molenzicht",
    "Rheinhagen", "Oosterweide", "Heideloh", "Brugwaarde",
)  # fmt: skip
"""Invented; a handful, so that several people name the same one."""

_NAMES = ("Noor Elzinga", "Sem Vermolen", "Jule Brandhoff", "Mila Terwolde", "Jonas Ahlfeld", "Fenna Hoekwater")
_ORGANISATIONS = ("Buurthuis De Brug", "Wijkteam Oost", "Nachbarschaftshaus Linde", "Sociaal Werk Lindemeer")
_ROLES: Mapping[str, Sequence[str]] = {
    "nl": ("sociaal werker", "wijkcoach", "jongerenwerker", "opbouwwerker"),
    "de": ("Sozialarbeiterin", "Quartiersmanager", "Jugendarbeiterin", "Gemeinwesenarbeiter"),
}
_THEMES: Mapping[str, Sequence[str]] = {
    "nl": ("jeugd", "meedoen", "zelfstandig wonen", "armoede"),
    "de": ("Jugend", "Teilhabe", "selbstständig wohnen", "Armut"),
}
_TITLES: Mapping[str, Sequence[str]] = {
    "nl": ("De keukentafel in de wijk", "Samen aan zet", "Eén gezin, één plan"),
    "de": ("Der Küchentisch im Quartier", "Gemeinsam am Zug", "Eine Familie, ein Plan"),
}
_TEXTS: Mapping[str, Sequence[str]] = {
    "nl": (
        "Het wijkteam en de huisartsen overleggen elke week, en bewoners zitten mee aan tafel.",
        "Jongeren krijgen één vaste begeleider die blijft, ook als de regeling verandert.",
        "De gemeente begint bij wat mensen zelf kunnen en willen, en regelt daarna pas het papierwerk.",
        "Buren koken twee keer per week samen; wie hulp nodig heeft, vindt die daar vanzelf.",
    ),
    "de": (
        "Das Quartiersteam und die Hausärzte beraten sich jede Woche, und Anwohner sitzen mit am Tisch.",
        "Jugendliche haben eine feste Ansprechperson, die bleibt, auch wenn sich die Zuständigkeit ändert.",
        "Die Gemeinde beginnt mit dem, was Menschen selbst können, und klärt danach die Formulare.",
        "Nachbarn kochen zweimal in der Woche zusammen; wer Hilfe braucht, findet sie dort.",
    ),
}

Words = Callable[[str, Random], str]

_BY_NAME: tuple[tuple[re.Pattern[str], Words], ...] = (
    (re.compile("municipal|gemeente|gemeinde|place|plaats|city"), lambda _, chance: _favourite(chance, MUNICIPALITIES)),
    (re.compile("organi[sz]|organisatie"), lambda _, chance: chance.choice(_ORGANISATIONS)),
    (re.compile("first|voornaam|vorname"), lambda _, chance: chance.choice(_NAMES).split()[0]),
    (re.compile("last|achternaam|nachname"), lambda _, chance: chance.choice(_NAMES).split()[1]),
    (re.compile("name|naam"), lambda _, chance: chance.choice(_NAMES)),
    (re.compile("role|functi|beruf|profession"), lambda language, chance: chance.choice(_ROLES[language])),
    (re.compile("theme|thema|topic|subject"), lambda language, chance: chance.choice(_THEMES[language])),
    (re.compile("title|titel"), lambda language, chance: chance.choice(_TITLES[language])),
)
_BY_KIND: Mapping[str, str] = {"url": "https://example.org", "number": "2", "date": "2026-12-01", "tel": "+00 00000000"}


def fill(form: Form, email: str, language: str, chance: Random) -> list[tuple[str, str]]:
    """Return what a person at *email* sends: every question seen is answered, what is not seen stays as it came."""
    spoken = language if language in _TEXTS else "nl"
    answers = [(control.name, _answer(control, email, spoken, chance)) for control in form.controls]
    pressed = [form.button] if form.button and form.button[0] else []
    return [(name, value) for name, value in answers if value is not None] + pressed


def _answer(control: Control, email: str, language: str, chance: Random) -> str | None:
    match control.kind:
        case "checkbox" | "radio" if not control.seen:
            return None
        case _ if control.kind == "hidden" or not control.seen:
            return control.value
        case "checkbox":
            return control.value if control.required else None
        case "select" | "radio":
            return _favourite(chance, control.choices) if control.choices else None
        case "email":
            return email
        case kind:
            return (_BY_KIND.get(kind) or _words(control, language, chance))[: control.limit]


def _words(control: Control, language: str, chance: Random) -> str:
    if control.kind != "textarea":
        for name, words in _BY_NAME:
            if name.search(control.name.lower()):
                return words(language, chance)
    return chance.choice((_TEXTS if control.kind == "textarea" else _TITLES)[language])


def _favourite(chance: Random, choices: Sequence[str]) -> str:
    """Choose, the first ones more often, as people have favourites."""
    return chance.choices(choices, [1 / (place + 1) for place in range(len(choices))])[0]
