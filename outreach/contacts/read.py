"""Reads lists of people as offices keep and export them: CSV in several hands, and Excel workbooks.

A file is gone through once before anything is stored (`open_sheet`), so that one which cannot be read to its end is
refused as a whole; then again, row by row (`lines_of`), so that memory does not grow with it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from openpyxl.workbook.workbook import Workbook

from outreach.contacts import decoding, delimited, workbook
from outreach.contacts.columns import Column, Header, is_heading, understand
from outreach.contacts.delimited import DELIMITERS, LONGEST, Line, Writing
from outreach.contacts.formulas import unescaped
from outreach.errors import ImportRefused

__all__ = ["Line", "Sheet", "lines_of", "open_sheet"]

LOOKED_AT = 10
"""Rows among which the heading is looked for: exports like to begin with a title."""

_SAMPLE = 131_072
_EXCELS_MARK = re.compile(r'\ufeff?"?sep=(.)"?\s*', re.IGNORECASE)
_PAGE = "a web page (some systems call it .xls; a page to log in looks like this, too)"
_FOREIGN: Mapping[bytes, str] = {
    b"%pdf": "a PDF",
    **dict.fromkeys((b"<!doctype html", b"<html", b"<head", b"<meta", b"<table", b"mime-version:"), _PAGE),
    b"<?xml": "an XML file",
    b"begin:vcard": "a file of address cards (vCard)",
    b"{\\rtf": "a text document (RTF)",
    **dict.fromkeys((b'{"', b"[{"), "a JSON file"),
}
_PACKED: Mapping[bytes, str] = {
    b"\x1f\x8b": "a packed file (gzip)",
    b"rar!": "a packed file (RAR)",
    b"7z\xbc\xaf": "a packed file (7z)",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that can be read to its end. *rows* counts all rows of data that are not empty.

    *title* names the sheet of a workbook; *writing* tells how a text file is written. *heading* is the line of the
    heading. *notes* say what people should know of how the file was read.
    """

    path: Path
    header: Header
    rows: int
    heading: int = 1
    title: str | None = None
    writing: Writing | None = None
    encoding: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def delimiter(self) -> str:
        """The mark between columns; that of our own files where there is none."""
        return self.writing.delimiter if self.writing else DELIMITERS[0]

    @property
    def described(self) -> str:
        """How the file was read, in a few words."""
        if self.writing is None:
            return f"Excel workbook, sheet {self.title!r}"
        mark = {"\t": "tab"}.get(self.delimiter, self.delimiter)
        return f"CSV in {self.encoding}, {mark} between columns"


