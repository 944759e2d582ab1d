"""The vocabulary of headings: Dutch, German and English, and what exports of other systems call their columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Column(StrEnum):
    """A column that is understood; all others become attributes of the person."""

    EMAIL = "email"
    NAME = "name"
    FIRST_NAME = "first name"
    INFIX = "infix"
    LAST_NAME = "last name"
    LANGUAGE = "language"
    TIME_ZONE = "time zone"
    GROUPS = "groups"
    ADDRESS_KIND = "address kind"
    ORGANISATION = "organisation"
    ORGANISATION_KIND = "kind"
    CODE = "code"
    MUNICIPALITY = "municipality"
    REGION = "region"
    COUNTRY = "country"
    EXTERNAL_ID = "external id"
    TRACKING = "tracking"
    ATTRIBUTES = "attributes"
    STATUS = "status"
    UNSUBSCRIBED = "unsubscribed"
    LINE = "line"
    ERROR = "error"
    LEFT_OUT = "left out"


SEVERAL = (Column.GROUPS, Column.STATUS, Column.UNSUBSCRIBED, Column.ERROR, Column.LEFT_OUT)
"""Columns that may stand in a file more than once."""

OURS = (Column.LINE, Column.ERROR, Column.LEFT_OUT)
"""Columns that say nothing about a person; the first two are those of our own files of errors."""

HEADINGS: Mapping[Column, tuple[str, ...]] = {
    Column.EMAIL: (
        "email", "emailaddress", "emailadres", "emailadresse", "mail", "mailadres", "mailadresse", "mailaddress",
        "contactemail", "emailcontact",
    ),
    Column.NAME: (
        "name", "naam", "fullname", "volledigenaam", "vollständigername", "vollername", "displayname", "weergavenaam",
        "anzeigename", "contactpersoon", "contactperson", "ansprechpartner", "ansprechpartnerin", "contactname",
    ),
    Column.FIRST_NAME: ("voornaam", "roepnaam", "vorname", "rufname", "firstname", "givenname", "prenom", "prénom"),
    Column.INFIX: ("tussenvoegsel", "tussenvoegsels", "voorvoegsel", "namenszusatz", "infix", "prefix"),
    Column.LAST_NAME: (
        "achternaam", "familienaam", "nachname", "familienname", "zuname", "lastname", "surname", "familyname",
    ),
    Column.LANGUAGE: (
        "taal", "voorkeurstaal", "sprache", "language", "preferredlanguage", "lang", "correspondentietaal",
    ),
    Column.TIME_ZONE: ("tijdzone", "zeitzone", "timezone", "timezonename", "tzname"),
    Column.GROUPS: ("groep", "groepen", "gruppe", "gruppen", "group", "groups", "tags", "lists", "lijsten", "listen"),
    Column.ADDRESS_KIND: ("adressoort", "soortadres", "adressart", "artderadresse", "addresskind", "addresstype"),
    Column.ORGANISATION: (
        "organisatie", "organisatienaam", "naamorganisatie", "organisation", "organization", "organisationsname",
        "organisationname", "organizationname", "company", "companyname", "bedrijf", "bedrijfsnaam", "firma",
        "instelling", "einrichtung", "träger",
    ),
    Column.ORGANISATION_KIND: (
        "soort", "art", "kind", "soortorganisatie", "organisatiesoort", "organisationsart", "artderorganisation",
        "organisationkind", "organizationkind",
    ),
    Column.CODE: (
        "gemeentecode", "cbscode", "ags", "gemeindeschlussel", "gemeindeschlüssel", "gemeindekennziffer", "code",
        "municipalitycode", "organisationcode", "organisatiecode",
    ),
    Column.MUNICIPALITY: (
        "municipality", "gemeente", "gemeentenaam", "gemeinde", "gemeindename", "kommune", "vestigingsgemeente",
    ),  # not where people live (woonplaats, Wohnort): villages are no municipalities, nor do organisations sit there
    Column.REGION: ("regio", "region", "arbeidsmarktregio"),
    Column.COUNTRY: ("land", "country", "countrycode", "landcode", "ländercode", "landescode"),
    Column.EXTERNAL_ID: (
        "externalid", "externid", "externeid", "id", "relatienummer", "lidnummer", "mitgliedsnummer", "memberid",
        "membernumber", "crmid", "extid",
    ),
    Column.TRACKING: ("tracking", "openingenmeten", "öffnungenmessen"),
    Column.STATUS: (
        "status", "emailstatus", "mailstatus", "subscriptionstatus", "subscriberstatus", "abonnementstatus",
        "emailmarketing",
    ),
    Column.UNSUBSCRIBED: (
        "unsubscribed", "unsubscribedat", "optout", "optedout", "blocklisted", "blacklisted", "emailblacklisted",
        "emailblocklisted", "uitgeschreven", "uitgeschrevenop", "afgemeld", "afgemeldop", "abgemeldet", "abgemeldetam",
    ),
    Column.ATTRIBUTES: (),
    Column.LINE: ("line",),
    Column.ERROR: ("error",),
}  # fmt: skip
"""Headings in small letters, letters and digits only: `E-Mail-Adresse` is `emailadresse`."""

MEANING = {heading: column for column, headings in HEADINGS.items() for heading in headings}


@dataclass(frozen=True, slots=True)
class Export:
    """How one system writes its export. *marks* give it away when all of them stand in the heading.

    *meanings* go before the general vocabulary: Mailchimp's `REGION` is guessed from an IP address, not a region of
    ours. What is left out is the system's own bookkeeping, or more about people than a mailing list should hold.
    """

    name: str
    marks: frozenset[str]
    meanings: Mapping[str, Column]


def _left_out(*headings: str) -> dict[str, Column]:
    return dict.fromkeys(headings, Column.LEFT_OUT)


EXPORTS = (
    Export(
        "Mailchimp",
        frozenset({"leid", "euid"}),
        {
            **_left_out(
                "memberrating", "optinip", "confirmip", "latitude", "longitude", "gmtoff", "dstoff", "timezone", "cc",
                "region", "lastchanged", "leid", "euid", "unsubcampaigntitle", "unsubcampaignid", "unsubreason",
                "unsubreasonother", "cleancampaigntitle", "cleancampaignid",
            ),
            "unsubtime": Column.UNSUBSCRIBED,
            "cleantime": Column.UNSUBSCRIBED,
        },
    ),
    Export(
        "listmonk",
        frozenset({"email", "name", "attributes"}),
        {
            **_left_out("uuid", "id", "createdat", "updatedat"),
            "attributes": Column.ATTRIBUTES,
            "attribs": Column.ATTRIBUTES,
        },
    ),
    Export(
        "Brevo",
        frozenset({"email", "addedtime", "modifiedtime"}),
        _left_out("contactid", "modifiedtime", "listids"),
    ),
)  # fmt: skip


def squeezed(heading: str) -> str:
    """Return *heading* as the vocabulary has it: small letters and digits alone."""
    return "".join(letter for letter in heading.casefold() if letter.isalnum())
