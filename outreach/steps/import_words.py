"""What an import came to, in words for people."""

from collections.abc import Iterator
from difflib import get_close_matches

from outreach.steps.importing import ImportReport

BY_OPTION = '--topic TOPIC --basis consent|membership|published --evidence "where it is written down" --date YYYY-MM-DD'
MOST_LISTED = 20
BY_FORM = "topic, basis, evidence and date under Consent"


def lines_about(report: ImportReport, *, dry_run: bool = False, remedy: str = BY_OPTION) -> list[str]:
    """Return what an import changed, or would change; what needs somebody's attention comes last.

    *remedy* says how consent is given where the reader is.
    """
    changes = f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {report.invalid} invalid"
    lines = [f"{report.file}: {'nothing was stored; it would be ' if dry_run else ''}{changes}"]
    if report.repeated:
        lines.append(f"{report.repeated} rows repeat an address of the same file; they count as one with it")
    if report.organisations:
        lines.append(f"{report.organisations} organisations {'would be' if dry_run else 'are'} new or changed")
    if report.erased:
        lines.append(f"{report.erased} asked to be forgotten and are not stored")
    if report.suppressed:
        lines.append(f"{report.suppressed} are suppressed and stay so: they are never written to")
    if report.without_consent:
        lines.append(_without_consent(report, remedy))
    lines += _new_groups(report)
    contradict = "contradict another row of the same address or organisation, such as:"
    lines += _examples(report.contradicting, contradict, report.contradictions)
    lines += _examples(report.reread, "name places otherwise than the official register; that counts:", report.readings)
    if report.own_municipality:
        lines.append(
            f"{report.own_municipality} rows name a municipality and no organisation; audiences find these people by "
            'attribute = "municipality=NAME", since the other words for places ask for organisations'
        )
    if report.errors_file:
        lines.append(f"rows with errors: {report.errors_file}; correct them there and import that file")
        lines.append("that file holds people's data and is yours to delete once you are done with it")
    return lines


def _new_groups(report: ImportReport) -> Iterator[str]:
    """A new group may be a slip; the first one of a house is not worth a word."""
    for name in report.new_groups if report.groups else ():
        near = " or ".join(map(repr, get_close_matches(name, report.groups)))
        meant = f"did you mean {near}? " if near else ""
        more = ", …" if len(report.groups) > MOST_LISTED else ""
        known = f"Groups so far: {', '.join(report.groups[:MOST_LISTED])}{more}"
        yield f"the group {name!r} is new, nobody was in it before; {meant}{known}"


def _examples(rows: int, what: str, first: tuple[str, ...]) -> list[str]:
    return [f"{rows} rows {what}", *(f"  {each}" for each in first)] if rows else []


def _without_consent(report: ImportReport, remedy: str) -> str:
    if report.topic:
        return f"{report.without_consent} cannot be written to: no consent is in force; they withdrew it"
    return (
        f"{report.without_consent} cannot be written to: no consent is in force; where there is one, "
        f"import the file again and give {remedy}"
    )
