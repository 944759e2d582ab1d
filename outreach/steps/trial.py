"""A test send to named colleagues: through the email API, past the ledger and every count."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import getaddresses

from outreach.audience.queries import person as people
from outreach.campaigns.read import load_campaign
from outreach.compose.untracked import as_test
from outreach.compose.variants import variant_for, variants
from outreach.delivery.sending import Answer, Called, call
from outreach.errors import DefinitionError, NotFound
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.erasure import address_key
from outreach.model.mail import MergePlan, Message, Receipt
from outreach.model.people import AddressKind
from outreach.providers.port import Provider
from outreach.services import Services
from outreach.steps import pieces, planning
from outreach.steps.addresses import normalised
from outreach.steps.readers import Reader, recipient
from outreach.store import reading

MOST = 20
"""Addresses of one test; more than these are a wave, and a wave is approved."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one mail of a test; *why* it was refused, empty where it was accepted."""

    email: str
    variant: str
    why: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the email API took it."""
        return not self.why


def send_test(
    services: Services, slug: str, name: str, to: Iterable[str], wanted: Sequence[str] = ()
) -> tuple[Tried, ...]:
    """Send a wave or newsletter to *to*, each `Noor <noor@example.org>` or an address alone, in the variants *wanted*.

    Without *wanted* in the one variant that holds every language. Nothing of it is written down; who may never be
    written to is refused.
    """
    campaign = load_campaign(services.settings.templates, slug)
    wave = pieces.piece(campaign, name)
    colleagues = _colleagues(to)
    messages = _messages(services, campaign, wave, tuple(dict.fromkeys(wanted)) or (_whole(campaign, wave),))
    barred = {each.email: why for each in colleagues if (why := _barred(services, each.email))}
    allowed = [each for each in colleagues if each.email not in barred]
    return tuple(
        tried
        for variant, message in messages.items()
        for tried in (
            *(Tried(email, variant, why) for email, why in barred.items()),
            *_sent(services.provider, message, allowed),
        )
    )


def _colleagues(to: Iterable[str]) -> list[Reader]:
    typed = [part for line in to for part in line.replace(";", ",").splitlines() if part.strip()]
    found: dict[str, Reader] = {}
    for name, address in getaddresses(typed):
        email = normalised(address, "to")
        found.setdefault(email, Reader("", email, name.split(" ")[0]))
    if not 1 <= len(found) <= MOST:
        raise DefinitionError(f"to: found {len(found)} addresses; write 1 to {MOST}, such as Noor <noor@example.org>")
    return list(found.values())


def _whole(campaign: Campaign, wave: WaveDefinition) -> str:
    return variant_for(campaign.languages, wave.edition, None, AddressKind.PERSONAL)


def _messages(
    services: Services, campaign: Campaign, wave: WaveDefinition, wanted: Sequence[str]
) -> dict[str, Message]:
    known = variants(campaign, wave)
    for variant in wanted:
        if variant not in known:
            raise NotFound(f"language of {campaign.slug}/{wave.name}", variant, known)
    made = planning.compiled(services, campaign, wave, wanted, pieces.newest(services, campaign, wave))
    return {message.variant: as_test(message, services.settings.public_url) for message in made}


def _barred(services: Services, email: str) -> str:
    """Return why an address is not written to, not even by colleagues."""
    key = address_key(services.settings.erasure_secret(), email)
    with reading(services.sessions) as session:
        suppressed, erased = people.suppression(session, email), people.erased_at(session, key)
    if suppressed is not None:
        return f"never written to since {suppressed.at:%Y-%m-%d}: {suppressed.reason}"
    return "asked to be forgotten" if erased else ""


def _sent(provider: Provider, message: Message, colleagues: Sequence[Reader]) -> Iterator[Tried]:
    """Send one mail a call, so that one bad address spoils nobody else's; nobody waits for an API that is away."""
    away = ""
    for colleague in colleagues:
        why = f"not tried: {away}" if away else ""
        if not away:
            called = _called(provider, message, colleague)
            why = _refusal(called.receipts[0]) if called.answer is Answer.TAKEN else f"{called.answer}: {called.why}"
            away = "" if called.answer in (Answer.TAKEN, Answer.REFUSED) else called.why
        yield Tried(colleague.email, message.variant, why)


def _refusal(receipt: Receipt) -> str:
    """Return why a mail that was alone in its call was not taken; empty where it was."""
    return receipt.refused or receipt.later or ("the email API did not look at it" if receipt.untried else "")


def _called(provider: Provider, message: Message, colleague: Reader) -> Called:
    rid = f"test-{secrets.token_hex(12)}"
    body = provider.prepare(MergePlan(message, (recipient(message, colleague, rid),)))
    return call(provider, body, secrets.token_hex(16), (rid,))
