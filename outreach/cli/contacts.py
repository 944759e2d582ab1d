"""`outreach contacts …`: people in from files."""

from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from outreach.services import open_services
from outreach.steps.people import ImportReport, import_contacts

app = App(name="contacts", help="People: import them from files.")


@app.command(name="import")
def import_file(
    file: Path,
    *,
    topic: str | None = None,
    basis: str | None = None,
    evidence: str | None = None,
    encoding: str | None = None,
    group: str | None = None,
) -> None:
    """Import people from a CSV file; the same file again changes nothing.

    Rows with errors are written to FILE.errors.csv, to be corrected and imported in their turn.

    Parameters
    ----------
    file
        CSV with a heading in Dutch, German or English; `;`, `,` or tab between columns.
    topic
        What all people in the file may be written to about. Needs basis and evidence.
    basis
        On what ground: consent, membership or published.
    evidence
        Where it is written down, such as "membership list of 1 November".
    encoding
        How the file is written, where it is not UTF-8: windows-1252.
    group
        A group that everybody in the file joins, such as member.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with open_services() as services, Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("importing", total=None)
        report = import_contacts(
            services,
            file,
            topic=topic,
            basis=basis,
            evidence=evidence,
            encoding=encoding,
            group=group,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    for line in lines_about(report):
        Console(highlight=False).print(line, markup=False, soft_wrap=True)


def lines_about(report: ImportReport) -> list[str]:
    """Return what an import changed, in words; what needs somebody's attention comes last."""
    changes = f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {report.invalid} invalid"
    lines = [f"{report.file}: {changes}"]
    if report.repeated:
        lines.append(f"{report.repeated} rows repeat an address of the same file; only their groups were added")
    if report.organisations:
        lines.append(f"{report.organisations} organisations are new or changed")
    if report.suppressed:
        lines.append(f"{report.suppressed} are suppressed and stay so: they are never written to")
    if report.without_consent:
        lines.append(f"{report.without_consent} cannot be written to: no consent is in force{_remedy(report)}")
    if report.errors_file:
        lines.append(f"rows with errors: {report.errors_file}; correct them there and import that file")
    return lines


def _remedy(report: ImportReport) -> str:
    if report.topic:
        return "; they withdrew it"
    return "; import again with --topic, --basis and --evidence where there is one"
