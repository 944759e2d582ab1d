"""Text as nobody's friend writes it, and what there must not be more of after it was shown."""

import re
from collections import Counter
from typing import Any

from hypothesis import strategies as st
from lxml import etree
from lxml import html as parser  # type: ignore[import-untyped]
from markdown_it import MarkdownIt

PIECES = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='x", "</style>", "</title>", "]]>",
    "{{ 7*7 }}", "{% raw %}", "{# x #}", "@@rid@@", "@@@@unsubscribe@@", "&#64;&#64;rid&#64;&#64;", "[[x]]",
    "%recipient.email%", "*|FNAME|*", "-->", "<!--[if mso]>", "<![endif]-->", "&lt;b&gt;", "&",
    "[klik](https://evil.example/)", "![x](https://evil.example/x.png)", "<https://evil.example/>", "`x`", "**x**",
    "~~x~~", "| a | b |", "\n\n# x\n", "\n> x", "\n- x", "\n---\n", "\n    x", "\n<details>", "\\", "  \n",
    "https://evil.example/", "www.evil.example", "mallory@evil.example", "javascript:alert(1)",
    "\r\nBcc: a@example.org\r\n\r\n", "\nSubject: x", "\u2028", "\u0085", "\0", "\x1b[2J", "\x0b", "\x7f",
    "\u202eevil", "\u2066x", "\u200f", "שלום", "مرحبا", "👩🏽‍🚀", "🇳🇱", "e\u0301", "\ufeff", "\ufffe", "x" * 10_000,
    "ü" * 3_000, "=1+1", "+1", "-1", "@SUM(1)", "\t=1", '"', "'", ";", ",",
]  # fmt: skip
"""Markup, templates, slots of ours and of providers, headers, controls, directions, scripts, formulas, long words."""

TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=20), min_size=1, max_size=5).map(
    lambda pieces: f"a{''.join(pieces)}z"
)
"""Never empty, so that whatever leaves out what is empty leaves out nothing."""

_RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_BARE = re.compile(r"https?://[-.\w]|www\.[-.\w]|[-.\w+]@[-\w]+\.[-\w]", re.IGNORECASE)
"""What remark-gfm, which Prefect's UI uses, makes a link of after entities are resolved."""


def elements(page: str) -> list[tuple[object, list[str]]]:
    """Every element and comment of *page* with the names of its attributes."""
    nodes: Any = parser.document_fromstring(page).iter()
    return [("comment" if node.tag is etree.Comment else node.tag, sorted(node.attrib)) for node in nodes]


def born(markdown: str) -> Counter[str]:
    """Everything in *markdown* that is more than words and their lines."""
    tokens = _RENDERER.parse(markdown)
    inline = [child for token in tokens for child in token.children or ()]
    kinds = Counter(token.type for token in (*tokens, *inline) if token.type not in _WORDS)
    bare = [found for child in inline if child.type == "text" for found in _BARE.findall(child.content)]
    return kinds + Counter({"bare link": len(bare)})


_WORDS = ("text", "text_special", "inline", "softbreak", "hardbreak")
