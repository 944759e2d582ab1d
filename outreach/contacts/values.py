"""What the cells of an export mean, in Dutch, German and English; tables, and pure."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email

from outreach.model.gazetteer import MUNICIPALITY
from outreach.model.people import AddressKind


class CellRefused(ValueError):
    """A cell that cannot be what its column says; the text says why and what would work."""


LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "nl": ("nederlands", "niederländisch", "niederlandisch", "dutch", "nld", "dut"),
    "de": ("deutsch", "duits", "german", "deu", "ger"),
    "en": ("english", "engels", "englisch", "eng"),
    "fr": ("français", "francais", "frans", "französisch", "franzosisch", "french", "fra", "fre"),
}

COUNTRIES: Mapping[str, tuple[str, ...]] = {
    "NL": ("nederland", "niederlande", "netherlands", "the netherlands"),
    "DE": ("deutschland", "duitsland", "germany"),
    "BE": ("belgië", "belgie", "belgien", "belgium"),
    "LU": ("luxemburg", "luxembourg"),
    "AT": ("österreich", "oostenrijk", "austria"),
    "CH": ("schweiz", "zwitserland", "switzerland"),
}

ORGANISATION_KINDS: Mapping[str, tuple[str, ...]] = {
    MUNICIPALITY: ("gemeente", "gemeinde", "kommune"),
    "association": ("vereniging", "verein", "verband"),
    "foundation": ("stichting", "stiftung"),
    "company": ("bedrijf", "unternehmen", "firma"),
}

ADDRESS_KINDS: Mapping[str, tuple[str, ...]] = {
    AddressKind.PERSONAL: ("persoonlijk", "persoon", "persönlich", "person"),
    AddressKind.ROLE: ("functie", "algemeen", "funktion", "allgemein", "function", "general"),
}

ZONES: Mapping[str, tuple[str, ...]] = {
    "Europe/Amsterdam": ("nederland", "niederlande", "netherlands"),
    "Europe/Berlin": ("deutschland", "duitsland", "germany"),
    "America/Kralendijk": (
        "caribisch nederland", "karibische niederlande", "caribbean netherlands", "bonaire", "saba", "sint eustatius",
        "statia",
    ),
    "America/Curacao": ("curaçao",),
    "America/Lower_Princes": ("sint maarten",),
}  # fmt: skip
"""Places whose time zone has another name."""

YES_AND_NO: Mapping[str, tuple[str, ...]] = {
    "yes": ("ja", "j", "y", "true", "waar", "wahr", "1", "x"),
    "no": ("nee", "nein", "n", "false", "onwaar", "falsch", "0"),
}

FUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        """
    aanmelden administratie administration algemeen allgemein beratung bestuur bibliotheek buergerbuero buero bureau
    communicatie contact gemeente gemeinde griffie hallo hello info informatie information kanzlei klantenservice
    kommunikation kontakt leden mail nieuws office poststelle post postbus presse press pressestelle privacy rathaus
    receptie redactie redaktion rezeption secretariaat secretaris sekretariat service sociaal soziales stadt
    stadtverwaltung team verwaltung verein vereniging voorlichting vorstand welzijn wethouder zentrale
    """,
    )
)
"""Local parts (up to a `.`, `-`, `_` or `+`) that belong to a function rather than to a person."""

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_SPACES = re.compile(r"\s+")
_FIRST_WORD = re.compile(r"[.\-_+@]")
_PERSONAL, _ROLE = AddressKind.PERSONAL, AddressKind.ROLE
LONGEST = 253  # a domain so long that it is refused on its own is too long here as well
PLAIN = re.compile(
    r"""
    (?!.*--) (?=[^@]{1,64}@) [a-z0-9_+-]+ (?:\.[a-z0-9_+-]+)*
    @ (?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+ (?!(?:arpa|invalid|local|localhost|onion|test)\Z) [a-z]{2,63}
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
"""Addresses as nearly all of them are: valid beyond doubt, so that the thorough look, 40 µs each, is left out."""


def address(text: str) -> str:
    """Return the address in the one way it is stored: lower-case, and the domain in ASCII."""
    if PLAIN.fullmatch(text) and len(text) <= LONGEST:
        return text.lower()
    stripped = text.translate(_INVISIBLE).strip().removeprefix("mailto:")
    if not stripped:
        raise CellRefused("no email address")
    try:
        valid = validate_email(stripped, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise CellRefused(f"address {stripped!r} is impossible: {error}") from error
    return (valid.ascii_email or valid.normalized).lower()


def kind_of(email: str) -> AddressKind:
    """Return whether *email* belongs to a function, as far as its local part tells."""
    return _ROLE if _FIRST_WORD.split(email, 1)[0] in FUNCTIONS else _PERSONAL


def language(text: str) -> str | None:
    """Return the language's code; regions (`nl-BE`) are let go."""
    return _word(re.sub(r"(?<=^\w\w)[-_]\w+$", "", text), LANGUAGES, "language", text)


def country(text: str) -> str:
    """Return the country's code, in capitals; any two letters are taken for one."""
    if re.fullmatch(r"[A-Za-z]{2}", text):
        return text.upper()
    return _word(text, COUNTRIES, "country", text) or ""


def address_kind(text: str) -> AddressKind | None:
    """Return the kind that somebody gave by hand, if any."""
    word = _word(text, ADDRESS_KINDS, "address kind", text)
    return AddressKind(word) if word else None


def tracking(text: str) -> bool | None:
    """Return what was said about recording opens; None where nothing was."""
    word = _word(text, YES_AND_NO, "tracking", text)
    return word == "yes" if word else None


def time_zone(text: str) -> str | None:
    """Return the name by which a time zone is known everywhere; its city or island is enough, in any spelling of them.

    Abbreviations (`CET`) and distances (`UTC+1`) are no zones: they do not tell when clocks are changed.
    """
    folded = _folded_zone(text)
    if not folded:
        return None
    known = _zones()
    if folded in known:
        return known[folded]
    near = get_close_matches(folded, known, n=1, cutoff=0.8)
    meant = f"did you mean {known[near[0]]}? " if near else ""
    raise CellRefused(
        f"time zone {text!r} is not known; {meant}write a name such as Europe/Amsterdam, Europe/Berlin or "
        "America/Kralendijk, or leave it empty"
    )


def organisation_kind(text: str) -> str:
    """Return our word for a well-known kind, else the text in small letters."""
    folded = text.casefold()
    return next((kind for kind, words in ORGANISATION_KINDS.items() if folded in words), folded)


def groups(text: str) -> tuple[str, ...]:
    """Return the groups' names as segments write them: `Social Worker; member` → `social-worker`, `member`."""
    names = (_SPACES.sub("-", part.strip().strip('"').strip().casefold()) for part in re.split(r"[;,|]", text))
    return tuple(dict.fromkeys(name for name in names if name))


def _folded_zone(text: str) -> str:
    return re.sub(r"[\s_]+", "_", text.strip()).casefold()


@cache
def _zones() -> dict[str, str]:
    """All zones with a place in their name, by that name, and by the place alone where only one has it."""
    names = [name for name in sorted(available_timezones()) if "/" in name and not name.startswith(("Etc/", "System"))]
    places: dict[str, list[str]] = {}
    for name in names:
        places.setdefault(_folded_zone(name.rpartition("/")[2]), []).append(name)
    alone = {place: found[0] for place, found in places.items() if len(found) == 1}
    islands = {_folded_zone(each): zone for zone, words in ZONES.items() for each in words}
    return alone | islands | {_folded_zone(name): name for name in names}


def _word(text: str, table: Mapping[str, tuple[str, ...]], what: str, found: str) -> str | None:
    folded = text.casefold()
    if not folded:
        return None
    for ours, theirs in table.items():
        if folded == ours.casefold() or folded in theirs:
            return ours
    examples = ", ".join(f"{ours} ({theirs[0]})" for ours, theirs in table.items())
    raise CellRefused(f"{what} {found!r} is not known; known: {examples}; or leave it empty")
