"""The rows of an Excel workbook (xlsx), with cells as people see them, read row by row within bounds.

What is packed may be far larger than the file, so sizes are looked at before anything is unpacked; a part that
declares a document type (entities could be nested in it) is refused, since Excel never writes one.
"""

import re
import warnings
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, cast
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook

from outreach.contacts.delimited import Line
from outreach.errors import ImportRefused

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AS = "save it as Excel workbook (.xlsx) or as CSV UTF-8, and import that"

MOST_UNPACKED = 2**30
MOST_UNPACKED_BESIDES = 96 * 2**20
MOST_PARTS = 10_000
"""Bytes that all parts may have, those that are held in memory (texts, styles), and how many parts there may be."""

_OTHERS_OF_OLD = {
    "WordDocument": "an old Word document (.doc)",
    "PowerPoint Document": "an old PowerPoint file (.ppt)",
    "__nameid_version1.0": "an Outlook message (.msg); if the list is attached, save the attachment first",
}
_BOOK = re.compile(r"xl/workbook\d*\.xml")
_SHEETS = "xl/worksheets/"
_PIECE = 65_536
_SEARCHED = 4 * 2**20


@contextmanager
def opened(path: Path) -> Iterator[Workbook]:
    """Yield the workbook; `ImportRefused` says why it is none that can be read, and what would work."""
    try:
        with path.open("rb") as file:
            _refuse_odd(path, file.read(len(OLE)))
            _refuse_unsafe(path)
            file.seek(0)
            book = _quietly(load_workbook, file, read_only=True, data_only=True, keep_links=False)
            try:
                yield book
            finally:
                book.close()
    except ImportRefused:
        raise
    except OSError as error:
        raise ImportRefused(f"{path}: cannot be opened: {error.strerror or error}") from error
    except Exception as error:  # a damaged workbook fails in as many ways as there are parts
        raise ImportRefused(
            f"{path.name}: the workbook is damaged ({type(error).__name__}: {str(error)[:200]}); "
            f"open it in Excel, {SAVE_AS}"
        ) from error


def titles(book: Workbook, path: Path, wanted: str | None) -> list[str]:
    """Return the sheets to look at: the one that is *wanted*, else all that are not hidden."""
    sheets = {sheet.title: sheet.sheet_state == "visible" for sheet in book.worksheets}
    if not sheets:
        raise ImportRefused(f"{path.name}: the workbook holds no sheet that can be read; {SAVE_AS}")
    if wanted is None:
        return [title for title, visible in sheets.items() if visible] or list(sheets)
    found = next((title for title in sheets if title.casefold() == wanted.strip().casefold()), None)
    if found is None:
        raise ImportRefused(f"{path.name}: no sheet {wanted!r}; there is: {', '.join(map(repr, sheets))}")
    return [found]


def rows(book: Workbook, title: str, left_out: Collection[int] = ()) -> Iterator[Line]:
    """Yield every row of a sheet in which something stands, numbered as Excel numbers them.

    A cell with an error (`#N/A`) is the row's fault, except in columns that are *left_out*.
    """
    sheet = cast("Any", book[title])
    sheet.reset_dimensions()  # they may be wrong, and rows would be padded to them
    found = sheet.iter_rows()
    number = 0
    while (row := _quietly(next, found, None)) is not None:
        number += 1
        cells = tuple("" if cell.value is None else _shown(cell) for cell in row)
        if any(map(str.strip, cells)):
            yield Line(number, cells, _fault(row, left_out))


def _shown(cell: Any) -> str:
    value = cell.value
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float() if value == int(value):
            return _padded(str(int(value)), cell)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
    return str(value)


def _padded(digits: str, cell: Any) -> str:
    """Show what a format of zeros shows: the number 5382060 as `00000000` is the code 05382060."""
    if not cell.has_style:
        return digits
    form = cell.number_format
    return digits.zfill(len(form)) if form.strip("0") == "" else digits


def _fault(row: Any, left_out: Collection[int]) -> str:
    faults = [
        f"cell {get_column_letter(at + 1)}{cell.row} holds the error {cell.value}"
        for at, cell in enumerate(row)
        if cell.data_type == "e" and at not in left_out
    ]
    return "; ".join(faults)


def _quietly(call: Any, *arguments: Any, **options: Any) -> Any:
    """openpyxl warns of what it leaves out (data validation, styles); none of that is about people."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*arguments, **options)


def _refuse_odd(path: Path, start: bytes) -> None:
    if start.startswith(OLE):
        with path.open("rb") as file:
            inside = file.read(_SEARCHED)
        if _names(inside, "EncryptedPackage"):
            raise ImportRefused(f"{path.name}: the workbook is protected by a password; take it off, or {SAVE_AS}")
        raise ImportRefused(f"{path.name}: this is {_old_kind(inside)}; {SAVE_AS}")


def _old_kind(inside: bytes) -> str:
    """What an old file of Office is; other programs' parts may stand in a workbook, so that is looked for first."""
    others = {} if _names(inside, "Workbook") else _OTHERS_OF_OLD
    return next((what for part, what in others.items() if _names(inside, part)), "an old Excel workbook (.xls)")


def _names(inside: bytes, part: str) -> bool:
    return part.encode("utf-16-le") in inside


def _refuse_unsafe(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if not any(map(_BOOK.fullmatch, archive.namelist())):
                raise ImportRefused(f"{path.name}: this is {_kind(archive)}; {SAVE_AS}")
            besides = sum(part.file_size for part in parts if _in_memory(part.filename))
            too_large = sum(part.file_size for part in parts) > MOST_UNPACKED or besides > MOST_UNPACKED_BESIDES
            if too_large or len(parts) > MOST_PARTS:
                raise ImportRefused(
                    f"{path.name}: unpacked, the workbook is too large; save it as CSV UTF-8 and import that"
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _refuse_document_type(path, archive, part)
    except zipfile.BadZipFile as error:
        raise ImportRefused(f"{path.name}: the workbook is cut off or damaged ({error}); {SAVE_AS}") from error


def _in_memory(name: str) -> bool:
    return name.endswith((".xml", ".rels")) and not name.startswith(_SHEETS)


def _kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if "xl/workbook.bin" in names:
        return "a binary Excel workbook (.xlsb)"
    if "mimetype" in names and "content.xml" in names:
        return "a LibreOffice or OpenDocument file (.ods)"
    if any(name.startswith("Index/") for name in names):
        return "a Numbers file"
    if "word/document.xml" in names:
        return "a Word document (.docx)"
    return "a ZIP file; if it holds the export, unpack it first"


class _Begun(Exception):
    """The first element has come: no document type can follow."""


def _refuse_document_type(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    def declared(*_: object) -> None:
        raise ImportRefused(f"{path.name}: {part.filename} declares a document type, as no workbook does; {SAVE_AS}")

    def begun(*_: object) -> None:
        raise _Begun

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    parser.StartElementHandler = begun
    with archive.open(part) as file:
        try:
            while piece := file.read(_PIECE):
                parser.Parse(piece)
        except _Begun:
            return
