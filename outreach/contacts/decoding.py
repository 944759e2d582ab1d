"""How a text file is written: its encoding, guessed where nobody says, and where its lines end.

UTF-8 can be told for certain, since nothing else looks like it; what is not UTF-8 and comes from an office is
Windows-1252. The whole file is looked through, so that it is known to be readable before anything of it is stored.
"""

import codecs
from dataclasses import dataclass
from pathlib import Path

from outreach.contacts.delimited import LONGEST
from outreach.errors import ImportRefused

ALTERNATIVES = ("utf-8", "windows-1252", "iso-8859-15", "cp850", "mac-roman")
OFFICE = "windows-1252"
SAVE_AS = 'save it as "CSV UTF-8" and import that'

_UTF_8, _UTF_16 = "utf-8-sig", "utf-16"
_MARKS = {codecs.BOM_UTF8: _UTF_8, codecs.BOM_UTF16_LE: _UTF_16, codecs.BOM_UTF16_BE: _UTF_16}
_WIDE = ("utf-16", "utf-32")


@dataclass(frozen=True, slots=True)
class Decoded:
    """An encoding that fits the whole file. *note* says why it was taken where people should know."""

    encoding: str
    line_end: str
    note: str = ""

    @property
    def shown(self) -> str:
        """The encoding's name for people."""
        return "UTF-8" if self.encoding == _UTF_8 else codecs.lookup(self.encoding).name.replace("cp1252", OFFICE)


@dataclass(frozen=True, slots=True)
class _Tally:
    """Lines with more than ASCII in them that are UTF-8, and those that are not; with the first of each."""

    right: int
    wrong: int
    first_right: int
    first_wrong: int
    bytes_of_wrong: bytes


def decode(path: Path, encoding: str | None) -> Decoded:
    """Return how *path* is written; `ImportRefused` names line and byte where it cannot be read."""
    start = _start(path)
    if encoding is not None:
        return _as_told(path, _checked(encoding))
    marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
    if marked == _UTF_16:
        return Decoded(_UTF_16, _line_end(path, _UTF_16), "read as UTF-16: it begins with the mark of that encoding")
    if b"\0" in start:
        raise ImportRefused(f"{path.name}: this is no text file, or one in UTF-16 without a mark; {SAVE_AS}")
    try:
        return Decoded(_UTF_8, _line_end(path, _UTF_8))
    except UnicodeDecodeError:
        return _guessed(path)


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise ImportRefused(f"{path}: cannot be opened: {error.strerror}") from error


def _guessed(path: Path) -> Decoded:
    """Read as Windows-1252 what is not UTF-8, unless most of it is: then every accent would come in as two letters."""
    tally = _count(path)
    where = f"{path.name}, line {tally.first_wrong}"
    if tally.right >= tally.wrong:
        raise ImportRefused(
            f"{where}: not UTF-8, although line {tally.first_right} and others are; two files were joined, it seems; "
            f"correct the line, or read all of it in one way: --encoding {OFFICE}"
        )
    try:
        line_end = _line_end(path, OFFICE)
    except UnicodeDecodeError as error:
        raise ImportRefused(_wrong_byte(path, OFFICE)) from error
    note = f"not UTF-8 at line {tally.first_wrong}; read as Windows-1252; if names look wrong, give --encoding"
    return Decoded(OFFICE, line_end, note)


def _as_told(path: Path, encoding: str) -> Decoded:
    narrow = not encoding.startswith(_WIDE)
    if narrow and encoding != _UTF_8:
        tally = _count(path)
        if tally.right and not tally.wrong:
            raise ImportRefused(
                f"{path.name}, line {tally.first_right}: the file is in UTF-8, not in {encoding}; leave --encoding out"
            )
    try:
        return Decoded(encoding, _line_end(path, encoding))
    except UnicodeError as error:
        why = _wrong_byte(path, encoding) if narrow else f"{path.name}: not {encoding}: {error}; leave --encoding out"
        raise ImportRefused(why) from error


def _checked(encoding: str) -> str:
    try:
        line_break = "\n".encode(encoding)
        name = codecs.lookup(encoding).name
    except LookupError:
        raise ImportRefused(f"no encoding {encoding!r}; usual ones: {', '.join(ALTERNATIVES)}") from None
    if name.startswith("utf-8"):
        return _UTF_8
    if line_break != b"\n" and not name.startswith(_WIDE):
        raise ImportRefused(f"files in {encoding} are not read; {SAVE_AS}")
    return encoding


def _line_end(path: Path, encoding: str) -> str:
    """Return what ends the lines, having decoded the whole file; `UnicodeError` where that does not go."""
    line_end, unfinished = "", 0
    with path.open(encoding=encoding, newline="") as file:
        while piece := file.read(LONGEST):
            line_end = line_end or next((end for end in "\n\r" if end in piece), "")
            first = piece.find(line_end) if line_end else -1
            if unfinished + (first if first >= 0 else len(piece)) > LONGEST:
                raise ImportRefused(
                    f"{path.name}: a line has more than {LONGEST:,} characters; this is no CSV file, or a damaged one"
                )
            unfinished = len(piece) - piece.rfind(line_end) - 1 if first >= 0 else unfinished + len(piece)
    return line_end or "\n"


def _count(path: Path) -> _Tally:
    right = wrong = first_right = first_wrong = 0
    bytes_of_wrong = b""
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LONGEST):
            number += 1
            if raw.isascii():
                continue
            if decodes(raw, "utf-8"):
                right += 1
                first_right = first_right or number
            else:
                wrong += 1
                first_wrong, bytes_of_wrong = first_wrong or number, bytes_of_wrong or raw
    return _Tally(right, wrong, first_right, first_wrong, bytes_of_wrong)


def _wrong_byte(path: Path, encoding: str) -> str:
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LONGEST):
            number += 1
            try:
                raw.decode(encoding)
            except UnicodeDecodeError as error:
                others = [name for name in ALTERNATIVES if name != encoding and decodes(raw, name)]
                works = f"--encoding {' or '.join(others)}, whichever makes the names right" if others else SAVE_AS
                return (
                    f"{path.name}, line {number}, byte {error.start + 1} of the line: 0x{raw[error.start]:02x} is not "
                    f"{encoding.removesuffix('-sig')}; what would work: {works}"
                )
    return f"{path.name}: not {encoding}; {SAVE_AS}"


def decodes(raw: bytes, encoding: str) -> bool:
    """Return whether *raw* is text in *encoding*."""
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
