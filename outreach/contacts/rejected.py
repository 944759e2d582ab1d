"""The rows that were not stored, written beside the file with the reason, to be corrected and imported again."""

import csv
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from outreach.contacts.columns import Column
from outreach.contacts.formulas import escaped
from outreach.contacts.read import Line, Sheet
from outreach.errors import ImportRefused


class Rejected:
    """The file of errors; made with the first row that goes into it, so that a clean import leaves none."""

    def __init__(self, sheet: Sheet) -> None:
        self.count = 0
        self.path = sheet.path.with_name(f"{sheet.path.stem}.errors.csv")
        self._sheet = sheet
        self._kept = [at for at, meaning in enumerate(sheet.header.meanings) if meaning is not Column.ERROR]
        self._open = ExitStack()
        self._writer: Any = None

    def __enter__(self) -> "Rejected":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._open.close()

    def add(self, line: Line, reason: str) -> None:
        """Write *line* as it was, and *reason* in the column `error`."""
        try:
            if self._writer is None:
                file = self._open.enter_context(self.path.open("w", encoding="utf-8-sig", newline=""))
                self._writer = csv.writer(file, delimiter=self._sheet.delimiter)
                self._writer.writerow(self._row(self._sheet.header.names, "error"))
            self._writer.writerow(self._row(line.cells, reason))
        except OSError as error:
            raise ImportRefused(f"{self.path}: rows with errors cannot be written there: {error.strerror}") from error
        self.count += 1

    def _row(self, cells: tuple[str, ...], reason: str) -> list[str]:
        # Cells beyond the last column come after the reason: the row stays wrong until somebody looks at it.
        width = len(self._sheet.header.names)
        padded = cells + ("",) * (width - len(cells))
        return [escaped(cell) for cell in (*(padded[at] for at in self._kept), reason, *cells[width:])]
