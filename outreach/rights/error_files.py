"""Files of rows with errors that imports left under `home`: a person is taken out of them, and they do not stay."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from outreach import private_files
from outreach.rights.addresses import all_spellings, without

ENCODING = "utf-8-sig"


def take_out(folder: Path, addresses: Sequence[str]) -> int:
    """Take the rows that name one of *addresses* out of the files in *folder*; return how many there were.

    All other rows stay byte for byte, and a file goes in which none is left.
    """
    written = all_spellings(addresses)
    return sum(_take_out(file, written) for file in sorted(folder.glob("*.errors*.csv")))


def older(folder: Path, cutoff: datetime) -> Iterator[tuple[datetime, Path]]:
    """Yield the files last written before *cutoff*, oldest first; downloads that a crash left behind as well."""
    files = (file for file in folder.glob("*") if file.is_file())
    written = ((datetime.fromtimestamp(file.stat().st_mtime, UTC), file) for file in files)
    yield from sorted((at, file) for at, file in written if at < cutoff)


def _take_out(file: Path, written: Sequence[str]) -> int:
    text = file.read_bytes().decode(ENCODING, "surrogateescape")
    rows = list(_rows(text))
    kept = [row for number, row in enumerate(rows) if number == 0 or without(row, written) == row]
    if len(kept) == len(rows):
        return 0
    if len(kept) == 1:
        file.unlink()
    else:
        private_files.replace(file, "".join(kept).encode(ENCODING, "surrogateescape"))
    return len(rows) - len(kept)


def _rows(text: str) -> Iterator[str]:
    """Yield each row as it is written; a quoted cell may have several lines."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=";")
    first = 0
    for _ in reader:
        yield "".join(lines[first : reader.line_num])
        first = reader.line_num
