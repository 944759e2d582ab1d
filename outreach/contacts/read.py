"""Reads CSV files as offices export them: UTF-8 with or without a mark, `;`, `,` or tab, line breaks inside quotes.

A file is gone through once before anything is stored (`open_sheet`), so that one which cannot be read to its end is
refused as a whole; then again, line by line, so that memory does not grow with it.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from outreach.contacts.columns import Header, understand
from outreach.contacts.formulas import unescaped
from outreach.errors import ImportRefused

DEFAULT_ENCODING = "utf-8"
ALTERNATIVES = ("utf-8", "windows-1252", "iso-8859-15")
DELIMITERS = (";", ",", "\t")
MARKS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16", b"PK\x03\x04": "a spreadsheet or a ZIP file"}
SAVE_AS = 'save it as "CSV UTF-8" and import that'


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that can be read to its end. *rows* counts all lines of data that are not empty."""

    path: Path
    encoding: str
    delimiter: str
    header: Header
    rows: int


@dataclass(frozen=True, slots=True)
class Line:
    """One row of data. *number* is the line of the file where it begins, as an editor shows it."""

    number: int
    cells: tuple[str, ...]


def open_sheet(path: Path, encoding: str | None = None) -> Sheet:
    """Find out how *path* is written and go through it once; `ImportRefused` says what is wrong and where."""
    encoding = encoding or DEFAULT_ENCODING
    _check_encoding(encoding)
    _refuse_garbling(path, encoding)
    _check_file(path)
    delimiter = _delimiter(path, encoding)
    lines = _rows(path, encoding, delimiter)
    first = next(lines, None)
    if first is None:
        raise ImportRefused(f"{path.name}: the file is empty; its first line must name the columns")
    header = understand(_without_empty_end(first.cells), path.name)
    return Sheet(path, encoding, delimiter, header, rows=sum(1 for _ in lines))


def lines_of(sheet: Sheet) -> Iterator[Line]:
    """Yield the rows of data, without empty ones; what our error files escaped is itself again."""
    rows = _rows(sheet.path, sheet.encoding, sheet.delimiter)
    next(rows, None)
    width = len(sheet.header.names)
    for line in rows:
        cells = tuple(unescaped(cell) for cell in line.cells)
        while len(cells) > width and not cells[-1].strip():
            cells = cells[:-1]
        yield Line(line.number, cells)


def _refuse_garbling(path: Path, encoding: str) -> None:
    """A file in UTF-8 can be read as Windows-1252 too, and every accent would come in as two wrong letters."""
    if codecs.lookup(encoding).name.startswith("utf-8"):
        return
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if raw.isascii():
                continue
            if not _decodes(raw, "utf-8"):
                return
            raise ImportRefused(
                f"{path.name}, line {number}: the file is in UTF-8, not in {encoding}; leave --encoding out"
            )


def _check_encoding(encoding: str) -> None:
    try:
        line_break = "\n".encode(encoding)
    except LookupError:
        raise ImportRefused(f"no encoding {encoding!r}; usual ones: {', '.join(ALTERNATIVES)}") from None
    if line_break.removeprefix(codecs.BOM_UTF8) != b"\n":
        raise ImportRefused(f"files in {encoding} are not read; {SAVE_AS}")


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise ImportRefused(f"{path}: cannot be opened: {error.strerror}") from error
    for mark, what in MARKS.items():
        if start.startswith(mark):
            raise ImportRefused(f"{path.name}: this is {what}, not a CSV file in UTF-8; {SAVE_AS}")


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    """Yield the file's lines with their ends, as the reader of CSV needs them."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise ImportRefused(_wrong_byte(path, number, raw, error, encoding)) from error
            yield text.removeprefix("\ufeff") if number == 1 else text


def _wrong_byte(path: Path, number: int, raw: bytes, error: UnicodeDecodeError, encoding: str) -> str:
    known = codecs.lookup(encoding)
    others = [name for name in ALTERNATIVES if codecs.lookup(name) != known and _decodes(raw, name)]
    works = f"--encoding {others[0]}" if others else SAVE_AS
    return (
        f"{path.name}, line {number}, byte {error.start + 1} of the line: 0x{raw[error.start]:02x} is not {encoding}; "
        f"what would work: {works}"
    )


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(path: Path, encoding: str) -> str:
    """Return the mark that cuts the heading into the most columns."""
    return max(DELIMITERS, key=lambda mark: _columns(path, encoding, mark))


def _columns(path: Path, encoding: str, delimiter: str) -> int:
    reader = csv.reader(_decoded(path, encoding), delimiter=delimiter)
    try:
        return next((len(cells) for cells in reader if cells), 0)
    except csv.Error:
        return 0


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(_decoded(path, encoding), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ImportRefused(f"{path.name}, row that begins in line {number}: {_cause(error)}") from error
        if any(cell.strip() for cell in cells):
            yield Line(number, tuple(cells))


def _cause(error: csv.Error) -> str:
    if "new-line character" in str(error):
        return f"a line ends with a carriage return alone, as on old Macs; {SAVE_AS}"
    return f"{error}; look for a quotation mark left open, or for one inside a quoted cell that is not doubled"


def _without_empty_end(names: tuple[str, ...]) -> tuple[str, ...]:
    while names and not names[-1].strip():
        names = names[:-1]
    return names
