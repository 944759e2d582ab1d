from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
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


def test_what_is_not_utf_8_is_read_as_an_office_writes_it_and_that_is_said(tmp_path: Path):
    read = sheet(tmp_path, "email;voornaam\nbo@example.org;Bo\nzoe@example.org;Zoë\n".encode("windows-1252"))

    assert [line.cells[1] for line in lines_of(read)] == ["Bo", "Zoë"]
    assert read.encoding == "windows-1252"
    assert read.notes == ("not UTF-8 at line 3; read as Windows-1252; if names look wrong, give --encoding",)


def test_utf_16_is_read_by_its_mark(tmp_path: Path):
    read = sheet(tmp_path, "email;voornaam\r\nzoe@example.org;Zoë\r\n".encode("utf-16"))

    assert list(lines_of(read)) == [Line(2, ("zoe@example.org", "Zoë"))]
    assert read.notes == ("read as UTF-16: it begins with the mark of that encoding",)


def test_a_file_that_is_utf_8_but_for_a_line_is_refused_so_that_no_name_is_garbled(tmp_path: Path):
    content = "email;naam\na@example.org;Zoë\n".encode() + "b@example.org;Zoë\n".encode("windows-1252")

    assert refusal(tmp_path, content) == (
        "people.csv, line 3: not UTF-8, although line 2 and others are; two files were joined, it seems; "
        "correct the line, or read all of it in one way: --encoding windows-1252"
    )
    assert [line.cells[1] for line in lines_of(sheet(tmp_path, content, "windows-1252"))] == ["ZoÃ«", "Zoë"]


def test_bytes_that_windows_1252_has_not_name_line_byte_and_what_would_work(tmp_path: Path):
    assert refusal(tmp_path, b"email;naam\nbo@example.org;Za\x81re\n") == (
        "people.csv, line 2, byte 18 of the line: 0x81 is not windows-1252; "
        "what would work: --encoding iso-8859-15 or cp850 or mac-roman, whichever makes the names right"
    )


def test_a_wrong_encoding_that_was_asked_for_names_line_byte_and_what_would_work(tmp_path: Path):
    content = "email;naam\nzoe@example.org;Zoë\n".encode("windows-1252")

    assert refusal(tmp_path, content, "utf-8") == (
        "people.csv, line 2, byte 19 of the line: 0xeb is not utf-8; what would work: "
        "--encoding windows-1252 or iso-8859-15 or cp850 or mac-roman, whichever makes the names right"
    )


@pytest.mark.parametrize("first", ["sep=|", '"sep=|"', "\ufeffsep=|", "SEP=|"])
def test_excels_first_line_says_what_stands_between_the_columns(tmp_path: Path, first: str):
    read = sheet(tmp_path, f"{first}\r\nemail|Naam; voluit, en meer\r\nbo@example.org|Bo\r\n".encode())

    assert read.header.names == ("email", "Naam; voluit, en meer")
    assert list(lines_of(read)) == [Line(3, ("bo@example.org", "Bo"))]


def test_a_title_above_the_heading_is_left_out_and_that_is_said(tmp_path: Path):
    read = sheet(tmp_path, b"Ledenlijst\n\nVereniging;per 1 november\nemail;naam\nbo@example.org;Bo\n")

    assert list(lines_of(read)) == [Line(5, ("bo@example.org", "Bo"))]
    assert (read.rows, read.notes) == (1, ("the heading was found in line 4; what stands above it is left out",))


def test_a_file_in_utf_8_is_not_read_as_windows_1252_so_that_no_name_is_garbled(tmp_path: Path):
    assert refusal(tmp_path, "email,voornaam\nmo@example.org,Müller\n".encode(), "cp1252") == (
        "people.csv, line 2: the file is in UTF-8, not in cp1252; leave --encoding out"
    )


@pytest.mark.parametrize("encoding", ["klingon", "hex"])
def test_an_encoding_that_does_not_exist_is_refused(tmp_path: Path, encoding: str):
    assert refusal(tmp_path, b"email\n", encoding) == (
        f"no encoding '{encoding}'; usual ones: utf-8, windows-1252, iso-8859-15, cp850, mac-roman"
    )


