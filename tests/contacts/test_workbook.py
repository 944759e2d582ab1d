"""Workbooks as Excel and others write them; made here by openpyxl."""

import zipfile
from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from outreach.contacts import workbook
from outreach.contacts.read import Line, lines_of, open_sheet
from outreach.errors import ImportRefused
from tests.builders_imports import write_xlsx
from tests.conftest import NOON

SAVE_AS = "save it as Excel workbook (.xlsx) or as CSV UTF-8, and import that"


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(ImportRefused) as caught:
        list(lines_of(open_sheet(path, **options)))
    return str(caught.value)


def repacked(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Write the workbook anew, its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, change(name, content))
    return path


def cells_of(path: Path) -> list[tuple[str, ...]]:
    return [line.cells for line in lines_of(open_sheet(path))]


def test_cells_are_read_as_people_see_them(tmp_path: Path):
    row = [
        "zoe@example.org", "0031", 31.0, 12, 0.5, date(2026, 11, 1), NOON.replace(tzinfo=None), time(9, 5), True,
        False, timedelta(hours=30),
    ]  # fmt: skip
    path = write_xlsx(tmp_path / "people.xlsx", {"Leden": [["email", *"bcdefghijk"], row]})

    assert cells_of(path) == [
        (
            "zoe@example.org", "0031", "31", "12", "0.5", "2026-11-01", "2026-11-20T12:00:00", "09:05:00", "true",
            "false", "1 day, 6:00:00",
        )
    ]  # fmt: skip


def test_a_number_in_a_format_of_zeros_keeps_them(tmp_path: Path):
    book = Workbook()
    sheet = book.active
    sheet.append(["email", "AGS", "Nummer"])
    sheet.append(["bo@example.org", 5382060, 1234567])
    sheet["B2"].number_format = "00000000"
    sheet["C2"].number_format = "0.00"
    book.save(tmp_path / "people.xlsx")

    assert cells_of(tmp_path / "people.xlsx") == [("bo@example.org", "05382060", "1234567")]


def test_lines_have_excels_numbers_and_empty_rows_are_skipped(tmp_path: Path):
    rows: Sequence[Sequence[Any]] = [
        ["Ledenlijst"],
        [],
        ["email", "naam"],
        ["a@example.org", "A"],
        [None, " "],
        ["b@example.org"],
    ]
    read = open_sheet(write_xlsx(tmp_path / "people.xlsx", {"Leden": rows}))

    assert list(lines_of(read)) == [Line(4, ("a@example.org", "A")), Line(6, ("b@example.org",))]
    assert (read.rows, read.heading, read.described) == (2, 3, "Excel workbook, sheet 'Leden'")
    assert read.notes == ("the heading was found in line 3; what stands above it is left out",)


def test_an_error_in_a_cell_is_named_unless_its_column_is_left_out(tmp_path: Path):
    path = write_xlsx(
        tmp_path / "people.xlsx", {"Leden": [["email", "Naam", "Som"], ["bo@example.org", "#N/A", "#DIV/0!"]]}
    )

    (line,) = lines_of(open_sheet(path, mapping={"som": ""}))

    assert line.fault == "cell B2 holds the error #N/A"


def test_the_first_sheet_with_addresses_is_read_and_others_are_named(tmp_path: Path):
    people = [["E-mail"], ["bo@example.org"]]
    path = write_xlsx(
        tmp_path / "people.xlsx", {"Uitleg": [["lees dit"]], "Leden": people, "Oud": people, "Verborgen": people}
    )

    read = open_sheet(path)

    assert (read.title, read.rows) == ("Leden", 1)
    assert read.notes == ("sheet 'Leden' was read; others with addresses, to be named if meant: 'Oud'",)
    assert open_sheet(path, title="verborgen").title == "Verborgen"
    assert refusal(path, title="Nieuw") == (
        "people.xlsx: no sheet 'Nieuw'; there is: 'Uitleg', 'Leden', 'Oud', 'Verborgen'"
    )
    assert refusal(path, title="Uitleg").startswith("people.xlsx: no column with email addresses; columns found: ")


def test_a_workbook_is_told_by_its_content_whatever_it_is_called(tmp_path: Path):
    path = write_xlsx(tmp_path / "people.csv", {"Leden": [["email"], ["bo@example.org"]]})

    assert cells_of(path) == [("bo@example.org",)]


def test_old_and_protected_workbooks_are_refused_with_what_would_work(tmp_path: Path):
    old = tmp_path / "people.xls"
    old.write_bytes(workbook.OLE + bytes(600))
    assert refusal(old) == f"people.xls: this is an old Excel workbook (.xls); {SAVE_AS}"

    old.write_bytes(workbook.OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    assert refusal(old) == f"people.xls: the workbook is protected by a password; take it off, or {SAVE_AS}"


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        (["Workbook", "WordDocument"], "an old Excel workbook (.xls)"),
        (["WordDocument"], "an old Word document (.doc)"),
        (
            ["__nameid_version1.0"],
            "an Outlook message (.msg); if the list is attached, save the attachment first",
        ),
    ],
)
def test_other_old_files_of_office_are_told_from_workbooks(tmp_path: Path, parts: list[str], what: str):
    path = tmp_path / "people.xls"
    path.write_bytes(workbook.OLE + bytes(600) + b"".join(part.encode("utf-16-le") for part in parts))

    assert refusal(path) == f"people.xls: this is {what}; {SAVE_AS}"


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        (["mimetype", "content.xml"], "a LibreOffice or OpenDocument file (.ods)"),
        (["xl/workbook.bin"], "a binary Excel workbook (.xlsb)"),
        (["Index/Document.iwa"], "a Numbers file"),
        (["word/document.xml"], "a Word document (.docx)"),
        (["people.csv"], "a ZIP file; if it holds the export, unpack it first"),
    ],
)
def test_other_packed_files_are_refused_with_what_would_work(tmp_path: Path, parts: list[str], what: str):
    path = tmp_path / "people.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in parts:
            archive.writestr(part, "x")

    assert refusal(path) == f"people.zip: this is {what}; {SAVE_AS}"


def test_a_workbook_that_would_unpack_to_more_than_memory_holds_is_not_unpacked(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_UNPACKED_BESIDES", 100_000)
    path = write_xlsx(tmp_path / "people.xlsx", {"Leden": [["email"], ["bo@example.org"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", bytes(workbook.MOST_UNPACKED_BESIDES))

    assert refusal(path) == "people.xlsx: unpacked, the workbook is too large; save it as CSV UTF-8 and import that"


def test_entities_nested_in_a_part_are_refused_before_they_unfold(tmp_path: Path):
    path = write_xlsx(tmp_path / "people.xlsx", {"Leden": [["email"], ["bo@example.org"]]})
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'

    repacked(path, lambda name, content: laughs + content if name.startswith("xl/worksheets/") else content)

    assert refusal(path) == (
        f"people.xlsx: xl/worksheets/sheet1.xml declares a document type, as no workbook does; {SAVE_AS}"
    )


def test_damaged_workbooks_are_refused(tmp_path: Path):
    path = write_xlsx(tmp_path / "people.xlsx", {"Leden": [["email"], ["bo@example.org"]]})
    whole = path.read_bytes()

    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path).startswith("people.xlsx: the workbook is cut off or damaged (")

    path.write_bytes(whole)
    repacked(path, lambda name, content: content[:-20] if name.startswith("xl/worksheets/") else content)
    assert refusal(path).startswith("people.xlsx: the workbook is damaged (ParseError: ")
