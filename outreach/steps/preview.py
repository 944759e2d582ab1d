"""Shows what a wave would look like, without a database row or a mail."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.compose.brand import Brand, read_brand
from outreach.compose.compile import compile_message
from outreach.compose.preflight import check
from outreach.compose.section import Digest
from outreach.compose.variants import variants
from outreach.errors import DefinitionError, NotFound
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.mail import Message, Recipient
from outreach.model.preflight import Finding, Level
from outreach.services import Services

READER = "Noor"
"""The invented reader of every preview."""


def preview(
    services: Services, slug: str, wave: str, folder: Path, content: Mapping[str, Digest] | None = None
) -> list[Path]:
    """Write every variant of a wave as .html and .txt into *folder*, as an invented reader would get it."""
    campaign = load_campaign(services.settings.templates, slug)
    if wave not in campaign.waves:
        raise NotFound(f"wave of {slug}", wave, campaign.waves)
    messages = compile_wave(services, campaign, campaign.waves[wave], content or {}, services.clock())
    folder.mkdir(parents=True, exist_ok=True)
    return [path for message in messages for path in _write(message, folder / f"{wave}.{message.variant}")]


def compile_wave(
    services: Services, campaign: Campaign, wave: WaveDefinition, content: Mapping[str, Digest], now: datetime
) -> tuple[Message, ...]:
    """Return a wave's message in every variant."""
    brand = _brand(services)
    address = services.settings.public_url
    return tuple(
        compile_message(services.templates, brand, campaign, wave, variant, content, address, now)
        for variant in variants(campaign, wave)
    )


def check_campaign(services: Services, slug: str) -> tuple[Finding, ...]:
    """Look over every wave of a campaign, news and events left out; also whether its audiences exist."""
    campaign = load_campaign(services.settings.templates, slug)
    found = [*_calls_of_others(services, campaign)]
    found += [finding for wave in campaign.waves.values() for finding in _check_wave(services, campaign, wave)]
    return tuple(dict.fromkeys(found))


def _calls_of_others(services: Services, campaign: Campaign) -> Iterator[Finding]:
    templates = services.settings.templates
    for slug in list_campaigns(templates):
        if slug == campaign.slug:
            continue
        try:
            shared = load_campaign(templates, slug).calls.keys() & campaign.calls.keys()
        except DefinitionError:
            continue  # another folder's faults are told when that one is checked
        for call in sorted(shared):
            where = f"{campaign.slug}/campaign.toml: calls.{call}"
            yield Finding(Level.STOP, where, f"{slug} has a call of that name too; rename it here, the buttons with it")


def _check_wave(services: Services, campaign: Campaign, wave: WaveDefinition) -> tuple[Finding, ...]:
    messages = compile_wave(services, campaign, wave, {}, services.clock())
    return (*_audiences(services, wave), *check(_brand(services), campaign, wave, messages))


def _audiences(services: Services, wave: WaveDefinition) -> list[Finding]:
    known = sorted(path.stem for path in services.settings.audiences.glob("*.toml"))
    what = f"no such audience; there is: {', '.join(known) or 'none'}"
    return [Finding(Level.STOP, f"{wave.name}: audience {name}", what) for name in wave.audiences if name not in known]


def _brand(services: Services) -> Brand:
    return read_brand(services.settings.templates / "brand.toml")


def _write(message: Message, stem: Path) -> list[Path]:
    mail = message.fill(invented_reader(message))
    paths = [stem.with_name(f"{stem.name}.html"), stem.with_name(f"{stem.name}.txt")]
    for path, held in zip(paths, (mail.html, mail.text), strict=True):
        path.write_text(held, encoding="utf-8")
    return paths


def invented_reader(message: Message) -> Recipient:
    """Return a reader with a value for every slot that a message can have; the links of the preview lead nowhere."""
    greetings = {f"salutation_{code}": words.to(READER) for code, words in message.salutations.items()}
    values = {
        "rid": "preview",
        "unsubscribe": "preview",
        "preferences": "preview",
        "pixel": "p/0",
        "first_name": READER,
        "organisation": "Lindeplein",
        **greetings,
    }
    return Recipient("preview", "noor@example.org", values)