@pytest.mark.parametrize("encoding", ["punycode"])
def test_an_encoding_with_other_line_breaks_is_refused(tmp_path: Path, encoding: str):
    assert refusal(tmp_path, b"email\n", encoding) == (
        f'files in {encoding} are not read; save it as "CSV UTF-8" and import that'
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7", "a PDF"),
        (
            b"\r\n<!DOCTYPE html><title>Log in",
            "a web page (some systems call it .xls; a page to log in looks like this, too)",
        ),
        (
            b"<table><tr><td>email</td></tr></table>",
            "a web page (some systems call it .xls; a page to log in looks like this, too)",
        ),
        (b"BEGIN:VCARD\nVERSION:3.0", "a file of address cards (vCard)"),
        (b'[{"email": "bo@example.org"}]', "a JSON file"),
        (b"{\\rtf1 bo@example.org}", "a text document (RTF)"),
    ],
)
def test_what_is_no_list_of_people_is_recognised(tmp_path: Path, content: bytes, what: str):
    assert refusal(tmp_path, content) == (
        f"people.csv: this is {what}, not a list of people; "
        "save it as Excel workbook (.xlsx) or as CSV UTF-8, and import that"
    )


@pytest.mark.parametrize(
    ("content", "what"), [(b"\x1f\x8b\x08\0", "gzip"), (b"Rar!\x1a\x07", "RAR"), (b"7z\xbc\xaf'\x1c", "7z")]
)
def test_a_packed_file_is_to_be_unpacked(tmp_path: Path, content: bytes, what: str):
    assert refusal(tmp_path, content) == (
        f"people.csv: this is a packed file ({what}), not a list of people; unpack it, and import the list that was "
        "in it"
    )


def test_bytes_that_are_no_text_are_refused(tmp_path: Path):
    assert refusal(tmp_path, b"e\0m\0a\0i\0l\0\n\0") == (
        'people.csv: this is no text file, or one in UTF-16 without a mark; save it as "CSV UTF-8" and import that'
    )
    assert sheet(tmp_path, b"e\0m\0a\0i\0l\0\n\0", "utf-16-le").header.names == ("email",)


@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes):
    assert refusal(tmp_path, content) == "people.csv: the file is empty; its first line must name the columns"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(ImportRefused) as caught:
        open_sheet(tmp_path / "none.csv")

    assert str(caught.value) == f"{tmp_path / 'none.csv'}: cannot be opened: No such file or directory"


def test_what_is_no_file_is_refused(tmp_path: Path):
    with pytest.raises(ImportRefused) as caught:
        open_sheet(tmp_path)

    assert str(caught.value) == f"{tmp_path}: this is no file; name the CSV file or workbook itself"


def test_a_file_without_addresses_lists_the_columns_found(tmp_path: Path):
    assert refusal(tmp_path, b"Naam;Telefoon\nBo;1\n") == (
        "people.csv: no column with email addresses; columns found: 'Naam', 'Telefoon'; "
        "name one of them email, e-mailadres or E-Mail-Adresse"
    )


def test_two_columns_that_mean_the_same_are_refused(tmp_path: Path):
    assert refusal(tmp_path, b"E-mail;Mail;Voornaam\n") == (
        "people.csv: columns 'E-mail' and 'Mail' both mean 'email'; rename or remove one of them, "
        'or leave it out by the mapping "Mail="'
    )


def test_a_quotation_mark_left_open_refuses_the_file_instead_of_swallowing_its_rest(tmp_path: Path):
    assert refusal(tmp_path, b'email;naam\nbo@example.org;"Bo\ncy@example.org;Cy\n') == (
        "people.csv, row that begins in line 2: unexpected end of data; "
        "look for the quotation mark opened in line 2: it was left open, or one inside its cell is not doubled"
    )


def test_a_quotation_mark_left_open_in_a_huge_file_costs_no_memory(tmp_path: Path):
    content = b'email;naam;adres\nbo@example.org;"Kade 1\nOord";"Bo\n' + b"cy@example.org;Cy;Kade\n" * 20_000

    assert refusal(tmp_path, content) == (
        "people.csv, row that begins in line 2: a cell has more than 131,072 characters; "
        "look for the quotation mark opened in line 3: it was left open, or one inside its cell is not doubled"
    )


def test_a_row_that_goes_on_and_on_is_refused(tmp_path: Path):
    assert refusal(tmp_path, b"email\nbo@example.org" + b';"a\nb"' * 200_000).startswith(
        "people.csv, row that begins in line 2: the row has more than 1,048,576 characters; look for "
    )


def test_a_line_without_an_end_is_refused(tmp_path: Path):
    assert refusal(tmp_path, b"email\n" + b"x" * 1_100_000) == (
        "people.csv: a line has more than 1,048,576 characters; this is no CSV file, or a damaged one"
    )


def test_line_ends_of_another_age_are_read(tmp_path: Path):
    read = sheet(tmp_path, b"email;naam\rbo@example.org;Bo\rcy@example.org;Cy\r")

    assert list(lines_of(read)) == [Line(2, ("bo@example.org", "Bo")), Line(3, ("cy@example.org", "Cy"))]


