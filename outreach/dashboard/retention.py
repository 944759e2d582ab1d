"""Retention as markdown: the rules in words, and the proof of the last runs."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from outreach.dashboard import markdown
from outreach.dashboard.markdown import Align, escape
from outreach.dashboard.words import moment, number
from outreach.model.rights import Removed, Retention, Rule

_RULES: tuple[tuple[str, Align], ...] = (
    ("Rule", "left"),
    ("What goes", "left"),
    ("After days", "right"),
    ("Why", "left"),
    ("Last run", "left"),
)
_PROOFS: tuple[tuple[str, Align], ...] = (
    ("When", "left"),
    ("Rule", "left"),
    ("Older than", "left"),
    ("Removed", "right"),
    ("Oldest", "left"),
    ("Newest", "left"),
    ("SHA-256 of what it was", "left"),
)


def retention_markdown(retention: Retention, now: datetime) -> str:
    """Return rules and proofs; runs that removed nothing are told with their rule alone."""
    return markdown.document(
        [
            "# What is removed, and when",
            f"As of {moment(now)}. Figures stay: they are counted when things happen.",
            markdown.table(_RULES, (_rule(rule, retention.proofs) for rule in retention.rules)),
            "## Proofs",
            _proofs([proof for proof in retention.proofs if proof.removed]),
            "## What stays, whatever its age",
            markdown.bullets(f"**{escape(table)}**: {escape(why)}" for table, why in retention.kept.items()),
        ]
    )


def counts_markdown(title: str, lines: Iterable[str], counts: Mapping[str, int]) -> str:
    """Return what was done to somebody's rows as counts: who it was does not stand in it."""
    rows = ((escape(name.replace("_", " ")), number(count)) for name, count in counts.items())
    table = markdown.table((("What", "left"), ("Rows", "right")), rows)
    return markdown.document([f"# {escape(title)}", *map(escape, lines), table])


def _rule(rule: Rule, proofs: Iterable[Removed]) -> tuple[str, ...]:
    last = next((proof.at for proof in proofs if proof.rule == rule.name), None)
    return escape(rule.name), escape(rule.what), number(rule.days), escape(rule.why), moment(last)


def _proofs(proofs: list[Removed]) -> str:
    return markdown.table(_PROOFS, map(_proof, proofs)) if proofs else "Nothing was old enough yet."


def _proof(proof: Removed) -> tuple[str, ...]:
    return (
        moment(proof.at),
        escape(proof.rule),
        moment(proof.cutoff),
        number(proof.removed),
        moment(proof.oldest),
        moment(proof.newest),
        f"`{proof.digest}`",
    )
