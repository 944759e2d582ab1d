"""Markdown to HTML and to plain text, from one reading. Raw HTML is text here, never markup.

A paragraph that is nothing but a link titled `"button"` becomes a button; one titled `"progress"`, with words such as
"6 of 10", becomes a row of dots.
"""

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from markdown_it.utils import EnvType

WIDTH = 76
"""Columns of the plain text."""

BLOCKS = ("button", "progress")
Draw = Callable[[str, str], str]
"""Draws a block from its target and its words."""


@dataclass(frozen=True)
class Prose:
    """A text, read: *headline* is its first heading of the first level, taken out of the rest."""

    headline: str
    tokens: tuple[Token, ...]

    def html(self, depth: int, blocks: Mapping[str, Draw]) -> str:
        """Return HTML whose headings begin at level 2 + *depth*; *blocks* draw what Markdown has no sign for."""
        return str(_READER.renderer.render(_lowered(self.tokens, depth), _READER.options, {"blocks": blocks}))

    def text(self, link: Draw) -> str:
        """Return plain text; *link* turns target and words into the address to show."""
        return _text_blocks(SyntaxTreeNode(self.tokens).children, link)


def read(source: str) -> Prose:
    """Return *source*, read."""
    tokens = _READER.parse(source)
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        return Prose(_words(tokens[1].children or ()), tuple(tokens[3:]))
    return Prose("", tuple(tokens))


def wrapped(text: str) -> str:
    """Return *text* in lines that every mail program shows whole; addresses and slots are never broken."""
    lines = (textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in text.split("\n"))
    return "\n".join("\n".join(line) for line in lines)


def escaped(words: str) -> str:
    """Return *words* so that Markdown shows them as they are."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!<>&|~])", r"\\\1", " ".join(words.split()))


def _blocks_rule(state: StateCore) -> None:
    """Turn paragraphs of one titled link into blocks."""
    tokens: list[Token] = []
    for token in state.tokens:
        tokens.append(token)
        block = _block(tokens[-3:]) if token.type == "paragraph_close" else None
        if block:
            tokens[-3:] = [block]
    state.tokens = tokens


def _block(paragraph: Sequence[Token]) -> Token | None:
    children = [child for child in paragraph[1].children or () if child.type != "text" or child.content.strip()]
    if not children or children[0].type != "link_open" or children[-1].type != "link_close":
        return None
    kind = str(children[0].attrGet("title") or "")
    if kind not in BLOCKS or sum(child.type == "link_open" for child in children) > 1:
        return None
    url = str(children[0].attrGet("href") or "")
    return Token("block", "", 0, content=_words(children), meta={"kind": kind, "url": url}, block=True)


def _draw_block(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, env: EnvType) -> str:
    token = tokens[index]
    draw: Draw = env["blocks"][token.meta["kind"]]
    return draw(token.meta["url"], token.content)


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False})
    reader.disable(["html_block", "html_inline"])
    reader.core.ruler.push("blocks", _blocks_rule)
    reader.add_render_rule("block", _draw_block)
    return reader


_READER = _reader()


def _lowered(tokens: Sequence[Token], depth: int) -> list[Token]:
    """Return *tokens* with headings moved down; no text but the headline has a heading of the first level."""
    return [
        token.copy(tag=f"h{min(6, max(2, int(token.tag[1])) + depth)}") if token.type.startswith("heading_") else token
        for token in tokens
    ]


def _words(tokens: Sequence[Token]) -> str:
    shown = {"softbreak": " ", "hardbreak": " "}
    return "".join(shown.get(token.type, token.content) for token in tokens).strip()


def _text_blocks(nodes: Sequence[SyntaxTreeNode], link: Draw) -> str:
    return "\n\n".join(filter(None, (_text_block(node, link) for node in nodes)))


def _text_block(node: SyntaxTreeNode, link: Draw) -> str:
    if node.type in _CONTAINERS:
        return _CONTAINERS[node.type](node, link)
    match node.type:
        case "paragraph":
            return wrapped(_text_inline(node.children, link))
        case "heading":
            words = _text_inline(node.children, link)
            return f"{words}\n{'-' * min(len(words), WIDTH)}"
        case "block":
            return f"{node.content}:\n{link(node.meta['url'], node.content)}"
        case "hr":
            return "* * *"
        case _:
            return node.content.strip("\n")


def _text_bullets(node: SyntaxTreeNode, link: Draw) -> str:
    return "\n".join(_hanging("- ", _text_item(item, link)) for item in node.children)


def _text_numbers(node: SyntaxTreeNode, link: Draw) -> str:
    items = enumerate(node.children, start=int(node.attrs.get("start", 1)))
    return "\n".join(_hanging(f"{number}. ", _text_item(item, link)) for number, item in items)


def _text_quote(node: SyntaxTreeNode, link: Draw) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _text_blocks(node.children, link).split("\n"))


_CONTAINERS: Mapping[str, Callable[[SyntaxTreeNode, Draw], str]] = {
    "bullet_list": _text_bullets,
    "ordered_list": _text_numbers,
    "blockquote": _text_quote,
}


def _text_item(item: SyntaxTreeNode, link: Draw) -> str:
    tight = any(node.hidden for node in item.children if node.type == "paragraph")
    parts = (_text_block(node, link) for node in item.children)
    return ("\n" if tight else "\n\n").join(filter(None, parts))


def _hanging(mark: str, text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([mark + first, *(" " * len(mark) + line if line else "" for line in rest)])


def _text_inline(nodes: Sequence[SyntaxTreeNode], link: Draw) -> str:
    return "".join(_text_span(node, link) for node in nodes)


def _text_span(node: SyntaxTreeNode, link: Draw) -> str:
    match node.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return node.content
        case "link":
            words, url = _text_inline(node.children, link), str(node.attrs.get("href", ""))
            return link(url, words) if words == url else f"{words} <{link(url, words)}>"
        case "inline" | "em" | "strong":
            return _text_inline(node.children, link)
        case _:
            return node.content
