"""Every mail that the house ships, finished as its reader gets it: what all judges look at.

All waves and newsletters of all campaigns in all variants, and the house's own letters; a campaign added later is
judged without a line of code. Compiled once a process, with an invented digest, for an invented reader.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache, cached_property
from itertools import product
from typing import Any, cast

from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.compose import inline
from outreach.compose.compile import compile_message
from outreach.compose.letter import compile_letter
from outreach.compose.variants import languages_of, variants
from outreach.delivery import slots
from outreach.demo.outbox import eml
from outreach.demo.outbox.mails import Kept
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.delivery import Frozen
from outreach.model.letter import HOUSE, Letter
from outreach.model.mail import Mail, Message
from outreach.model.tokens import Tokens
from tests.builders_compose import BRAND, ENVIRONMENT, NOW, PUBLIC, TEMPLATES
from tests.judges.content import DIGESTS

READER = Frozen(4711, 12, "noor.voorbeeld@example.org", "Noor", "Gemeente Voorbeeldstad", tracked=True)
TOKENS = Tokens("a-key-for-tests-that-is-long-enough")


@dataclass(frozen=True)
class Shipped:
    """One mail: *message* with its slots open, *mail* filled, *page* what its HTML was before styles were inlined."""

    campaign: str
    wave: str
    layout: str
    message: Message
    mail: Mail
    page: str

    @property
    def name(self) -> str:
        """What failures call it, and its file among the golden mails."""
        return f"{self.campaign}/{self.wave}.{self.message.variant}"

    @property
    def languages(self) -> frozenset[str]:
        """The languages in it, whichever stands on top."""
        return frozenset(languages_of(self.message.variant))

    @cached_property
    def source(self) -> bytes:
        """The mail as it travels."""
        return eml.source(Kept("0123456789ab0000", NOW, self.mail))

    @cached_property
    def read(self) -> EmailMessage:
        """The mail as Python's parser reads it."""
        return cast(EmailMessage, message_from_bytes(self.source, policy=SMTP))


@cache
def shipped() -> tuple[Shipped, ...]:
    """Return all mails, in the order of their folders and files."""
    return (*_of_campaigns(), *_letters())


def one_of_each() -> tuple[Shipped, ...]:
    """Return the longest mail of every layout and set of languages: enough where looking takes long."""
    by_length = sorted(shipped(), key=lambda one: len(one.message.html))
    return tuple({(one.layout, one.languages): one for one in by_length}.values())


def _of_campaigns() -> Iterator[Shipped]:
    for slug in list_campaigns(TEMPLATES):
        campaign = load_campaign(TEMPLATES, slug)
        for wave in (*campaign.waves.values(), *campaign.newsletters.values()):
            for version, variant in product(wave.versions, variants(campaign, wave)):
                yield _compiled(campaign, version, variant)


def _compiled(campaign: Campaign, wave: WaveDefinition, variant: str) -> Shipped:
    with _pages() as pages:
        message = compile_message(ENVIRONMENT, BRAND, campaign, wave, variant, DIGESTS, PUBLIC, NOW)
    return _filled(campaign.slug, wave.stem, str(wave.layout), message, pages)


def _letters() -> Iterator[Shipped]:
    for letter in Letter:
        for language in BRAND.logo:
            with _pages() as pages:
                message = compile_letter(ENVIRONMENT, BRAND, letter, language, PUBLIC)
            yield _filled(HOUSE, letter, "house letter", message, pages)


def _filled(campaign: str, wave: str, layout: str, message: Message, pages: Sequence[str]) -> Shipped:
    (page,) = pages
    mail = message.fill(slots.recipient(message, READER, TOKENS))
    return Shipped(campaign, wave, layout, message, mail, page)


@contextmanager
def _pages() -> Iterator[list[str]]:
    """Gather the pages that the inliner is given meanwhile."""
    pages: list[str] = []
    parsed = inline.parsed

    def gathering(page: str) -> Any:
        pages.append(page)
        return parsed(page)

    inline.parsed = gathering
    try:
        yield pages
    finally:
        inline.parsed = parsed
