"""The rows of a CSV file, within bounds: a quotation mark left open must not swallow a whole file."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TextIO

from outreach.errors import ImportRefused

DELIMITERS = (";", ",", "\t", "|")
LONGEST = 2**20
"""Characters that a line of the file may have, and a row of it; a cell may have an eighth, by the reader of CSV."""


class Line(NamedTuple):
    """One row of data. *number* is the line of the file where it begins, as an editor or a spreadsheet shows it.

    *fault* says what is wrong with the row before anybody has looked at its meaning. A tuple by name, since a million
    of them are made.
    """

    number: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Writing:
    """How a text file is written. *skipped*: Excel's first line `sep=;`, which is no row, stands before the others."""

    encoding: str
    line_end: str
    delimiter: str = DELIMITERS[0]
    skipped: int = 0


def rows(path: Path, writing: Writing, *, guarded: bool = True) -> Iterator[Line]:
    """Yield every row in which something stands; `ImportRefused` names the line of one that cannot be read.

    *guarded* keeps a row within bounds; a file that was gone through once needs it no more.
    """
    number = first = 1 + writing.skipped
    with path.open(encoding=writing.encoding, newline=writing.line_end) as file:
        for _ in range(writing.skipped):
            file.readline(LONGEST)
        guard = _Guard(file)
        reader = csv.reader(guard if guarded else file, delimiter=writing.delimiter, strict=True)
        try:
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield Line(number, tuple(cells))
                number = reader.line_num + first
                guard.used = 0
        except (csv.Error, _TooLong) as error:
            raise ImportRefused(_why(path, writing, number, error)) from error
        except UnicodeError as error:
            raise ImportRefused(f"{path.name}: the file changed while it was read") from error


class _TooLong(Exception):
    """A row goes on for longer than any row should."""


class _Guard:
    """The lines of a file, counted; *used* is set back with each row."""

    def __init__(self, file: TextIO) -> None:
        self.used = 0
        self._next = file.__next__

    def __iter__(self) -> "_Guard":
        return self

    def __next__(self) -> str:
        line = self._next()
        self.used += len(line)
        if self.used > LONGEST:
            raise _TooLong(f"the row has more than {LONGEST:,} characters")
        return line


def _why(path: Path, writing: Writing, number: int, error: Exception) -> str:
    words = "a cell has more than 131,072 characters" if "field larger" in str(error) else str(error)
    opened = _opened(path, writing, number)
    mark = f"the quotation mark opened in line {opened}" if opened else "a quotation mark"
    return (
        f"{path.name}, row that begins in line {number}: {words}; look for {mark}: it was left open, "
        "or one inside its cell is not doubled"
    )


def _opened(path: Path, writing: Writing, number: int) -> int | None:
    """Return the line of the last quotation mark that opened a cell in the row that begins in line *number*."""
    inside, before, opened = False, "\n", None
    with path.open(encoding=writing.encoding, newline=writing.line_end) as file:
        for at, line in enumerate(file, 1):
            if at < number:
                continue
            if at > number and not inside:
                break
            for char in line:
                if char == '"' and (inside or before in {writing.delimiter, "\n", "\r", "\ufeff", '"'}):
                    opened = opened if inside or before == '"' else at
                    inside = not inside
                before = char
    return opened