def test_columns_without_a_name_are_numbered_and_empty_ones_at_the_end_left_off(tmp_path: Path):
    read = sheet(tmp_path, b"email;;Sector ;;\nbo@example.org;a;b;;\n")

    assert read.header.meanings == (Column.EMAIL, "column 2", "sector")
    assert list(lines_of(read)) == [Line(2, ("bo@example.org", "a", "b"))]


def test_rejected_rows_are_written_with_their_line_and_reason_and_formulas_escaped(tmp_path: Path):
    read = sheet(tmp_path, b"email,telefoon\n=cmd,+31 6\n")
    with Rejected(read) as rejected:
        rejected.add(Line(2, ("=cmd", "+31 6")), "no good")
        rejected.add(Line(3, ("bo@example.org",)), "too short")
        rejected.add(Line(4, ("bo@example.org", "1", "2")), "too long")

    assert rejected.path == tmp_path / "people.errors.csv"
    assert rejected.path.read_bytes() == (
        b"\xef\xbb\xbfline;email;telefoon;error\r\n2;'=cmd;'+31 6;no good\r\n3;bo@example.org;;too short\r\n"
        b"4;bo@example.org;1;too long;2\r\n"
    )


def test_a_file_of_errors_is_read_again_as_it_was_with_the_lines_of_the_first_file(tmp_path: Path):
    read = sheet(tmp_path, b"line;email;telefoon;error\n17;'=cmd;'+31 6;no good\n;'ton@example.org;'t Hart;\n")

    assert list(lines_of(read)) == [
        Line(17, ("17", "=cmd", "+31 6", "no good")),
        Line(3, ("", "'ton@example.org", "'t Hart", "")),
    ]
    with Rejected(read) as rejected:
        rejected.add(Line(17, ("17", "=cmd", "+31 6", "no good")), "still no good")
    assert rejected.path is not None
    assert rejected.path.read_text("utf-8-sig") == "line;email;telefoon;error\n17;'=cmd;'+31 6;still no good\n"


def test_an_earlier_file_of_errors_is_never_written_over(tmp_path: Path):
    read = sheet(tmp_path, b"email\n")
    for reason in ("first", "second"):
        with Rejected(read) as rejected:
            rejected.add(Line(2, ("x",)), reason)
    again = (tmp_path / "people.errors-2.csv").rename(tmp_path / "people.errors-3.csv")
    with Rejected(open_sheet(again)) as rejected:
        rejected.add(Line(2, ("2", "x", "")), "third")

    reasons = {path.name: path.read_text("utf-8-sig").splitlines()[1] for path in tmp_path.glob("*errors*")}
    assert reasons == {
        "people.errors.csv": "2;x;first",
        "people.errors-2.csv": "2;x;third",
        "people.errors-3.csv": "2;x;second",
    }


def test_a_column_called_line_is_an_attribute_where_the_file_is_not_ours(tmp_path: Path):
    read = sheet(tmp_path, b"email;line\nbo@example.org;17\n")

    assert read.header.meanings == (Column.EMAIL, "line")
    assert not isinstance(read.header.meanings[1], Column)
    assert list(lines_of(read)) == [Line(2, ("bo@example.org", "17"))]


def test_without_rejected_rows_no_file_is_made_nor_for_a_dry_run(tmp_path: Path):
    read = sheet(tmp_path, b"email\n")
    with Rejected(read) as clean, Rejected(read, write=False) as dry:
        dry.add(Line(2, ("x",)), "no good")

    assert (clean.count, clean.path, dry.count, dry.path, dry.first) == (0, None, 1, None, [(2, "no good")])
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path):
    read = sheet(tmp_path, b"email\n")
    (tmp_path / "imports").write_text("")

    with Rejected(read, tmp_path / "imports") as rejected, pytest.raises(ImportRefused) as caught:
        rejected.add(Line(2, ("x",)), "no good")

    assert str(caught.value) == f"{tmp_path / 'imports'}: rows with errors cannot be written there: File exists"


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6) | st.sampled_from(
    ["=1", "'=1", "''=1", "'t", '"', ";", "a\r\nb", "\t"]
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4))
def test_whatever_stood_in_a_row_stands_there_when_its_file_of_errors_is_read(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("law")
    with Rejected(sheet(folder, b"email;x\n")) as rejected:
        for number, cells in enumerate(rows, 2):
            rejected.add(Line(number, cells), "no good")

    assert rejected.path is not None
    assert [line.cells[1:3] for line in lines_of(open_sheet(rejected.path))] == rows
