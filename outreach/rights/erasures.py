"""The erasure log: a file beside the database, so that a restored backup does not bring anybody back.

One JSON object a line, `{"key": …, "at": …, "why": …}`; the key is a keyed hash, the address is never in it.
"""

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from outreach import private_files
from outreach.errors import DefinitionError
from outreach.model.erasure import is_key
from outreach.model.rights import Erasure

Damaged = tuple[int, str]
"""A line's number and what is wrong with it."""


def append(path: Path, erasure: Erasure) -> None:
    """Write one erasure down, on the disk before this returns; a line torn by a crash stays a line of its own."""
    line = json.dumps({"key": erasure.key, "at": erasure.at.isoformat(), "why": erasure.why})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with private_files.append(path) as file:
            file.write(f"{_line_end(file.fileno())}{line}\n".encode())
            os.fsync(file.fileno())
        _keep_name(path.parent)
    except OSError as error:
        raise DefinitionError(
            f"the erasure log {path} cannot be written ({error.strerror}), so nobody was forgotten; "
            "set OUTREACH_ERASURE_LOG to a file that can be"
        ) from error


def read(path: Path) -> tuple[list[Erasure], list[Damaged]]:
    """Return the erasures in a log, and the lines that cannot be read."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise DefinitionError(f"the erasure log {path} cannot be read: {error.strerror}") from error
    erasures: list[Erasure] = []
    damaged: list[Damaged] = []
    for number, line in _written(lines):
        try:
            erasures.append(_erasure(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            damaged.append((number, _words(fault)))
    return erasures, damaged


def _written(lines: list[bytes]) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _erasure(line: Any) -> Erasure:
    if not is_key(line["key"]):
        raise ValueError("its key is not 32 hexadecimal digits")
    at = datetime.fromisoformat(line["at"])
    if at.tzinfo is None:
        raise ValueError("its time has no time zone")
    return Erasure(line["key"], at, str(line.get("why", "")))


def _words(fault: Exception) -> str:
    match fault:
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case json.JSONDecodeError():
            return f"it is not JSON: {fault.msg} at character {fault.colno}"
        case KeyError():
            return f"it has no {fault}"
        case ValueError():
            return str(fault)
        case _:
            return "it is no JSON object with the texts key and at"


def _line_end(file: int) -> str:
    size = os.fstat(file).st_size
    return "\n" if size and os.pread(file, 1, size - 1) != b"\n" else ""


def _keep_name(folder: Path) -> None:
    """See to it that a new file's name survives a crash as well."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
