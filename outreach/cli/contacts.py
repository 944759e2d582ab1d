"""`outreach contacts import`: people in from files."""

import datetime
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from outreach.cli.terminal import say
from outreach.contacts.columns import Reading, mapping_of
from outreach.contacts.read import Sheet
from outreach.services import open_services
from outreach.steps.import_files import Asked, described, import_file
from outreach.steps.import_words import lines_about
from outreach.steps.importing import ImportReport

ROWS_WITH_ERRORS = 3
"""The exit code where everything but some rows was stored."""

FAULTS_TOLD = 5

app = App(name="contacts", help="People: import them from files, and their rights.")


@app.command(name="import")
def import_people(
    file: str,
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    mapping: Annotated[list[str] | None, Parameter(name="--map", negative=())] = None,
    topic: str | None = None,
    basis: str | None = None,
    evidence: str | None = None,
    given_on: Annotated[datetime.date | None, Parameter(name="--date")] = None,
    group: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> int:
    """Import people from a CSV file or an Excel workbook; the same file again changes nothing.

    First it shows what every column is taken for. Rows with errors are written beside the file, of people.csv to
    people.errors.csv, to be corrected and imported in their turn; those of an address to "imports" in OUTREACH_HOME.

    Exit code: 0 everything was stored, 3 some rows had errors, 1 the import was refused or broken off.

    Parameters
    ----------
    file
        CSV or xlsx with a heading in Dutch, German or English, or the https address of one.
    dry_run
        Show what would change, and store nothing.
    mapping
        What a column is to be taken for: --map "Naam organisatie=organisation"; --map "Fax=" leaves it out. Repeatable.
    topic
        What all people in the file may be written to about. Needs basis, evidence and date.
    basis
        On what ground: consent, membership or published.
    evidence
        Where it is written down, such as "membership list of 1 November".
    given_on
        The day of the evidence, as 2026-11-01.
    group
        A group that everybody in the file joins, such as member.
    encoding
        How a CSV file is written, where it is guessed wrong: windows-1252.
    sheet
        Which sheet of a workbook, where it is not the first one with addresses.
    """
    asked = Asked(
        file,
        topic=topic,
        basis=basis,
        evidence=evidence,
        given_on=given_on,
        group=group,
        encoding=encoding,
        sheet=sheet,
        mapping=mapping_of(mapping or ()),
    )
    with open_services() as services, _progress() as told:
        outcome = import_file(services, asked, dry_run=dry_run, opened=_show, progress=told)
    say([*lines_about(outcome.report, dry_run=dry_run), *fault_lines(outcome.report)])
    return ROWS_WITH_ERRORS if outcome.report.invalid else 0


def fault_lines(report: ImportReport) -> list[str]:
    """Return the first rows with errors, by their line in the file, and how many more there are."""
    lines = [f"  line {line}: {reason}" for line, reason in report.faults[:FAULTS_TOLD]]
    more = report.invalid - len(lines)
    return ["the first rows with errors:", *lines, *([f"  and {more} more"] if more else [])] if lines else []


def mapping_lines(readings: Sequence[Reading]) -> list[str]:
    """Return the columns of a file as a table: the heading, what it is taken for, and how that is known."""
    rows = [("column", "taken for", "known by"), *((each.heading, each.taken_for, each.how) for each in readings)]
    first, second = (max(len(row[at]) for row in rows) for at in (0, 1))
    return [f"  {heading:{first}}  {taken:{second}}  {how}" for heading, taken, how in rows]


def _show(sheet: Sheet) -> None:
    say([f"{sheet.path.name}: {'; '.join(described(sheet))}", *mapping_lines(sheet.header.readings), ""])


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("importing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
