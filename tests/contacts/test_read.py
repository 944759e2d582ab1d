from pathlib import Path

import pytest

from outreach.contacts.columns import Column
from outreach.contacts.read import Line, Sheet, lines_of, open_sheet
from outreach.contacts.rejected import Rejected
from outreach.errors import ImportRefused
from tests.builders_people import write_csv


def sheet(tmp_path: Path, content: bytes, encoding: str | None = None) -> Sheet:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    return open_sheet(path, encoding)


def refusal(tmp_path: Path, content: bytes, encoding: str | None = None) -> str:
    with pytest.raises(ImportRefused) as caught:
        sheet(tmp_path, content, encoding)
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_is_read_whatever_stands_between_its_columns_and_before_its_first(
    tmp_path: Path, delimiter: str, encoding: str
):
    path = write_csv(
        tmp_path / "people.csv",
        [["E-mailadres", "Voornaam"], ["zoe@example.org", "Zoë"]],
        delimiter=delimiter,
        encoding=encoding,
    )

    read = open_sheet(path)

    assert read.header.names == ("E-mailadres", "Voornaam")
    assert read.header.meanings == (Column.EMAIL, Column.FIRST_NAME)
    assert read.rows == 1
    assert list(lines_of(read)) == [Line(2, ("zoe@example.org", "Zoë"))]


def test_a_heading_with_another_mark_inside_quotes_is_cut_at_the_right_one(tmp_path: Path):
    read = sheet(tmp_path, b'"Naam; voluit",email\r\nBo,bo@example.org\r\n')

    assert read.header.names == ("Naam; voluit", "email")


def test_a_line_break_inside_quotes_is_part_of_the_cell_and_later_lines_keep_their_numbers(tmp_path: Path):
    read = sheet(tmp_path, b'email;adres\r\nbo@example.org;"Kade 1\r\nLage Gronden"\r\n\r\ncy@example.org;\r\n;;\r\n')

    assert list(lines_of(read)) == [
        Line(2, ("bo@example.org", "Kade 1\r\nLage Gronden")),
        Line(5, ("cy@example.org", "")),
    ]
    assert read.rows == 2


def test_windows_1252_is_read_when_it_is_named(tmp_path: Path):
    read = sheet(tmp_path, "email;voornaam\nzoe@example.org;Zoë\n".encode("windows-1252"), "windows-1252")

    assert list(lines_of(read)) == [Line(2, ("zoe@example.org", "Zoë"))]


def test_a_wrong_encoding_names_line_byte_and_what_would_work(tmp_path: Path):
    content = "email;voornaam\nbo@example.org;Bo\nzoe@example.org;Zoë\n".encode("windows-1252")

    assert refusal(tmp_path, content) == (
        "people.csv, line 3, byte 19 of the line: 0xeb is not utf-8; what would work: --encoding windows-1252"
    )


def test_a_file_in_utf_8_is_not_read_as_windows_1252_so_that_no_name_is_garbled(tmp_path: Path):
    assert refusal(tmp_path, "email,voornaam\nmo@example.org,Müller\n".encode(), "cp1252") == (
        "people.csv, line 2: the file is in UTF-8, not in cp1252; leave --encoding out"
    )


@pytest.mark.parametrize("encoding", ["klingon", "hex"])
def test_an_encoding_that_does_not_exist_is_refused(tmp_path: Path, encoding: str):
    assert refusal(tmp_path, b"email\n", encoding) == (
        f"no encoding '{encoding}'; usual ones: utf-8, windows-1252, iso-8859-15"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "punycode"])
def test_an_encoding_with_other_line_breaks_is_refused(tmp_path: Path, encoding: str):
    assert refusal(tmp_path, b"email\n", encoding) == (
        f'files in {encoding} are not read; save it as "CSV UTF-8" and import that'
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [("email\n".encode("utf-16"), "UTF-16"), (b"PK\x03\x04and so on", "a spreadsheet or a ZIP file")],
)
def test_what_is_not_csv_is_recognised(tmp_path: Path, content: bytes, what: str):
    assert refusal(tmp_path, content) == (
        f'people.csv: this is {what}, not a CSV file in UTF-8; save it as "CSV UTF-8" and import that'
    )


