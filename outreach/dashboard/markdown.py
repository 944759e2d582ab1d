"""Pieces of markdown in which nothing from outside can become markup."""

import re
import string
from collections.abc import Iterable, Sequence
from typing import Literal
from urllib.parse import quote

Align = Literal["left", "right"]

_SAFE = "',/:;?%@"
_ENTITIES = {ord(char): f"&#{ord(char)};" for char in string.punctuation if char not in _SAFE}
_AUTOLINK = re.compile(r"(?<=:)(?=//)|(?<=@)|(?<=www)(?=\.)", re.IGNORECASE)
_JOINER = "\u2060"  # invisible, breaks no line
_RULES: dict[Align, str] = {"left": ":---", "right": "---:"}


def escape(text: str) -> str:
    """Return *text* from outside as plain words in one line: no markup, no HTML, no link.

    Punctuation becomes entities, which no renderer takes for markup. Renderers that find bare addresses do so after
    entities are resolved: an invisible joiner keeps them from it.
    """
    one_line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return _AUTOLINK.sub(_JOINER, one_line).translate(_ENTITIES)


def link(text: str, url: str) -> str:
    """Return a link; *text* is escaped, *url* is ours and cannot end early."""
    return f"[{escape(text)}]({quote(url, safe=':/?#@!$&*+,;=%-._~')})"


def table(head: Sequence[tuple[str, Align]], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are markdown already, made by `escape`, `link` or our own words."""
    lines = [[name for name, _ in head], [_RULES[align] for _, align in head], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bullets(items: Iterable[str]) -> str:
    """Return a list of points."""
    return "\n".join(f"- {item}" for item in items)


def progress_bar(done: int, goal: int, width: int = 20) -> str:
    """Return a bar of blocks; it is full only when the goal is reached."""
    filled = min(width, done * width // goal) if goal > 0 else 0
    return "█" * filled + "░" * (width - filled)


def document(blocks: Iterable[str]) -> str:
    """Join blocks with the empty line that markdown wants; empty blocks fall out."""
    return "\n\n".join(block for block in blocks if block) + "\n"