def open_sheet(
    path: Path,
    encoding: str | None = None,
    *,
    mapping: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Sheet:
    """Find out how *path* is written and go through it once; `ImportRefused` says what is wrong and where.

    *mapping* says what columns are to be taken for, by their headings; *title* which sheet of a workbook is meant.
    """
    start = _start(path)
    if start.startswith((workbook.ZIP, workbook.OLE)):
        return _open_workbook(path, mapping or {}, title)
    _refuse_foreign(path, start.lstrip(b"\xef\xbb\xbf \t\r\n").lower())
    if title is not None:
        raise ImportRefused(f"{path.name}: a CSV file has no sheets; leave the name of the sheet {title!r} out")
    return _open_text(path, decoding.decode(path, encoding), mapping or {})


def lines_of(sheet: Sheet) -> Iterator[Line]:
    """Yield the rows of data, without empty ones; what our error files escaped is itself again.

    Rows of an error file have the numbers that they had in the file that was imported first.
    """
    width = len(sheet.header.names)
    at = sheet.header.position(Column.LINE)
    for line in _rows(sheet):
        cells = line.cells
        if line.number <= sheet.heading:
            continue
        if len(cells) > width:
            cells = _without_empty_end(cells, width)
        if "'" in "".join(cells):
            cells = tuple(map(unescaped, cells))
        if at is not None and at < len(cells) and cells[at].isdecimal():
            yield Line(int(cells[at]), cells, line.fault)
        else:
            yield line if cells is line.cells else Line(line.number, cells, line.fault)


def _start(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # a pipe cannot be gone through twice, a device never ends
        raise ImportRefused(f"{path}: this is no file; name the CSV file or workbook itself")
    try:
        with path.open("rb") as file:
            return file.read(512)
    except OSError as error:
        raise ImportRefused(f"{path}: cannot be opened: {error.strerror}") from error


def _refuse_foreign(path: Path, start: bytes) -> None:
    for marks, remedy in ((_FOREIGN, workbook.SAVE_AS), (_PACKED, "unpack it, and import the list that was in it")):
        for mark, what in marks.items():
            if start.startswith(mark):
                raise ImportRefused(f"{path.name}: this is {what}, not a list of people; {remedy}")


def _rows(sheet: Sheet) -> Iterator[Line]:
    if sheet.writing is not None:
        yield from delimited.rows(sheet.path, sheet.writing, guarded=False)
        return
    with workbook.opened(sheet.path) as book:
        yield from workbook.rows(book, str(sheet.title), sheet.header.left_out)


def _open_text(path: Path, decoded: decoding.Decoded, mapping: Mapping[str, str]) -> Sheet:
    writing = _writing(path, decoded, mapping)
    sheet = _read_through(path, delimited.rows(path, writing), mapping)
    notes = (decoded.note,) if decoded.note else ()
    return replace(sheet, writing=writing, encoding=decoded.shown, notes=(*notes, *sheet.notes))


def _open_workbook(path: Path, mapping: Mapping[str, str], wanted: str | None) -> Sheet:
    with workbook.opened(path) as book:
        candidates = workbook.titles(book, path, wanted)
        with_addresses = [title for title in candidates if _has_addresses(book, title, mapping)]
        title = next(iter(with_addresses or candidates))
        sheet = _read_through(path, workbook.rows(book, title), mapping)
    others = ", ".join(repr(each) for each in with_addresses if each != title)
    notes = (f"sheet {title!r} was read; others with addresses, to be named if meant: {others}",) if others else ()
    return replace(sheet, title=title, notes=(*notes, *sheet.notes))


def _has_addresses(book: Workbook, title: str, mapping: Mapping[str, str]) -> bool:
    return any(is_heading(line.cells, mapping) for line in islice(workbook.rows(book, title), LOOKED_AT))


def _read_through(path: Path, lines: Iterator[Line], mapping: Mapping[str, str]) -> Sheet:
    """Find the heading, count the rows below it and see which columns hold anything."""
    first = list(islice(lines, LOOKED_AT))
    if not first:
        raise ImportRefused(f"{path.name}: the file is empty; its first line must name the columns")
    heading = next((line for line in first if is_heading(line.cells, mapping)), first[0])
    names = _without_empty_end(tuple(name.removeprefix("\ufeff").strip() for name in heading.cells))
    understand(names, path.name, mapping)
    rows, empty = _count((*first[first.index(heading) + 1 :],), lines, len(names))
    header = understand(names, path.name, mapping, empty=empty if rows else ())
    notes = (f"the heading was found in line {heading.number}; what stands above it is left out",)
    return Sheet(path, header, rows, heading.number, notes=notes if heading is not first[0] else ())


def _count(first: Iterable[Line], rest: Iterable[Line], width: int) -> tuple[int, tuple[int, ...]]:
    rows, empty = 0, tuple(range(width))
    for lines in (first, rest):
        for line in lines:
            rows += 1
            if empty:
                cells = line.cells
                empty = tuple(at for at in empty if at >= len(cells) or not cells[at].strip())
    return rows, empty


def _writing(path: Path, decoded: decoding.Decoded, mapping: Mapping[str, str]) -> Writing:
    """Return what stands between the columns: as Excel's first line says, or the mark that finds the best heading."""
    with path.open(encoding=decoded.encoding, newline=decoded.line_end) as file:
        first = file.readline(LONGEST)
        if said := _EXCELS_MARK.fullmatch(first):
            return Writing(decoded.encoding, decoded.line_end, said[1], skipped=1)
        sample = first + file.read(_SAMPLE)
    best = max(DELIMITERS, key=lambda mark: _fitness(sample, mark, decoded.line_end, mapping))
    return Writing(decoded.encoding, decoded.line_end, best)


def _fitness(sample: str, mark: str, line_end: str, mapping: Mapping[str, str]) -> tuple[bool, int]:
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(sample, newline=line_end), delimiter=mark):
            rows.append(cells)
            if is_heading(cells, mapping):
                return True, len(cells)
            if len(rows) == LOOKED_AT:
                break
    except csv.Error:
        return False, 0
    return False, next((len(cells) for cells in rows if cells), 0)


def _without_empty_end(cells: tuple[str, ...], width: int = 0) -> tuple[str, ...]:
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    return cells
