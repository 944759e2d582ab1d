"""What is put before whoever decides about mails that failed or that nobody can tell about."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from outreach.dashboard.imports import masked_text
from outreach.dashboard.markdown import Align, document, escape, table
from outreach.dashboard.words import moment, number

MOST_ROWS = 40
"""Rows of a table; the whole question stays far below Prefect's 100 KB."""

Call = tuple[int, int, str, datetime | None, str]
"""A call's number, its people, the email API, when, and why nobody can tell."""


NOTHING = "nobody was refused, nobody is unknown"
"""What is said of a wave that leaves nothing to decide."""


def leftovers_markdown(
    title: str, calls: Sequence[Call], refusals: Sequence[tuple[str, int]], *, waits: str = ""
) -> str:
    """Return the question, or that there is none; *refusals* are reasons with how many people.

    *waits* says who was not written to yet, and what for: they are not left behind, and nothing is decided about them.
    """
    return document(
        [
            f"## What is left of “{escape(title)}”",
            *([*_unknown(calls), *_refused(refusals)] if calls or refusals else [_nothing()]),
            f"### Not written to yet\n\n{escape(waits)}" if waits else "",
        ]
    )


def _nothing() -> str:
    return f"**{NOTHING[:1].upper()}{NOTHING[1:]}.** Every mail that went has an answer; there is nothing to decide."


def _unknown(calls: Sequence[Call]) -> list[str]:
    if not calls:
        return ["### Unknown: none"]
    people = sum(size for _, size, *_ in calls)
    rows = [
        (str(call), number(size), escape(provider), moment(at), escape(masked_text(why)))
        for call, size, provider, at, why in calls[:MOST_ROWS]
    ]
    head: tuple[tuple[str, Align], ...] = (
        ("Call", "right"),
        ("People", "right"),
        ("Email API", "left"),
        ("Made", "left"),
        ("What is known", "left"),
    )
    return [
        f"### Unknown: {number(people)} people",
        "These calls had no usable answer: their mails may have gone out, or not. Look into the email API's own log if "
        "you can. **sent** counts them as sent. **send again** writes to all of them; who got the first mail gets a "
        "second one. **leave** keeps asking: a report by the API settles them at any time.",
        table(head, rows),
        *_more(len(calls)),
    ]


def _refused(refusals: Sequence[tuple[str, int]]) -> list[str]:
    if not refusals:
        return ["### Refused: none"]
    people = sum(size for _, size in refusals)
    reasons: Counter[str] = Counter()
    for why, size in refusals:
        reasons[masked_text(why)] += size
    rows = [(number(size), escape(why) or "no reason given") for why, size in reasons.most_common(MOST_ROWS)]
    return [
        f"### Refused: {number(people)} people",
        "They got nothing. Once the reason is mended, **send again** writes to them, and to nobody else.",
        table((("People", "right"), ("Reason", "left")), rows),
        *_more(len(reasons)),
    ]


def _more(found: int) -> list[str]:
    return [f"… and {number(found - MOST_ROWS)} more."] if found > MOST_ROWS else []
