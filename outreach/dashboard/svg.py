"""The few SVG shapes our charts need, escaped, on a card of their own that reads on light and dark pages."""

import base64
from collections.abc import Iterable
from html import escape
from typing import Literal

from outreach.dashboard.markdown import escape as escape_markdown

WIDTH = 600
MARGIN = 24

INK = "#1c2b33"
MUTED = "#56656e"
CARD = "#fcfbf8"
LINE = "#e3dfd6"
TEAL = "#14707a"
MIST = "#a8d2d0"
SHADE = "#e9f1ef"
CLAY = "#b9562b"

_FONT = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"

Anchor = Literal["start", "middle", "end"]


def text(
    x: float, y: float, words: str, *, size: float = 12, fill: str = INK, weight: int = 400, anchor: Anchor = "start"
) -> str:
    """Return one line of text; *y* is its base line."""
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{fill}" font-weight="{weight}"'
    return f'<text {place} text-anchor="{anchor}">{_plain(words)}</text>'


def bar(x: float, y: float, width: float, height: float, fill: str) -> str:
    """Return a bar with softened corners."""
    round_by = min(3, width / 2, height / 2)
    return f'<rect x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="{height:g}" rx="{round_by:.1f}" fill="{fill}"/>'


def polygon(points: Iterable[tuple[float, float]], fill: str) -> str:
    """Return a filled shape."""
    return f'<polygon points="{" ".join(f"{x:.1f},{y:g}" for x, y in points)}" fill="{fill}"/>'


def rule(y: float) -> str:
    """Return a fine line over the card's width."""
    return f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{y:g}" y2="{y:g}" stroke="{LINE}"/>'


def shortened(words: str, most: int) -> str:
    """Return *words*, cut with an ellipsis where they are longer than *most* characters."""
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def card(title: str, description: str, height: float, shapes: Iterable[str]) -> str:
    """Return the whole picture; *title* and *description* are what a screen reader says."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="t d" font-family="{_FONT}">'
        f'<title id="t">{_plain(title)}</title><desc id="d">{_plain(description)}</desc>'
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:g}" rx="10" fill="{CARD}" stroke="{LINE}"/>'
        f"{''.join(shapes)}</svg>"
    )


def image(svg: str, alt: str) -> str:
    """Return *svg* as a markdown image that carries its own data."""
    data = base64.b64encode(svg.encode()).decode()
    return f"![{escape_markdown(alt)}](data:image/svg+xml;base64,{data})"


def _plain(words: str) -> str:
    return escape("".join(char if char.isprintable() else " " for char in words))
