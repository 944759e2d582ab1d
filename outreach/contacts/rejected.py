"""The rows that were not stored, written to a file with the reason, to be corrected and imported again."""

import csv
import re
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any

from outreach import private_files
from outreach.contacts.columns import Column
from outreach.contacts.formulas import escaped
from outreach.contacts.read import Line, Sheet
from outreach.errors import ImportRefused

SHOWN = 50
"""Faults that a report shows; the file has them all."""

_OURS = re.compile(r"\.errors(-\d+)?$")


class Rejected:
    """The file of errors; made with the first row that goes into it, so that a clean import leaves none.

    It stands beside the file that was imported, or in *folder*, and never takes the place of an earlier one: somebody
    may be correcting that. Excel opens it as it is. With *write* False nothing is written, as for a dry run.
    """

    def __init__(self, sheet: Sheet, folder: Path | None = None, *, write: bool = True) -> None:
        self.count = 0
        self.path: Path | None = None
        self.first: list[tuple[int, str]] = []
        self._folder = folder or sheet.path.parent
        self._stem = _OURS.sub("", sheet.path.stem)
        self._sheet = sheet
        self._write = write
        kept = enumerate(sheet.header.meanings)
        self._kept = [at for at, meaning in kept if meaning is not Column.ERROR and meaning is not Column.LINE]
        self._open = ExitStack()
        self._writer: Any = None

    def __enter__(self) -> "Rejected":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._open.close()

    def add(self, line: Line, reason: str) -> None:
        """Write *line* as it was, with its number, and *reason* in the column `error`."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append((line.number, reason))
        if not self._write:
            return
        try:
            if self._writer is None:
                self._writer = self._begun()
            self._writer.writerow(self._row(line.cells, str(line.number), reason))
        except OSError as error:
            where = self.path or self._folder
            raise ImportRefused(f"{where}: rows with errors cannot be written there: {error.strerror}") from error

    def _begun(self) -> Any:
        self._folder.mkdir(parents=True, exist_ok=True)
        self.path, begun = private_files.make_beside(self._folder, f"{self._stem}.errors.csv")
        file = self._open.enter_context(TextIOWrapper(begun, encoding="utf-8-sig", newline=""))
        writer = csv.writer(file, delimiter=";")
        writer.writerow(self._row(self._sheet.header.names, Column.LINE, Column.ERROR))
        return writer

    def _row(self, cells: tuple[str, ...], number: str, reason: str) -> list[str]:
        # Cells beyond the last column come after the reason: the row stays wrong until somebody looks at it.
        width = len(self._sheet.header.names)
        padded = cells + ("",) * (width - len(cells))
        return [number, *(escaped(cell) for cell in (*(padded[at] for at in self._kept), reason, *cells[width:]))]
