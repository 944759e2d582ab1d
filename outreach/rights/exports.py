"""Files in which a person's data waits to be handed over: readable by their owner alone, and not for long."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outreach import private_files
from outreach.errors import DefinitionError

_NAME = re.compile(r"[0-9a-f]{32}-(\d{8}T\d{6}Z)\.json")
_STAMP = "%Y%m%dT%H%M%SZ"


def write(file: Path, document: Mapping[str, Any]) -> Path:
    """Write *document* to *file*, which nobody else may read, also if it was there before."""
    try:
        opened = private_files.overwrite(file)
    except OSError as error:
        raise DefinitionError(f"{file}: cannot be written: {error.strerror}; name another file") from error
    with opened:
        json.dump(document, opened, ensure_ascii=False, indent=2)
        opened.write("\n")
    return file


def file_for(folder: Path, key: str, at: datetime) -> Path:
    """Return the file of an export made at a time; its name says nothing to who has no key."""
    return private_files.make_folder(folder) / f"{key}-{at.astimezone(UTC).strftime(_STAMP)}.json"


def delete_of(folder: Path, key: str) -> int:
    """Delete the exports of a person; return how many there were."""
    files = list(folder.glob(f"{key}-*.json"))
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def older(folder: Path, cutoff: datetime) -> Iterator[tuple[datetime, Path]]:
    """Yield the exports made before *cutoff*, oldest first."""
    made = ((_made_at(file), file) for file in folder.glob("*.json"))
    yield from sorted((at, file) for at, file in made if at is not None and at < cutoff)


def _made_at(file: Path) -> datetime | None:
    found = _NAME.fullmatch(file.name)
    return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) if found else None
