"""What became of a test send, as markdown."""

from collections.abc import Iterable

from outreach.dashboard import markdown
from outreach.dashboard.imports import masked_text
from outreach.dashboard.markdown import Align, escape
from outreach.dashboard.words import variant

_HEAD: tuple[tuple[str, Align], ...] = (("To", "left"), ("Language", "left"), ("What became of it", "left"))


def trial_markdown(wave: str, rows: Iterable[tuple[str, str, str]]) -> str:
    """Return a line for each mail: masked address, variant, and why it was refused, empty where it was accepted."""
    told = ((escape(email), escape(variant(name)), escape(masked_text(why)) or "accepted") for email, name, why in rows)
    return markdown.document(
        [f"# Test of {escape(wave)}", "No reader got it, and nothing is counted.", markdown.table(_HEAD, told)]
    )
