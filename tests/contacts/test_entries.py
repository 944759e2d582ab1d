import pytest

from outreach.contacts.columns import Column, understand
from outreach.contacts.entries import Entry, Repeats, RowRefused, entry_of
from outreach.contacts.read import Line
from outreach.contacts.values import (
    CellRefused,
    address,
    address_kind,
    country,
    groups,
    kind_of,
    language,
    organisation_kind,
    tracking,
)
from outreach.model.people import AddressKind, Contact, Organisation


def entry(heading: str, row: str, groups: tuple[str, ...] = ()) -> Entry:
    return entry_of(understand(heading.split(";"), "people.csv"), Line(2, tuple(row.split(";"))), groups)


def refusal(heading: str, row: str) -> str:
    with pytest.raises(RowRefused) as caught:
        entry(heading, row)
    return str(caught.value)


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("email", Column.EMAIL),
        ("E-Mail-Adresse", Column.EMAIL),
        ("e-mailadres", Column.EMAIL),
        ("Voornaam", Column.FIRST_NAME),
        ("vorname", Column.FIRST_NAME),
        ("First name", Column.FIRST_NAME),
        ("achternaam", Column.LAST_NAME),
        ("Sprache", Column.LANGUAGE),
        ("Groups", Column.GROUPS),
        ("Organisatie", Column.ORGANISATION),
        ("Art", Column.ORGANISATION_KIND),
        ("Gemeentecode", Column.CODE),
        ("AGS", Column.CODE),
        ("Gemeindeschlüssel", Column.CODE),
        ("external_id", Column.EXTERNAL_ID),
        ("Land", Column.COUNTRY),
        ("Tracking", Column.TRACKING),
        ('Geboorte "jaar"', "geboorte jaar"),
    ],
)
def test_headings_are_understood_in_three_languages(heading: str, meaning: Column | str):
    assert (
        understand(["email" if meaning is not Column.EMAIL else "sector", heading], "people.csv").meanings[1] == meaning
    )


def test_a_row_becomes_a_contact():
    read = entry(
        "Lidnummer;Voornaam;Tussenvoegsel;Achternaam;E-mail;Taal;Groep;Organisatie;Soort;Gemeentecode;Regio;Land;Sector",
        "L7; Zoë ;van der;Rietkraag; Zoe@Kade.Example.org ;Duits;Social Worker, member;Zilverdrecht;Gemeente;gm 9001;"
        "Rivierenhoek;Nederland;youth",
        groups=("extra", "member"),
    )

    assert read.contact == Contact(
        email="zoe@kade.example.org",
        first_name="Zoë",
        last_name="van der Rietkraag",
        language="de",
        kind=AddressKind.PERSONAL,
        groups=("social-worker", "member", "extra"),
        external_id="L7",
        organisation=Organisation("Zilverdrecht", "municipality", "GM9001", "Rivierenhoek", "NL"),
        attributes={"sector": "youth"},
    )
    assert (read.kind_given, read.tracking, read.repeats, read.leads) == (False, None, False, True)


def test_cells_that_are_left_empty_say_nothing():
    assert entry("email;taal;groep;organisatie;sector;tracking", "bo@example.org;;;;;") == Entry(
        Line(2, ("bo@example.org", "", "", "", "", "")), Contact(email="bo@example.org")
    )


def test_line_breaks_and_control_characters_are_taken_out():
    assert entry("email;voornaam;sector", "bo@example.org;Bo\r\nBcc: x;a\x00b").contact == Contact(
        email="bo@example.org", first_name="Bo  Bcc: x", attributes={"sector": "a b"}
    )


def test_several_columns_of_groups_add_up():
    assert entry("email;groep;gruppe", "bo@example.org;a;b|a").contact.groups == ("a", "b")


def test_everything_wrong_with_a_row_is_told_at_once():
    assert refusal("email;taal;adressoort;tracking;land", "jan.example.org;Klingon;half;maybe;Narnia") == (
        "address 'jan.example.org' is impossible: An email address must have an @-sign.; "
        "language 'Klingon' is not known; known: nl (nederlands), de (deutsch), en (english), fr (français); "
        "or leave it empty; "
        "address kind 'half' is not known; known: personal (persoonlijk), role (functie); or leave it empty; "
        "tracking 'maybe' is not known; known: yes (ja), no (nee); or leave it empty; "
        "country 'Narnia' is not known; known: NL (nederland), DE (deutschland), BE (belgië), LU (luxemburg), "
        "AT (österreich), CH (schweiz); or leave it empty"
    )


def test_more_cells_than_columns_are_refused():
    assert refusal("email;naam", "bo@example.org;Bo;Zandstraal") == (
        "3 cells where the heading has 2; put quotation marks around a cell that holds the mark between columns"
    )


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (" Bo@Example.org\u200b", "bo@example.org"),
        ("mailto:bo@example.org", "bo@example.org"),
        ("bo@münchen.example.org", "bo@xn--mnchen-3ya.example.org"),
    ],
)
def test_an_address_is_stored_in_one_way(text: str, stored: str):
    assert address(text) == stored


def test_a_row_without_address_says_so():
    with pytest.raises(CellRefused, match=r"^no email address$"):
        address(" \u00a0")


@pytest.mark.parametrize(
    ("email", "kind"),
    [
        ("gemeente@zilverdrecht.example.org", AddressKind.ROLE),
        ("info-jeugd@example.org", AddressKind.ROLE),
        ("poststelle@example.org", AddressKind.ROLE),
        ("info2@example.org", AddressKind.PERSONAL),
        ("bo.zandstraal@example.org", AddressKind.PERSONAL),
    ],
)
def test_the_local_part_tells_a_function_from_a_person(email: str, kind: AddressKind):
    assert kind_of(email) is kind


def test_a_kind_that_somebody_gave_goes_before_the_address():
    read = entry("email;adressoort", "info@example.org;persoonlijk")

    assert (read.contact.kind, read.kind_given) == (AddressKind.PERSONAL, True)


def test_words_in_three_languages_mean_the_same():
    assert [language(text) for text in ("NL", "niederländisch", "nl-BE", "de_AT", "")] == ["nl", "nl", "nl", "de", None]
    assert [country(text) for text in ("nl", "Deutschland", "")] == ["NL", "DE", ""]
    assert [tracking(text) for text in ("Ja", "nein", "1", "")] == [True, False, True, None]
    assert [address_kind(text) for text in ("Funktion", "")] == [AddressKind.ROLE, None]
    assert [organisation_kind(text) for text in ("Gemeinde", "Buurtclub")] == ["municipality", "buurtclub"]
    assert groups(" A b;c,,a B ") == ("a-b", "c")


def test_later_rows_of_an_address_are_marked_and_a_second_address_of_an_id_is_refused():
    repeats = Repeats()
    heading = "id;email;organisatie"

    marks = [
        (read.repeats, read.leads)
        for read in (
            repeats.marked(entry(heading, row))
            for row in ("1;bo@example.org;A", "1;bo@example.org;B", ";cy@example.org;A", ";di@example.org;B")
        )
    ]

    assert marks == [(False, True), (True, False), (False, False), (False, True)]
    with pytest.raises(RowRefused, match=r"^an earlier row has external id '1' with another address$"):
        repeats.marked(entry(heading, "1;ed@example.org;A"))
