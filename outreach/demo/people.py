"""Invented people, as the exports of an association would hold them: three files, three habits, a few mistakes."""

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


DUTCH_FIRST = _words(
    "Anouk Bram Carlijn Daniël Eefje Floor Gijs Hülya Ilse Joël Karin Loïs Maaike Niels Oumaima Pieter René Sanne "
    "Teun Wout Yara Zoë Chloë Mees"
)
GERMAN_FIRST = _words(
    "Anke Björn Cäcilie Dörte Emre Friederike Günter Heike Ingo Jörg Käthe Lütfiye Matthias Nele Özlem Petra Rüdiger "
    "Sören Tülay Ute Veit Wiebke Jürgen Änne"
)
DUTCH_LAST = (
    ("", "Wilgenbosch"), ("van der", "Rietkraag"), ("de", "Kraanvogel"), ("", "Zandstraal"), ("van", "Duinrade"),
    ("", "Hoefijzer"), ("ten", "Eikelhof"), ("", "Molenwiek"), ("van den", "Zilverberg"), ("", "Notenboom"),
    ("in 't", "Lindehout"), ("", "Weversloot"), ("", "Coëvering"), ("de", "Steltloper"), ("", "Brêgeman"),
    ("van de", "Kersenlaan"), ("", "Turfschipper"), ("", "Geërfde"),
)  # fmt: skip
GERMAN_LAST = _words(
    "Ährenfeld Birkenstöck Dünnwald Eichgräber Föhrenbach Grünspecht Haselmäuser Immergrün Kornblümer Löwenzahn "
    "Mühlenstein Nußbaumer Öhmchen Pfützner Rübsamen Schönwetter Süßkirsch Überbrück Weißdörfer Zaunkönig"
)

DUTCH_START = _words(
    "Zilver Elzen Varen Kraan Wilgen Kiewiet Otter Reiger Notel Brem Kweek Gagel Ratel Sleedoorn Bever Lijster "
    "Meidoorn Zwaluw Pluim Klaver"
)
DUTCH_END = _words("drecht beemd wolde hage rade kerspel sluis oord mond gouwe wierde akker")
GERMAN_START = _words(
    "Amsel Biber Dachs Eiben Falken Ginster Hasel Igel Kranich Luchs Milan Otter Reiher Star Wacholder"
)
GERMAN_END = _words("büttel scheid rath höhe winkel grund auen furt bühl siepen")
DUTCH_REGIONS = ("Rivierenland", "Midden-Utrecht", "Groningen", "Zeeland", "Drenthe")  # real ones, for invented towns
GERMAN_REGIONS = ("Eifelgau", "Rheinkohlenland", "Niederbördeland")

