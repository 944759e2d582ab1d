"""Files to be imported: workbooks, and exports of other systems under tests/fixtures/imports."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

FIXTURES = Path(__file__).parent / "fixtures" / "imports"


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Write a workbook; a sheet called `Verborgen` is hidden."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = "hidden" if title == "Verborgen" else "visible"
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path
