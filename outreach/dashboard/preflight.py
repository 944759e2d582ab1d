"""What a look over a planned wave found, for its approver: stops, warnings, mails with their pictures, links."""

from collections.abc import Iterable, Iterator, Sequence

from outreach.dashboard.markdown import Align, bullets, document, escape, table
from outreach.dashboard.words import number, variant
from outreach.model.inspection import Inspection, Picture, Score, Seen, Weighed
from outreach.model.preflight import Finding, Level

MOST_BYTES = 90_000
"""Prefect shows up to 100 KB."""

LONGEST = 300
MOST_RULES = 5
Head = Sequence[tuple[str, Align]]

_OK = "✓"
_SIGNS = {None: _OK, Level.NOTE: _OK, Level.WARNING: "!", Level.STOP: "✗"}


def preflight_markdown(seen: Inspection, title: str, public_url: str) -> str:
    """Return the report; every word of mails and links is escaped. What does not fit is counted."""
    head = [f"# Preflight: {escape(title)}", _verdict(seen.findings)]
    body = [
        _findings("It cannot be sent yet", seen.findings, Level.STOP),
        _findings("Worth a look", seen.findings, Level.WARNING),
        _mails(seen.mails),
        _pictures(seen.pictures, public_url.rstrip("/")),
        _links(seen.links),
        _findings("What was looked at", seen.findings, Level.NOTE),
    ]
    return document([*head, *_fitting(body, MOST_BYTES - len(document(head).encode()))])


def _verdict(findings: Sequence[Finding]) -> str:
    stops, warnings = (sum(finding.level is level for finding in findings) for level in (Level.STOP, Level.WARNING))
    look = f"{number(warnings)} worth a look"
    if stops:
        return f"**{number(stops)} to mend before it can be sent**, {look}. Plan it again when that is done."
    return f"**Nothing keeps it from being sent**, {look}." if warnings else "**Nothing was found.**"


def _findings(heading: str, findings: Iterable[Finding], level: Level) -> str:
    chosen = [f"{_escaped(each.where)}: {_escaped(each.what, 900)}" for each in findings if each.level is level]
    return f"## {heading}\n\n{bullets(chosen)}" if chosen else ""


def _mails(mails: Iterable[Weighed]) -> str:
    rows = [
        (
            escape(_named(mail.message)),
            _escaped(mail.subject),
            f"{mail.held / 1000:.0f} kB",
            _score(mail.score),
        )
        for mail in mails
    ]
    head: Head = (("Mail", "left"), ("Subject", "left"), ("Size at most", "right"), ("Spam score", "left"))
    return f"## The mails\n\n{table(head, rows)}" if rows else ""


def _named(message: str) -> str:
    """Return a message's name in words: `members: Nederlands + Deutsch`."""
    audience, _, languages = message.rpartition(": ")
    return f"{audience}: {variant(languages)}" if audience else variant(languages)


def _score(score: Score | None) -> str:
    if score is None:
        return "–"
    rules = ", ".join(f"{escape(name)} {points:g}" for name, points in score.rules[:MOST_RULES] if points)
    return f"{score.points:g}" + (f" ({rules})" if rules else "")


def _pictures(pictures: Sequence[Picture], address: str) -> str:
    if not pictures:
        return ""
    columns = list(dict.fromkeys((picture.width, picture.scheme) for picture in pictures))
    found = {(picture.message, picture.width, picture.scheme): picture for picture in pictures}
    names = dict.fromkeys(picture.message for picture in pictures)
    rows = [
        (escape(_named(name)), *(_thumbnail(found.get((name, *column)), address) for column in columns))
        for name in names
    ]
    head: Head = [("Mail", "left"), *((f"{width} px, {scheme}", "left") for width, scheme in columns)]
    return f"## How they look\n\n{table(head, rows)}"


def _thumbnail(picture: Picture | None, address: str) -> str:
    if picture is None:
        return "–"
    url = f"{address}/pictures/{picture.key}.png"
    return f"[![{escape(_named(picture.message))}, {picture.width} px, {picture.scheme}]({url})]({url})"


def _links(links: Sequence[Seen]) -> str:
    """Those that something is wrong with come first."""
    order = [Level.STOP, Level.WARNING, Level.NOTE, None]
    rows = [
        (_SIGNS[seen.level], _escaped(seen.url), _escaped(seen.label, 80), _escaped(seen.what))
        for seen in sorted(links, key=lambda seen: order.index(seen.level))
    ]
    head: Head = (("", "left"), ("Address", "left"), ("Words", "left"), ("What it answered", "left"))
    return f"## Links and pictures\n\n{table(head, rows)}" if rows else ""


def _escaped(words: str, longest: int = LONGEST) -> str:
    return escape(words if len(words) <= longest else f"{words[:longest]}…")


def _fitting(blocks: Iterable[str], room: int) -> Iterator[str]:
    """Yield the blocks with as many of their lines as there is room for."""
    for block in blocks:
        lines, kept = block.split("\n"), 0
        while kept < len(lines) and len(lines[kept].encode()) < room:
            room -= len(lines[kept].encode()) + 1
            kept += 1
        left = len(lines) - kept
        yield "\n".join([*lines[:kept], *(["", f"… and {number(left)} more lines."] if left else [])])
