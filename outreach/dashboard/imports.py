"""An import as people in Prefect see it: how the file was understood, what changes, which rows are wrong.

Prefect's pages are shared, so addresses of people are masked: the line's number leads to the row in the file of errors.
"""

import re
from collections.abc import Iterable, Sequence

from outreach.dashboard.markdown import bullets, document, escape, table
from outreach.dashboard.words import number
from outreach.model.people import masked

MOST_FAULTS = 50
MOST_COLUMNS = 100
_MOST_WORDS = 240

_EMAIL = re.compile(r"[^\s@'\"<>,;:]+@[^\s'\"<>,;:]*")
_CELL = re.compile(r"(?P<before>address |external id )(?P<mark>['\"])(?P<first>.)(?:(?!(?P=mark)).)*(?P=mark)")

Column = tuple[str, str, str]
"""Heading, what it is taken for, and how that is known."""

Fault = tuple[int, str]
"""Line of the file, and what is wrong with it."""


def masked_text(text: str) -> str:
    """Return *text* with `jan.smit@example.org` as `j…@example.org`, and cells that were to be an address as `j…`."""

    def cell(found: re.Match[str]) -> str:
        inner = found[0][len(found["before"]) + 1 : -1]
        return found[0] if "@" in inner else f"{found['before']}{found['mark']}{found['first']}…{found['mark']}"

    return _EMAIL.sub(lambda found: masked(found[0]), _CELL.sub(cell, text))


def question_markdown(
    name: str, described: Sequence[str], columns: Sequence[Column], words: Sequence[str], faults: Sequence[Fault]
) -> str:
    """Return what is put before the person who decides whether a file comes in; *words* tell what would change."""
    return document(
        [
            f"## Import {escape(name)}?",
            bullets(_safe(line) for line in described),
            "### What would change",
            bullets(_safe(line) for line in words),
            "### What the columns are taken for",
            _columns(columns),
            _faults(faults),
            "Nothing is stored until somebody chooses **import**. Should the file change before that, "
            "the question is asked again.",
        ]
    )


def report_markdown(
    name: str, described: Sequence[str], columns: Sequence[Column], words: Sequence[str], faults: Sequence[Fault]
) -> str:
    """Return the report of an import that was done; *words* tell what changed."""
    return document(
        [
            f"## Import of {escape(name)}",
            bullets(_safe(line) for line in words),
            _faults(faults),
            "### How the file was read",
            bullets(_safe(line) for line in described),
            _columns(columns),
        ]
    )


def _columns(columns: Sequence[Column]) -> str:
    rows = [[_safe(heading), _safe(taken), _safe(how)] for heading, taken, how in columns[:MOST_COLUMNS]]
    more = f"\n\n… and {number(len(columns) - MOST_COLUMNS)} columns more" if len(columns) > MOST_COLUMNS else ""
    return table((("Column", "left"), ("Taken for", "left"), ("Known by", "left")), rows) + more


def _faults(faults: Iterable[Fault]) -> str:
    rows = [[str(line), _safe(why)] for line, why in sorted(faults)[:MOST_FAULTS]]
    if not rows:
        return ""
    return document(["### The first rows with errors", table((("Line", "right"), ("What is wrong", "left")), rows)])


def _safe(text: str) -> str:
    words = masked_text(text)
    return escape(words if len(words) <= _MOST_WORDS else f"{words[:_MOST_WORDS]}…")