CLUBS = (
    ("Vereniging Buurtkracht", "Rivierenland", "NL"), ("Samen Wonen Noorderwaard", "Groningen", "NL"),
    ("Jongerenwerk De Kade", "Midden-Utrecht", "NL"), ("Mantelzorg aan Zee", "Zeeland", "NL"),
    ("Nachbarschaftshilfe Eifelgau", "Eifelgau", "DE"), ("Jugendtreff Brückenschlag", "Rheinkohlenland", "DE"),
    ("Verein für gute Pflege", "Niederbördeland", "DE"),
)  # fmt: skip
COMPANIES = (
    ("Bouwbedrijf Lindehout", "Rivierenland", "NL"), ("Bäckerei Zaunkönig", "Rheinkohlenland", "DE"),
    ("Elektro Grünspecht", "Rheinkohlenland", "DE"),
)  # fmt: skip
SECTORS = ("youth", "participation", "care", "poverty")
ENDINGS = ("example.org", "example.net", "example.com")
MISTAKES = (
    ("jan@@zorg.example.org", "nl"),
    ("anna.example.org", "de"),
    ("", "nl"),
    ("tom@werk.example.net", "Klingon"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person, before a file's habits."""

    first: str
    infix: str
    last: str
    email: str
    language: str
    tracking: str


@dataclass(frozen=True, slots=True)
class Town:
    """An invented municipality; codes of a kind that no real one has (GM9…, AGS 99…)."""

    name: str
    code: str
    region: str
    country: str


def write_people(folder: Path, count: int, seed: int) -> list[Path]:
    """Write files with *count* people in all to *folder*; the same seed, the same files.

    Some people stand in two files and some rows are wrong; both come on top of *count*.
    """
    folder.mkdir(parents=True, exist_ok=True)
    crowd = _Crowd(Random(seed))
    members = count * 40 // 100
    officials = count * 15 // 100
    shared: list[Person] = []
    return [
        _write(folder / "members.csv", ";", "utf-8-sig", MEMBERS, _members(crowd, members, shared)),
        _write(folder / "municipalities.csv", ",", "utf-8", MUNICIPALITIES, _municipalities(crowd, officials)),
        _write(
            folder / "social_workers.csv", "\t", "utf-8", WORKERS, _workers(crowd, count - members - officials, shared)
        ),
    ]


MEMBERS = (
    "Relatienummer", "Voornaam", "Tussenvoegsel", "Achternaam", "E-mailadres", "Taal", "Groep", "Organisatie", "Soort",
    "Regio", "Land", "Tracking",
)  # fmt: skip
MUNICIPALITIES = (
    "Gemeentecode", "Organisatie", "Soort", "Regio", "Land", "E-mail", "Voornaam", "Tussenvoegsel", "Achternaam",
    "Taal", "Groep", "Tracking",
)  # fmt: skip
WORKERS = ("E-Mail-Adresse", "Vorname", "Nachname", "Sprache", "Gruppe", "Tracking", "Sector")


def _members(crowd: "_Crowd", count: int, shared: list[Person]) -> Iterator[Sequence[str]]:
    for number in range(count):
        company = number % 25 == 3  # noqa: PLR2004
        club, region, country = crowd.chance.choice(COMPANIES if company else CLUBS)
        person = crowd.person("verenigingen" if country == "NL" else "vereine", country)
        if number % 30 == 7:  # noqa: PLR2004
            shared.append(person)
        yield (
            f"L{number + 1:06}", person.first, person.infix, person.last, person.email, person.language, "member",
            club, "bedrijf" if company else "vereniging", region, country, person.tracking,
        )  # fmt: skip
    for email, language in MISTAKES:
        yield "", "Jan", "", "Vergissing", email, language, "member", "", "", "", "", "no"


def _municipalities(crowd: "_Crowd", count: int) -> Iterator[Sequence[str]]:
    towns = _towns(crowd.chance)[: max(1, count * 7 // 10)]
    for number in range(count):
        town = towns[number % len(towns)]
        host = _ascii(f"{'gemeente' if town.country == 'NL' else 'stadt'}-{town.name}")
        person = crowd.role(town, host) if number < len(towns) else crowd.person(host, town.country)
        yield (
            town.code, town.name, "gemeente" if town.country == "NL" else "Gemeinde", town.region, town.country,
            person.email, person.first, person.infix, person.last, person.language, "municipality", person.tracking,
        )  # fmt: skip
    yield "GM9999", "Nergenshuizen", "gemeente", "", "NL", "gemeente@", "", "", "", "nl", "municipality", ""


def _workers(crowd: "_Crowd", count: int, shared: Sequence[Person]) -> Iterator[Sequence[str]]:
    own = (crowd.person(crowd.chance.choice(("wijkteam", "beratung", "jeugd", "zorg", "werk"))) for _ in range(count))
    for person in (*shared, *own):
        name = f"{person.infix} {person.last}".strip()
        sector = crowd.chance.choice(SECTORS)
        yield person.email, person.first, name, person.language, "social-worker", person.tracking, sector
    for email, language in MISTAKES[:2]:
        yield email, "Anna", "Versehen", language, "social-worker", "no", ""


class _Crowd:
    """Invents people whose addresses are all different."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._taken: set[str] = set()

    def person(self, host: str, country: str = "") -> Person:
        """A few per cent have a mailbox that is gone (`bounce.`) or full (`full.`), as the outbox understands it."""
        dutch = (country or self.chance.choices(("NL", "DE"), (60, 40))[0]) == "NL"
        first = self.chance.choice(DUTCH_FIRST if dutch else GERMAN_FIRST)
        infix, last = self.chance.choice(DUTCH_LAST) if dutch else ("", self.chance.choice(GERMAN_LAST))
        fate = self.chance.choices(("", "bounce.", "full."), (960, 25, 15))[0]
        local = f"{fate}{_ascii(first)}.{_ascii(infix + last)}"
        language = self.chance.choices(("nl" if dutch else "de", ""), (90, 10))[0]
        return Person(first, infix, last, self._address(local, host), language, self._tracking())

    def role(self, town: Town, host: str) -> Person:
        """The municipality's own address, of no person in particular."""
        names = ("gemeente", "info", "secretariaat") if town.country == "NL" else ("poststelle", "info", "rathaus")
        return Person("", "", "", self._address(self.chance.choice(names), host), "", "")

    def _address(self, local: str, host: str) -> str:
        domain = f"{host}.{self.chance.choice(ENDINGS)}"
        email, number = f"{local}@{domain}", 1
        while email in self._taken:
            number = number + 1 if number < 4 else self.chance.randrange(10**9)  # noqa: PLR2004
            email = f"{local}{number}@{domain}"
        self._taken.add(email)
        return email

    def _tracking(self) -> str:
        return self.chance.choices(("yes", "no", ""), (40, 45, 15))[0]


def _towns(chance: Random) -> list[Town]:
    dutch = [start + end for start, end in product(DUTCH_START, DUTCH_END)]
    german = [start + end for start, end in product(GERMAN_START, GERMAN_END)]
    towns = [
        *(Town(name, f"GM{9001 + at}", chance.choice(DUTCH_REGIONS), "NL") for at, name in enumerate(dutch)),
        *(Town(name, f"99{101 + at:06}", chance.choice(GERMAN_REGIONS), "DE") for at, name in enumerate(german)),
    ]
    chance.shuffle(towns)
    return towns


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold().replace("'", "").replace(" ", ""))
    return plain.encode("ascii", "ignore").decode()


def _write(path: Path, delimiter: str, encoding: str, heading: Sequence[str], rows: Iterator[Sequence[str]]) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(heading)
        writer.writerows(rows)
    return path
