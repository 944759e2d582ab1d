"""What authors write in Markdown that Markdown has no sign for, found in what was read.

A paragraph that is nothing but a link titled `"button"`, `"progress"` or `"event"`, or a picture titled `"portrait"`,
is a block; so are a rule (`---`) and a quotation, whose last line may begin with a dash and name who said it.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

PORTRAIT = "portrait"
KINDS = ("button", "progress", "event", PORTRAIT, "quote", "divider")
Draw = Callable[[str, str], str]
"""Draws a block from its matter (an address, an event's name, what stands inside a quotation) and its words."""

EVENT = "event:"
"""Stands before an event's name where a link has its address."""

_SPEAKER = re.compile(r"[—–]\s+(?=\S)")
_LINES = ("softbreak", "hardbreak")


def find_blocks(state: StateCore) -> None:
    """Put a token of type `block` in the place of each; *meta* has its `kind`, `matter` and a quotation's `inner`."""
    state.tokens = _found(state.tokens)


def words_of(tokens: Sequence[Token]) -> str:
    """Return the words of inline *tokens*, without their marks."""
    return "".join(" " if token.type in _LINES else token.content for token in tokens).strip()


def _found(given: Sequence[Token]) -> list[Token]:
    tokens: list[Token] = []
    for token in given:
        tokens.append(token)
        match token.type:
            case "paragraph_close":
                tokens[-3:] = _paragraph(tokens[-3:])
            case "hr":
                tokens[-1] = _block("divider")
            case "blockquote_close":
                start = max(at for at, one in enumerate(tokens) if _opens(one, token))
                tokens[start:] = [_quotation(tokens[start:])]
    return tokens


def _opens(one: Token, closing: Token) -> bool:
    return one.type == "blockquote_open" and one.level == closing.level


def _block(kind: str, matter: str = "", words: str = "", inner: Sequence[Token] = ()) -> Token:
    return Token("block", "", 0, content=words, meta={"kind": kind, "matter": matter, "inner": inner}, block=True)


def _paragraph(paragraph: list[Token]) -> list[Token]:
    children = [child for child in paragraph[1].children or () if child.type != "text" or child.content.strip()]
    found = next(filter(None, (_portrait(children), _titled_link(children))), None)
    return [found] if found else paragraph


def _portrait(children: Sequence[Token]) -> Token | None:
    if [child.type for child in children] != ["image"] or children[0].attrGet("title") != PORTRAIT:
        return None
    return _block(PORTRAIT, str(children[0].attrGet("src") or ""), words_of(children))


def _titled_link(children: Sequence[Token]) -> Token | None:
    if not children or children[0].type != "link_open" or children[-1].type != "link_close":
        return None
    if sum(child.type == "link_open" for child in children) > 1:
        return None
    kind, address = (str(children[0].attrGet(name) or "") for name in ("title", "href"))
    if kind == "event" and address.startswith(EVENT):
        return _block("event", address.removeprefix(EVENT), words_of(children))
    return _block(kind, address, words_of(children)) if kind in ("button", "progress") else None


def _quotation(tokens: Sequence[Token]) -> Token:
    """Return a quotation; its last line names the speaker if it begins with a dash and something stands before it."""
    inner = list(tokens[1:-1])
    if not inner or inner[-1].type != "paragraph_close":
        return _block("quote", inner=inner)
    said, (opening, last, closing) = inner[:-3], inner[-3:]
    children = list(last.children or ())
    cut = max((at for at, child in enumerate(children) if child.type in _LINES), default=None)
    name = words_of(children if cut is None else children[cut + 1 :])
    rest = [] if cut is None else [opening, last.copy(children=children[:cut]), closing]
    if not _SPEAKER.match(name) or not (said or rest):
        return _block("quote", inner=inner)
    return _block("quote", words=_SPEAKER.sub("", name, count=1), inner=[*said, *rest])


def inline_tokens(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens within lines, wherever they stand."""
    for token in tokens:
        yield from token.children or ()
