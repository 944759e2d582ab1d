"""What exists and what it is called: Dutch municipalities, provinces and labour-market regions, German Länder.

The facts stand in `data/*.csv`, each with its source, date and licence. Names are compared levelled (`levelled`):
capitals, accents, hyphens, "Gemeente …" and "a/d" make no difference.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path

YEAR = 2026
"""The year whose municipal division `data/municipalities.csv` holds."""

MUNICIPALITY = "municipality"
"""The kind of an organisation that is one."""

DATA = Path(__file__).with_name("data")

_CODE = re.compile(r"\s*(?:GM\s*)?([0-9]{1,4})\s*", re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9]+")
_MARK = re.compile(r" \(.+\)$")  # Bergen (NH.)
_AT_THE = re.compile(r"\b(?:aan den?|a d)\b")
_SAINT = re.compile(r"\bst\b")
_LEADS = frozenset({"gemeente", "gem", "gemeentebestuur", "stad", "regio", "arbeidsmarktregio", "provincie"})


class PlaceUnclear(ValueError):
    """A name or code that stands for several municipalities of today; the text names them."""


@dataclass(frozen=True, slots=True)
class Municipality:
    """One of today's; *region* is its labour-market region; *since* is empty for what was there before 2003."""

    code: str
    name: str
    province: str
    region: str
    country: str = "NL"
    since: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    def is_written(self, code_or_name: str) -> bool:
        """Return whether *code_or_name* is its own code or name, in any spelling of these."""
        return official_code(code_or_name) == self.code or levelled(code_or_name) == levelled(self.name)


@dataclass(frozen=True, slots=True)
class FormerMunicipality:
    """One that ended on *until*; *successors* are codes, the one first that most of it went to."""

    code: str
    name: str
    since: str
    until: str
    successors: tuple[str, ...]


@cache
def municipalities() -> Mapping[str, Municipality]:
    """Return today's municipalities by code."""
    return {
        row["code"]: Municipality(row["code"], row["name"], row["province"], row["region"], since=row["since"])
        for row in _rows("municipalities.csv")
    }


@cache
def former_municipalities() -> Mapping[str, FormerMunicipality]:
    """Return by code what was merged, split or given a new code since 2004."""
    return {
        row["code"]: FormerMunicipality(
            row["code"], row["name"], row["since"], row["until"], tuple(row["successors"].split())
        )
        for row in _rows("former_municipalities.csv")
    }


@lru_cache(maxsize=16384)
def municipality(code_or_name: str) -> Municipality | None:
    """Return today's municipality for a code (`GM0363`, `0363`, `363`) or a name, former ones included; else None.

    Raises `PlaceUnclear` for a name that several have (`Bergen`) and for a municipality that was split.
    """
    code = official_code(code_or_name)
    if code:
        return successor(code)
    codes = _spellings().get(levelled(code_or_name), ())
    if len(codes) > 1:
        both = one_of(each for code in codes for each in today(code))
        raise PlaceUnclear(f"{code_or_name.strip()!r} may be {both}; write the whole name or the code")
    return successor(codes[0]) if codes else None


def successor(code: str) -> Municipality | None:
    """Return what the municipality with that code is today: itself, or what it went into; None for no such code.

    Raises `PlaceUnclear` where it was split: only a person can tell in which part somebody sits.
    """
    found = today(code)
    if len(found) > 1:
        gone = former_municipalities()[code]
        raise PlaceUnclear(
            f"{gone.name} ({gone.code}) was divided in {gone.until[:4]}; today it is {one_of(found)}: "
            "write the one that is meant"
        )
    return found[0] if found else None


def official_code(text: str) -> str:
    """Return a code as CBS writes it (`363` gives `GM0363`), nothing where *text* is none."""
    digits = _CODE.fullmatch(text)
    return f"GM{int(digits[1]):04}" if digits else ""


def today(code: str) -> tuple[Municipality, ...]:
    """Return what lies where the municipality with that code lay, most of it first; nothing for no such code."""
    living = municipalities().get(code)
    if living is not None:
        return (living,)
    gone = former_municipalities().get(code)
    parts = gone.successors if gone else ()
    return tuple(dict.fromkeys(each for part in parts for each in today(part)))


