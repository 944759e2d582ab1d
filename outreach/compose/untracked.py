"""A message without its traces: links lead where they say, nothing is counted, and nobody's rights hang on it.

For previews and test sends. Whatever has a slot in its address (online view, unsubscribing, pixel …) belongs to a
delivery in the ledger, and there is none.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from outreach.compose.inline import parsed, written
from outreach.compose.links import Addresses
from outreach.model.mail import Link, Message

TEST = "[TEST]"

OF_THE_LEDGER = ("List-", "Feedback-ID")
"""How headers begin that speak of a list and its readers."""


def with_true_links(message: Message, public_url: str) -> Message:
    """Return the message with every counted link leading to its target, and without pixel and honeypot."""
    addresses = Addresses(public_url)
    page = parsed(_true(message.html, message.links, addresses, escape=True))
    for element in [*page.iter("img", "a")]:
        if "@@" in element.get("src", "") or element.get("href") == addresses.honeypot:
            _take_out(element)
    return replace(message, html=written(page), text=_true(message.text, message.links, addresses), links=())


def as_test(message: Message, public_url: str) -> Message:
    """Return what may be sent to colleagues: marked as a test, on no list, a word in place of links to the ledger."""
    message = with_true_links(message, public_url)
    page = parsed(message.html)
    for anchor in [*page.iter("a")]:
        if "@@" in anchor.get("href", ""):
            _disarm(anchor)
    own = re.compile(rf"{re.escape(Addresses(public_url).public_url)}/[^\s<>]*@@[^\s<>]*")
    return replace(
        message,
        subject=f"{TEST} {message.subject}",
        html=written(page),
        text=own.sub(TEST, message.text),
        headers={name: held for name, held in message.headers.items() if not name.startswith(OF_THE_LEDGER)},
    )


def _true(text: str, links: Iterable[Link], addresses: Addresses, *, escape: bool = False) -> str:
    targets = [html.escape(link.url) if escape else link.url for link in links]
    counted = re.compile(re.escape(addresses.link(0)).removesuffix("0") + r"(\d+)")
    return counted.sub(lambda found: targets[int(found[1])], text)


def _disarm(anchor: Any) -> None:
    anchor.tag = "span"
    del anchor.attrib["href"]
    if len(anchor):
        anchor[-1].tail = f"{anchor[-1].tail or ''} {TEST}"
    else:
        anchor.text = f"{anchor.text or ''} {TEST}"


def _take_out(element: Any) -> None:
    """Remove an element and keep what follows it, which lxml counts as its own."""
    parent, before = element.getparent(), element.getprevious()
    tail = element.tail or ""
    if before is None:
        parent.text = (parent.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    element.tail = None
    parent.remove(element)
