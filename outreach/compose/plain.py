"""Read Markdown as plain text."""

import textwrap
from collections.abc import Callable, Mapping, Sequence

from markdown_it.tree import SyntaxTreeNode

from outreach.compose.blocks import Draw

WIDTH = 76
"""Columns of the plain text."""

DIVIDER = "* * *"


def wrapped(text: str) -> str:
    """Return *text* in lines that every mail program shows whole; addresses and slots are never broken."""
    lines = (textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in text.split("\n"))
    return "\n".join("\n".join(line) for line in lines)


class Plain:
    """Writes nodes as text; *link* turns target and words into the address to show, *event* draws an event."""

    def __init__(self, link: Draw, event: Draw) -> None:
        self._link = link
        self._event = event

    def blocks(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        """Return blocks with an empty line between them."""
        return "\n\n".join(filter(None, (self._block(node) for node in nodes)))

    def _block(self, node: SyntaxTreeNode) -> str:
        write = _WRITERS.get(node.meta["kind"] if node.type == "block" else node.type)
        return write(self, node) if write else node.content.strip("\n")

    def _paragraph(self, node: SyntaxTreeNode) -> str:
        return wrapped(self._inline(node.children))

    def _heading(self, node: SyntaxTreeNode) -> str:
        words = self._inline(node.children)
        return f"{words}\n{'-' * min(len(words), WIDTH)}"

    def _bullets(self, node: SyntaxTreeNode) -> str:
        return "\n".join(_hanging("- ", self._item(item)) for item in node.children)

    def _numbers(self, node: SyntaxTreeNode) -> str:
        items = enumerate(node.children, start=int(node.attrs.get("start", 1)))
        return "\n".join(_hanging(f"{number}. ", self._item(item)) for number, item in items)

    def _quote(self, node: SyntaxTreeNode) -> str:
        said = self.blocks(SyntaxTreeNode(node.meta["inner"]).children)
        speaker = wrapped(f"— {node.content}") if node.content else ""
        return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(filter(None, (said, speaker))).split("\n"))

    def _calling(self, node: SyntaxTreeNode) -> str:
        return f"{node.content}:\n{self._link(node.meta['matter'], node.content)}"

    def _appointment(self, node: SyntaxTreeNode) -> str:
        return self._event(node.meta["matter"], node.content).strip()

    def _divider(self, _node: SyntaxTreeNode) -> str:
        return DIVIDER

    def _shown(self, node: SyntaxTreeNode) -> str:
        return node.content

    def _item(self, item: SyntaxTreeNode) -> str:
        tight = any(node.hidden for node in item.children if node.type == "paragraph")
        return ("\n" if tight else "\n\n").join(filter(None, (self._block(node) for node in item.children)))

    def _inline(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        return "".join(self._span(node) for node in nodes)

    def _span(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "softbreak":
                return " "
            case "hardbreak":
                return "\n"
            case "link":
                words, url = self._inline(node.children), str(node.attrs.get("href", ""))
                return self._link(url, words) if words == url else f"{words} <{self._link(url, words)}>"
            case "inline" | "em" | "strong":
                return self._inline(node.children)
            case _:
                return node.content


_WRITERS: Mapping[str, Callable[[Plain, SyntaxTreeNode], str]] = {
    "paragraph": Plain._paragraph,
    "heading": Plain._heading,
    "bullet_list": Plain._bullets,
    "ordered_list": Plain._numbers,
    "quote": Plain._quote,
    "button": Plain._calling,
    "progress": Plain._calling,
    "event": Plain._appointment,
    "divider": Plain._divider,
    "portrait": Plain._shown,
}


def _hanging(mark: str, text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([mark + first, *(" " * len(mark) + line if line else "" for line in rest)])
