"""Files as other systems write them, by their headings and with their habits."""

import pytest

from outreach.contacts import foreign
from outreach.contacts.columns import Column, Reading
from outreach.contacts.entries import Entry, entries_of
from outreach.contacts.read import Line, lines_of, open_sheet
from outreach.contacts.values import CellRefused
from tests.builders_imports import FIXTURES


def read(name: str, **mapping: str) -> list[Entry | str]:
    sheet = open_sheet(FIXTURES / name, mapping=mapping)
    found = entries_of(sheet.header, lines_of(sheet))
    return [each if isinstance(each, Entry) else f"{each[0].number}: {each[1]}" for each in found]


def taken_for(name: str) -> dict[str, str]:
    return {each.heading: each.taken_for for each in open_sheet(FIXTURES / name).header.readings}


def test_an_excel_export_with_semicolons_and_a_mark_before_its_first_line():
    sheet = open_sheet(FIXTURES / "excel-nl.csv")

    assert sheet.described == "CSV in UTF-8, ; between columns"
    assert list(lines_of(sheet)) == [
        Line(
            2,
            (
                "zoe@example.org", "Zoë", "van der", "Rietkraag", "Kade 7", "Zilverdrecht", "+31 6 00",
                "Belt graag,\r\nniet op vrijdag",
            ),
        ),
        Line(4, ("info@otteroord.example.org", "", "", "", "Gemeente Otteroord", "Otteroord", "", "")),
    ]  # fmt: skip
    assert taken_for("excel-nl.csv") == {
        "E-mailadres": "email",
        "Voornaam": "first name",
        "Tussenvoegsel": "infix",
        "Achternaam": "last name",
        "Naam organisatie": "organisation",
        "Woonplaats": 'attribute "woonplaats"',
        "Telefoon": 'attribute "telefoon"',
        "Opmerking": 'attribute "opmerking"',
    }


def test_a_german_export_in_windows_1252_with_tabs():
    sheet = open_sheet(FIXTURES / "outlook-de.txt")

    assert sheet.described == "CSV in windows-1252, tab between columns"
    assert sheet.header.readings == (
        Reading("Name", "last name", "it stands beside a first name"),
        Reading("Vorname", "first name", "its heading"),
        Reading("E-Mail-Adresse", "email", "its heading"),
        Reading("Firma", "organisation", "its heading"),
        Reading("Fax", "left out", "nothing in it"),
    )
    assert [line.cells[:2] for line in lines_of(sheet)] == [("Müller", "Jürgen"), ("Groß", "Änne")]


def test_listmonks_export_keeps_attributes_and_whom_it_blocked():
    zoe, bo, cy = read("listmonk.csv")

    assert isinstance(zoe, Entry)
    assert isinstance(bo, Entry)
    assert (zoe.first_name, zoe.last_name, zoe.left) == ("Zoë", "van der Rietkraag", False)
    assert zoe.attributes == {"sector": "youth", "since": "2019", "topics": "care, work", "vip": "true"}
    assert (bo.first_name, bo.last_name, bo.left, bo.attributes) == ("Bo", "Zandstraal", True, {})
    assert cy == "4: attributes 'sector: youth': no JSON: Expecting value: line 1 column 1 (char 0)"


def test_mailchimps_export_brings_tags_as_groups_and_leaves_out_where_people_are():
    (zoe,) = read("mailchimp-subscribed.csv")

    assert isinstance(zoe, Entry)
    assert (zoe.email, zoe.first_name, zoe.last_name, zoe.left) == ("zoe@example.org", "Zoë", "Rietkraag", False)
    assert zoe.groups == ("member", "social-worker")
    assert zoe.attributes == {"sector": "youth", "confirm_time": "2024-01-02 03:04:05"}
    assert zoe.organisation is None


def test_mailchimps_export_of_those_who_left_says_of_each_that_they_left():
    (bo,) = read("mailchimp-unsubscribed.csv")

    assert isinstance(bo, Entry)
    assert bo.left
    assert open_sheet(FIXTURES / "mailchimp-unsubscribed.csv").header.export == "Mailchimp"


def test_a_column_means_what_somebody_says_it_does():
    sheet = open_sheet(FIXTURES / "excel-nl.csv", mapping={"opmerking": "", "Telefoon": "attribute phone"})

    assert sheet.header.readings[-2:] == (
        Reading("Telefoon", 'attribute "phone"', "as asked"),
        Reading("Opmerking", "left out", "as asked"),
    )
    assert sheet.header.meanings[-1] is Column.LEFT_OUT


@pytest.mark.parametrize(
    ("status", "left"),
    [("Blocklisted", True), ("uitgeschreven", True), ("cleaned", True), ("enabled", False), ("", False), ("lid", None)],
)
def test_a_status_says_whether_somebody_left(status: str, left: bool | None):
    assert foreign.has_left(status) is left


@pytest.mark.parametrize("status", ["pending", "Unconfirmed"])
def test_who_never_confirmed_is_not_stored(status: str):
    with pytest.raises(CellRefused, match="this person never confirmed"):
        foreign.has_left(status)


@pytest.mark.parametrize(
    ("cell", "left"), [("2024-01-02 03:04", True), ("ja", True), ("x", True), ("", False), ("Nee", False), ("0", False)]
)
def test_a_date_or_a_yes_says_that_somebody_left(cell: str, left: bool):
    assert foreign.left_at(cell) is left


@pytest.mark.parametrize("text", ['["a"]', "3", '"a"'])
def test_attributes_that_are_no_object_are_refused(text: str):
    with pytest.raises(CellRefused, match="write an object"):
        foreign.attributes(text)


def test_attributes_nested_without_end_are_refused():
    with pytest.raises(CellRefused, match="no JSON"):
        foreign.attributes('{"a":' * 100_000)


def test_attributes_of_any_shape_become_text():
    assert foreign.attributes('{"A\\"b": {"c": [1]}, "leer": null, "zeile": "a\\nb", "": "x"}') == {
        "a b": '{"c": [1]}',
        "zeile": "a b",
    }
