"""The links of one message: registered in the order they are met, and led through our own redirect."""

import html
import re
from typing import Any

from outreach.errors import DefinitionError
from outreach.model.mail import SLOT, Link

_IN_COMMENT = re.compile(r'href="(https?://[^"]*)"', re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)


class Addresses:
    """The receiver's addresses as they stand in a message, slots open."""

    def __init__(self, public_url: str) -> None:
        self.public_url = public_url.rstrip("/")
        self.online = f"{self.public_url}/m/@@rid@@"
        self.unsubscribe = f"{self.public_url}/u/@@unsubscribe@@"
        self.preferences = f"{self.public_url}/preferences/@@preferences@@"
        self.why = f"{self.preferences}/why"
        self.confirm = f"{self.public_url}/confirm/@@confirm@@"
        self.rights = f"{self.public_url}/rights/@@rights@@"
        self.pixel = f"{self.public_url}/@@pixel@@.gif"
        self.honeypot = f"{self.public_url}/c/@@rid@@/h"
        self.logo = f"{self.public_url}/static/logo"

    def link(self, number: int) -> str:
        """Return the tracked address of link *number*."""
        return f"{self.public_url}/c/@@rid@@/{number}"

    def call(self, slug: str, language: str) -> str:
        """Return the form of a call; who redirects there adds the recipient."""
        return f"{self.public_url}/calls/{slug}?lang={language}"

    def campaign(self, slug: str, language: str) -> str:
        """Return the campaign's public page."""
        return f"{self.public_url}/campaigns/{slug}?lang={language}"

    def assets(self, slug: str) -> str:
        """Return what the files of a campaign have their names added to."""
        return f"{self.public_url}/campaigns/{slug}/assets"

    def calendar(self, slug: str, event: str, language: str) -> str:
        """Return the calendar file of a campaign's event."""
        return f"{self.public_url}/campaigns/{slug}/events/{event}.ics?lang={language}"

    def own(self, url: str) -> bool:
        """Tell whether *url* is one of those that must work as they are: online view, unsubscribing, preferences."""
        return url.partition("#")[0] in (self.online, self.unsubscribe, self.preferences, self.why, self.honeypot)


class LinkBook:
    """Numbers every (target, label) of a message, from 0; the same pair shares its number in HTML and text."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._numbers: dict[Link, int] = {}

    @property
    def links(self) -> tuple[Link, ...]:
        """The registered links; a link's position is its number."""
        return tuple(self._numbers)

    def address(self, url: str, label: str) -> str:
        """Return what stands in the mail instead of *url*: its tracked address, or itself where it is not tracked."""
        if not _WEB.match(url) or self._addresses.own(url):
            return url
        if SLOT.search(url):
            raise DefinitionError(f"link {url}: a link cannot hold a slot, for only registered targets are led to")
        return self._addresses.link(self._number(Link(url, " ".join(label.split()))))

    def rewrite(self, page: Any) -> None:
        """Lead all links of a parsed HTML page through the redirect, those for Outlook in comments as well."""
        for anchor in page.iter("a", "area"):
            if anchor.get("href"):
                anchor.set("href", self.address(anchor.get("href").strip(), _label(anchor)))
        for comment in page.xpath("//comment()"):
            comment.text = _IN_COMMENT.sub(self._replaced, comment.text or "")

    def _number(self, link: Link) -> int:
        return self._numbers.setdefault(link, len(self._numbers))

    def _replaced(self, match: re.Match[str]) -> str:
        url = html.unescape(match[1])
        label = next((link.label for link in self._numbers if link.url == url), "")
        return f'href="{html.escape(self.address(url, label))}"'


def _label(anchor: Any) -> str:
    """Return what the reader clicks on: the words, else the picture's alternative text."""
    words = " ".join("".join(anchor.itertext()).split())
    pictures = (image.get("alt", "") for image in anchor.iter("img"))
    return words or anchor.get("aria-label", "") or " ".join(pictures).strip()
