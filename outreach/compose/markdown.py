"""Markdown to HTML and to plain text, from one reading. Raw HTML is text here, never markup."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from markdown_it.utils import EnvType
from markupsafe import Markup

from outreach.compose.assets import FOLDER, Assets, Picture
from outreach.compose.blocks import PORTRAIT, Draw, find_blocks, inline_tokens, words_of
from outreach.compose.plain import Plain


class Files(Protocol):
    """Where pictures and papers are found."""

    def url(self, name: str) -> str:
        """Return the address of a file."""
        ...

    def picture(self, source: str) -> Picture:
        """Return the picture that was written down as *source*."""
        ...

    def portrait(self, source: str) -> Picture:
        """Return the picture of somebody that was written down as *source*."""
        ...


@dataclass(frozen=True)
class Prose:
    """A text, read: *headline* is its first heading of the first level, taken out of the rest."""

    headline: str
    tokens: tuple[Token, ...]

    def html(self, depth: int, blocks: Mapping[str, Draw]) -> str:
        """Return HTML whose headings begin at level 2 + *depth*; *blocks* draw what Markdown has no sign for."""
        return _html(self.tokens, {"blocks": blocks, "depth": depth})

    def text(self, link: Draw, event: Draw) -> str:
        """Return plain text; *link* turns target and words into the address to show, *event* draws an event."""
        return Plain(link, event).blocks(SyntaxTreeNode(self.tokens).children)


def read(source: str, files: Files | None = None) -> Prose:
    """Return *source*, read; *files* answer for what it names, and raise where there is none."""
    tokens = _READER.parse(source, {"files": files or Assets(None, "")})
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        return Prose(words_of(tokens[1].children or ()), tuple(tokens[3:]))
    return Prose("", tuple(tokens))


def escaped(words: str) -> str:
    """Return *words* so that Markdown shows them as they are."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!<>&|~])", r"\\\1", " ".join(words.split()))


def _find_files(state: StateCore) -> None:
    """Give every picture its whole address and its size, and links to files theirs."""
    files: Files = state.env["files"]
    for token in inline_tokens(state.tokens):
        if token.type == "image":
            find = files.portrait if token.attrGet("title") == PORTRAIT else files.picture
            picture = find(str(token.attrGet("src") or ""))
            token.attrs |= {"src": picture.url, "width": picture.width}
            if picture.height:
                token.attrSet("height", picture.height)
        elif token.type == "link_open" and str(token.attrGet("href")).startswith(FOLDER):
            token.attrSet("href", files.url(str(token.attrGet("href"))))


def _draw_block(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, env: EnvType) -> str:
    token = tokens[index]
    inner = token.meta["inner"]
    matter = Markup(_html(inner, env)) if inner else token.meta["matter"]  # noqa: S704 - our reader escapes
    draw: Draw = env["blocks"][token.meta["kind"]]
    return draw(matter, token.content)


def _html(tokens: Sequence[Token], env: EnvType) -> str:
    return str(_READER.renderer.render(_lowered(tokens, env["depth"]), _READER.options, env))


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False})
    reader.disable(["html_block", "html_inline", "code"])  # a tab before a paragraph is a slip, not a program
    reader.core.ruler.push("files", _find_files)
    reader.core.ruler.push("blocks", find_blocks)
    reader.add_render_rule("block", _draw_block)
    return reader


_READER = _reader()


def _lowered(tokens: Sequence[Token], depth: int) -> list[Token]:
    """Return *tokens* with headings moved down; no text but the headline has a heading of the first level."""
    return [
        token.copy(tag=f"h{min(6, max(2, int(token.tag[1])) + depth)}") if token.type.startswith("heading_") else token
        for token in tokens
    ]
