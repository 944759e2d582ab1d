"""Files about people: nobody but their owner reads them, from the moment they are made."""

import os
from pathlib import Path
from typing import BinaryIO, TextIO

MODE = 0o600

FOLDER_MODE = 0o700


def make_folder(folder: Path) -> Path:
    """Make *folder*, if it is not there, for nobody but its owner; return it."""
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    return folder


def make_beside(folder: Path, name: str) -> tuple[Path, BinaryIO]:
    """Make a new file in *folder*, numbered where others have its *name*: `people.csv`, `people-2.csv` …"""
    stem, dot, suffix = name.rpartition(".")
    number = 1
    while True:
        path = folder / (name if number == 1 else f"{stem}-{number}.{suffix}" if dot else f"{name}-{number}")
        try:
            return path, open(path, "xb", opener=_private)
        except FileExistsError:
            number += 1


def overwrite(path: Path) -> TextIO:
    """Open *path* for writing; what was there before is emptied, and nobody else's any more."""
    return open(path, "w", encoding="utf-8", opener=_private_again)


def append(path: Path) -> BinaryIO:
    """Open *path*, made if need be, to be read and to be written at its end, at once and past no buffer."""
    return open(path, "a+b", buffering=0, opener=_private)


def replace(path: Path, content: bytes) -> None:
    """Put *content* in the place of a file's; a crash leaves the one or the other, whole."""
    new = path.with_name(f"{path.name}.new")
    with open(new, "wb", opener=_private) as file:
        file.write(content)
    new.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, MODE)


def _private_again(path: str, flags: int) -> int:
    handle = _private(path, flags)
    os.fchmod(handle, MODE)
    return handle