@lru_cache(maxsize=4096)
def alike(name: str) -> tuple[Municipality, ...]:
    """Return today's municipalities, three at most, for names that differ from *name* by a slip."""
    near = get_close_matches(levelled(name), _spellings(), n=3, cutoff=0.8)
    found = dict.fromkeys(each for key in near for code in _spellings()[key] for each in today(code))
    return tuple(found)[:3]


@cache
def provinces() -> tuple[str, ...]:
    """Return the twelve Dutch provinces as CBS names them."""
    return tuple(sorted(row["name"] for row in _rows("provinces.csv")))


def province_named(text: str) -> str | None:
    """Return the province's name for any of its names or marks (`Friesland`, `N-H`)."""
    return next(iter(_also("provinces.csv").get(levelled(text), ())), None)


@cache
def regions() -> tuple[str, ...]:
    """Return the 35 labour-market regions as CBS names them."""
    return tuple(sorted(row["name"] for row in _rows("regions.csv")))


@lru_cache(maxsize=4096)
def region_named(text: str) -> tuple[str, ...]:
    """Return today's name for any name of a labour-market region, the names for two in one (`Haaglanden/Rijnmond`).

    Nothing where one of them is no region.
    """
    known = _also("regions.csv")
    if levelled(text) in known:
        return known[levelled(text)]
    parts = [known.get(levelled(part), ()) for part in text.split("/")]
    return tuple(dict.fromkeys(name for part in parts for name in part)) if all(parts) else ()


@cache
def laender() -> Mapping[str, str]:
    """Return the German Länder by the two digits that an AGS begins with."""
    return {row["key"]: row["name"] for row in _rows("laender.csv")}


def levelled(name: str) -> str:
    """Return what all spellings of a name have in common: `Gemeente Súdwest-Fryslân` gives `sudwestfryslan`."""
    plain = unicodedata.normalize("NFKD", name).casefold().replace("&", " en ")
    words = _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
    while len(words) > 1 and words[0] in _LEADS:
        del words[0]
    if len(words) > 1 and words[-1] == "gemeente":
        del words[-1]
    return _SAINT.sub("sint", _AT_THE.sub("ad", " ".join(words))).replace(" ", "")


def one_of(found: Iterable[Municipality]) -> str:
    """Return a choice as a sentence puts it: `Bergen (L.) (GM0893) or Bergen (NH.) (GM0373)`."""
    *others, last = map(str, found)
    return f"{', '.join(others)} or {last}" if others else last


@cache
def _spellings() -> Mapping[str, tuple[str, ...]]:
    """Codes by levelled spelling; a whole name of today goes before everything else that is spelled so."""
    whole = {levelled(each.name): (each.code,) for each in municipalities().values()}
    return _gathered(_other_spellings()) | whole


def _other_spellings() -> Iterator[tuple[str, str]]:
    marks = {row["name"]: (row["name"], *row["also"].split(";")) for row in _rows("provinces.csv")}
    for living in municipalities().values():
        bare = _MARK.sub("", living.name)
        yield bare, living.code
        yield from ((f"{bare} {mark}", living.code) for mark in marks[living.province])
    for former in former_municipalities().values():
        yield former.name, former.code
        yield _MARK.sub("", former.name), former.code
    yield from ((row["spelling"], row["code"]) for row in _rows("spellings.csv"))


@cache
def _also(file: str) -> Mapping[str, tuple[str, ...]]:
    """Names by levelled spelling, for a file with the columns `name` and `also`."""
    return _gathered(
        (spelling, row["name"])
        for row in _rows(file)
        for spelling in (row["name"], *row["also"].split(";"))
        if spelling
    )


def _gathered(spelled: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for spelling, meant in spelled:
        found.setdefault(levelled(spelling), {})[meant] = None
    return {key: tuple(meanings) for key, meanings in found.items()}


def _rows(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))