@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes):
    assert refusal(tmp_path, content) == "people.csv: the file is empty; its first line must name the columns"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(ImportRefused) as caught:
        open_sheet(tmp_path / "none.csv")

    assert str(caught.value) == f"{tmp_path / 'none.csv'}: cannot be opened: No such file or directory"


def test_a_file_without_addresses_lists_the_columns_found(tmp_path: Path):
    assert refusal(tmp_path, b"Naam;Telefoon\nBo;1\n") == (
        "people.csv: no column with email addresses; columns found: 'Naam', 'Telefoon'; "
        "name one of them email, e-mailadres or E-Mail-Adresse"
    )


def test_two_columns_that_mean_the_same_are_refused(tmp_path: Path):
    assert refusal(tmp_path, b"E-mail;Mail;Voornaam\n") == (
        "people.csv: columns 'E-mail' and 'Mail' both mean 'email'; rename or remove one of them"
    )


def test_a_quotation_mark_left_open_refuses_the_file_instead_of_swallowing_its_rest(tmp_path: Path):
    assert refusal(tmp_path, b'email;naam\nbo@example.org;"Bo\ncy@example.org;Cy\n') == (
        "people.csv, row that begins in line 2: unexpected end of data; "
        "look for a quotation mark left open, or for one inside a quoted cell that is not doubled"
    )


def test_line_ends_of_another_age_are_refused_with_their_line(tmp_path: Path):
    assert refusal(tmp_path, b"email\rbo@example.org\r") == (
        "people.csv, row that begins in line 1: a line ends with a carriage return alone, as on old Macs; "
        'save it as "CSV UTF-8" and import that'
    )


def test_columns_without_a_name_are_numbered_and_empty_ones_at_the_end_left_off(tmp_path: Path):
    read = sheet(tmp_path, b"email;;Sector ;;\nbo@example.org;a;b;;\n")

    assert read.header.meanings == (Column.EMAIL, "column 2", "sector")
    assert list(lines_of(read)) == [Line(2, ("bo@example.org", "a", "b"))]


def test_rejected_rows_are_written_with_their_reason_and_formulas_escaped(tmp_path: Path):
    read = sheet(tmp_path, b"email;telefoon\n=cmd;+31 6\n")
    with Rejected(read) as rejected:
        rejected.add(Line(2, ("=cmd", "+31 6")), "no good")
        rejected.add(Line(3, ("bo@example.org",)), "too short")
        rejected.add(Line(4, ("bo@example.org", "1", "2")), "too long")

    assert rejected.path == tmp_path / "people.errors.csv"
    assert rejected.path.read_bytes().decode("utf-8-sig") == (
        "email;telefoon;error\r\n'=cmd;'+31 6;no good\r\nbo@example.org;;too short\r\nbo@example.org;1;too long;2\r\n"
    )


def test_a_file_of_errors_is_read_again_as_it_was_and_its_old_reasons_are_left_off(tmp_path: Path):
    read = sheet(tmp_path, b"email;telefoon;error\n'=cmd;'+31 6;no good\n'ton@example.org;'t Hart;\n")

    assert list(lines_of(read)) == [
        Line(2, ("=cmd", "+31 6", "no good")),
        Line(3, ("'ton@example.org", "'t Hart", "")),
    ]
    with Rejected(read) as rejected:
        rejected.add(Line(2, ("=cmd", "+31 6", "no good")), "still no good")
    assert rejected.path.read_bytes().decode("utf-8-sig") == "email;telefoon;error\r\n'=cmd;'+31 6;still no good\r\n"


def test_without_rejected_rows_no_file_is_made(tmp_path: Path):
    with Rejected(sheet(tmp_path, b"email\n")) as rejected:
        pass

    assert (rejected.count, rejected.path.exists()) == (0, False)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path):
    (tmp_path / "people.errors.csv").mkdir()

    with Rejected(sheet(tmp_path, b"email\n")) as rejected, pytest.raises(ImportRefused) as caught:
        rejected.add(Line(2, ("x",)), "no good")

    assert str(caught.value) == (
        f"{tmp_path / 'people.errors.csv'}: rows with errors cannot be written there: Is a directory"
    )
