"""What the headings of an export mean, in Dutch, German and English."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from outreach.errors import ImportRefused
from outreach.model.mail import one_line
from outreach.model.people import attribute_key


class Column(StrEnum):
    """A column that is understood; all others become attributes of the person."""

    EMAIL = "email"
    FIRST_NAME = "first name"
    INFIX = "infix"
    LAST_NAME = "last name"
    LANGUAGE = "language"
    GROUPS = "groups"
    ADDRESS_KIND = "address kind"
    ORGANISATION = "organisation"
    ORGANISATION_KIND = "kind"
    CODE = "code"
    REGION = "region"
    COUNTRY = "country"
    EXTERNAL_ID = "external id"
    TRACKING = "tracking"
    ERROR = "error"


SEVERAL = (Column.GROUPS, Column.ERROR)
"""Columns that may stand in a file more than once."""

HEADINGS: Mapping[Column, tuple[str, ...]] = {
    Column.EMAIL: (
        "email", "emailaddress", "emailadres", "emailadresse", "mail", "mailadres", "mailadresse", "mailaddress",
    ),
    Column.FIRST_NAME: ("voornaam", "roepnaam", "vorname", "rufname", "firstname", "givenname"),
    Column.INFIX: ("tussenvoegsel", "tussenvoegsels", "voorvoegsel", "namenszusatz", "infix", "prefix"),
    Column.LAST_NAME: ("achternaam", "familienaam", "nachname", "familienname", "lastname", "surname", "familyname"),
    Column.LANGUAGE: ("taal", "voorkeurstaal", "sprache", "language", "preferredlanguage", "lang"),
    Column.GROUPS: ("groep", "groepen", "gruppe", "gruppen", "group", "groups"),
    Column.ADDRESS_KIND: ("adressoort", "soortadres", "adressart", "artderadresse", "addresskind", "addresstype"),
    Column.ORGANISATION: ("organisatie", "organisatienaam", "organisation", "organization", "organisationsname"),
    Column.ORGANISATION_KIND: (
        "soort", "art", "kind", "soortorganisatie", "organisatiesoort", "organisationsart", "artderorganisation",
        "organisationkind", "organizationkind",
    ),
    Column.CODE: (
        "gemeentecode", "cbscode", "ags", "gemeindeschlussel", "gemeindeschlüssel", "gemeindekennziffer", "code",
        "municipalitycode", "organisationcode", "organisatiecode",
    ),
    Column.REGION: ("regio", "region", "arbeidsmarktregio"),
    Column.COUNTRY: ("land", "country", "countrycode", "landcode", "ländercode", "landescode"),
    Column.EXTERNAL_ID: (
        "externalid", "externid", "externeid", "id", "relatienummer", "lidnummer", "mitgliedsnummer", "memberid",
        "membernumber", "crmid",
    ),
    Column.TRACKING: ("tracking", "openingenmeten", "öffnungenmessen"),
    Column.ERROR: ("error",),
}  # fmt: skip

_MEANING = {heading: column for column, headings in HEADINGS.items() for heading in headings}


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a file: *names* as they stand there; *meanings* a column each, or the key of an attribute."""

    names: tuple[str, ...]
    meanings: tuple[Column | str, ...]


def understand(names: Sequence[str], source: str) -> Header:
    """Return what each heading means; refuse a file without addresses, or where two columns mean the same."""
    meanings = tuple(_meaning(name, position) for position, name in enumerate(names, 1))
    if Column.EMAIL not in meanings:
        listed = ", ".join(repr(name) for name in names)
        raise ImportRefused(
            f"{source}: no column with email addresses; columns found: {listed}; "
            "name one of them email, e-mailadres or E-Mail-Adresse"
        )
    for meaning, times in Counter(meanings).items():
        if times > 1 and meaning not in SEVERAL:
            same = " and ".join(repr(name) for name, each in zip(names, meanings, strict=True) if each == meaning)
            raise ImportRefused(f"{source}: columns {same} both mean {str(meaning)!r}; rename or remove one of them")
    return Header(tuple(names), meanings)


def _meaning(name: str, position: int) -> Column | str:
    squeezed = "".join(letter for letter in name.casefold() if letter.isalnum())
    return _MEANING.get(squeezed) or attribute_key(one_line(name)) or f"column {position}"
