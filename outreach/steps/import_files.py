"""A file or an address comes in as somebody asked for it, and what came of it is told in words."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from outreach.contacts.download import Download, is_address, shown
from outreach.contacts.read import Sheet
from outreach.dialling.hops import Dialler
from outreach.errors import ApprovalVoid
from outreach.services import Services
from outreach.steps.importing import ImportReport, Progress, import_contacts

Opened = Callable[[Sheet], None]
"""Is told how the file was understood, before anything of it is stored."""

_PIECE = 2**20


@dataclass(frozen=True, slots=True)
class Asked:
    """An import as somebody asked for it. *place* is a file or an address; *mapping* what columns are to be taken for.

    *sheet* names the one of a workbook; *given_on* is the date of the evidence.
    """

    place: str
    topic: str | None = None
    basis: str | None = None
    evidence: str | None = None
    given_on: date | None = None
    group: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call the file."""
        return shown(self.place) if is_address(self.place) else Path(self.place).name


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a file was understood and what it changed, or would change. *digest* is of its content and what was asked."""

    sheet: Sheet
    report: ImportReport
    digest: str


def import_file(
    services: Services,
    asked: Asked,
    *,
    dry_run: bool = False,
    agreed: str | None = None,
    opened: Opened | None = None,
    progress: Progress | None = None,
    download: Download | None = None,
) -> Outcome:
    """Import what was *asked* for; with *agreed*, only if content and wishes still have that digest.

    What an address gives is kept under `home` for as long as the import takes; the rows with errors stay there.
    """
    sheets: list[Sheet] = []

    def look(sheet: Sheet) -> None:
        sheets.append(sheet)
        if opened:
            opened(sheet)

    with _at_hand(services, asked.place, download) as path:
        digest = _digest(path, asked)
        if agreed not in (None, digest):
            raise ApprovalVoid(f"{asked.name}: the file changed since it was agreed to; start the import again")
        report = import_contacts(
            services,
            path,
            topic=asked.topic,
            basis=asked.basis,
            evidence=asked.evidence,
            given_on=asked.given_on,
            encoding=asked.encoding,
            title=asked.sheet,
            group=asked.group,
            mapping=asked.mapping,
            dry_run=dry_run,
            opened=look,
            progress=progress,
        )
    return Outcome(sheets[-1], report, digest)


def described(sheet: Sheet) -> list[str]:
    """Return how a file was read, in words."""
    export = [f"this looks like an export of {sheet.header.export}"] if sheet.header.export else []
    return [f"{sheet.described}, {sheet.rows} rows", *export, *sheet.notes]


@contextmanager
def _at_hand(services: Services, place: str, download: Download | None) -> Iterator[Path]:
    if not is_address(place):
        yield Path(place).expanduser()
        return
    allowed = frozenset(services.settings.private_feed_hosts)
    fetch = (download or Download(Dialler(allowed=allowed, secure=True))).fetch
    path = fetch(place.strip(), services.settings.imports)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _digest(path: Path, asked: Asked) -> str:
    wishes = (
        asked.topic, asked.basis, asked.evidence, asked.given_on, asked.group, asked.encoding, asked.sheet,
        sorted(asked.mapping.items()),
    )  # fmt: skip
    digest = hashlib.sha256(repr(wishes).encode())
    if path.is_file():  # whatever else it is, reading it says so
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    return digest.hexdigest()
