"""Files of a campaign folder, and how they are called before their authors."""

import re
import tomllib
from pathlib import Path, PurePath
from typing import Any

from outreach.errors import DefinitionError

_LINE = re.compile(r"\(at line (\d+),")


def parsed(source: str, path: Path) -> dict[str, Any]:
    """Return the tables of TOML that stands in *path*."""
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        told = _LINE.search(str(error))
        line = told[1] if told else len(source.splitlines())  # else it is "(at end of document)"
        raise DefinitionError(f"{shown(path)}: line {line}: not valid TOML: {error}") from error


def text(path: Path) -> str:
    """Return a file's text."""
    if not path.is_file():
        raise DefinitionError(f"{shown(path)} is missing; a campaign folder holds campaign.toml and its texts")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        where = f"{shown(path)}: line {line}: byte {error.start}"
        raise DefinitionError(f"{where} is not UTF-8; save the file as UTF-8") from error


def shown(path: Path) -> str:
    """Return *path* as authors know it, from the templates folder on."""
    parts = path.absolute().parts
    below = parts[::-1].index("campaigns") + 2 if "campaigns" in parts else 2
    return PurePath(*parts[-below:]).as_posix()
