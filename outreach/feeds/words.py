"""Words from outside made plain: no markup, nothing that a database or a mail could not carry, bounded."""

import html
import re
from urllib.parse import urlsplit

import nh3

TITLE_LENGTH = 300
BODY_LENGTH = 5_000
LINK_LENGTH = 2_000
_MARKUP_LENGTH = 200_000

_TAG = re.compile(r"<[a-zA-Z/!]")
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr|/blockquote)\b[^<>]{0,200}>", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def title(text: str) -> str:
    """Return *text* as one plain line."""
    return shortened(" ".join(plain(text).split()), TITLE_LENGTH)


def body(text: str) -> str:
    """Return *text* as plain paragraphs, one line each."""
    lines = (" ".join(line.split()) for line in plain(text).splitlines())
    return shortened("\n".join(line for line in lines if line), BODY_LENGTH)


def plain(text: str) -> str:
    """Return *text* without markup; scripts and styles go with their content, ends of blocks become line breaks."""
    text = printable(text[:_MARKUP_LENGTH])
    if _TAG.search(text):
        text = _BREAK.sub("\n", " ".join(text.split()))
    return printable(html.unescape(nh3.clean(text, tags=set())))


def printable(text: str) -> str:
    """Return *text* without what PostgreSQL cannot store and what could reverse the order of a reader's line."""
    return _UNPRINTABLE.sub("", text)


def shortened(text: str, length: int) -> str:
    """Return at most *length* characters, cut between words where there are any."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    between_words = cut.rsplit(None, 1)[0] if cut.split(None, 1)[1:] else cut
    return between_words.rstrip(" ,;:-") + "…"


def link(address: str) -> str:
    """Return *address* where a reader may be sent there, else nothing: other schemes than http(s) can run code."""
    address = printable(address).strip()
    try:
        parts = urlsplit(address)
        usable = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    has_space = any(character.isspace() for character in address)
    return address if usable and not has_space and len(address) <= LINK_LENGTH else ""
