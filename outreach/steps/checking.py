"""Looks over campaign folders, long before anything is planned: nothing is written and nobody is asked."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from outreach.campaigns.files import shown, text
from outreach.campaigns.lines import Lines
from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.compose.preflight import catalogues, check
from outreach.compose.timely import too_late
from outreach.errors import DefinitionError
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.mail import Message
from outreach.model.preflight import Finding, Level
from outreach.services import Services
from outreach.steps import pieces
from outreach.steps.marks import marks_left
from outreach.steps.own_pages import is_own
from outreach.steps.people import sound_campaigns
from outreach.steps.preflight import visitor


def check_all(services: Services, *, links: bool = False) -> dict[str, tuple[Finding, ...]]:
    """Look over every campaign; one that cannot be read has its reasons as stops."""
    found: dict[str, tuple[Finding, ...]] = {}
    for slug in list_campaigns(services.settings.templates):
        try:
            found[slug] = check_campaign(services, slug, links=links)
        except DefinitionError as error:
            found[slug] = (Finding(Level.STOP, slug, str(error)),)
    return found


def check_campaign(services: Services, slug: str, *, links: bool = False) -> tuple[Finding, ...]:
    """Look over every wave and newsletter, news and events left out; also whether the audiences exist.

    With *links*, every address of the web that its mails lead to is asked; our own pages are known when it is planned.
    """
    campaign = load_campaign(services.settings.templates, slug)
    found = [*_calls_of_others(services, campaign)]
    for wave in pieces.pieces(campaign).values():
        found += _check_piece(services, campaign, wave)
    found += _links(services, campaign) if links else ()
    return tuple(dict.fromkeys(found))


def check_messages(
    services: Services, campaign: Campaign, wave: WaveDefinition, messages: Sequence[Message]
) -> tuple[Finding, ...]:
    """Look over one wave or newsletter as it was compiled."""
    found = (
        *catalogues(services.templates, campaign),
        *check(pieces.brand(services), campaign, wave, messages),
        *too_late(campaign, wave, services.clock()),
        *marks_left(campaign),
    )
    return (*_audiences(services, wave), *(_placed(campaign, each) for each in found))


def _check_piece(services: Services, campaign: Campaign, wave: WaveDefinition) -> tuple[Finding, ...]:
    try:
        messages = pieces.compiled(services, campaign, wave, {})
    except DefinitionError as error:
        return (*_audiences(services, wave), Finding(Level.STOP, wave.name, str(error)))
    return check_messages(services, campaign, wave, messages)


def _calls_of_others(services: Services, campaign: Campaign) -> Iterator[Finding]:
    others = (each for each in sound_campaigns(services) if each.slug != campaign.slug)
    for other in others:
        for call in sorted(other.calls.keys() & campaign.calls.keys()):
            where = f"{campaign.slug}/campaign.toml: calls.{call}"
            what = f"{other.slug} has a call of that name too; rename it here, the buttons with it"
            yield Finding(Level.STOP, where, what)


def _links(services: Services, campaign: Campaign) -> Iterator[Finding]:
    urls: list[str] = []
    for wave in pieces.pieces(campaign).values():
        with suppress(DefinitionError):  # told already
            urls += [link.url for message in pieces.compiled(services, campaign, wave, {}) for link in message.links]
    for seen in visitor(services).visit(url for url in urls if not is_own(services, url)):
        if seen.level:
            yield Finding(seen.level, seen.url, seen.what)


def _audiences(services: Services, wave: WaveDefinition) -> Iterator[Finding]:
    known = sorted(path.stem for path in services.settings.audiences.glob("*.toml"))
    what = f"no such audience; there is: {', '.join(known) or 'none'}"
    for name in wave.audiences:
        if name not in known:
            yield Finding(Level.STOP, f"{wave.name}: audience {name}", what)


def _placed(campaign: Campaign, finding: Finding) -> Finding:
    """Return a finding about `campaign.toml`, which begins with the key, with the line where that key stands."""
    if campaign.folder is None or not finding.where.endswith("/campaign.toml"):
        return finding
    path = campaign.folder / "campaign.toml"
    key = finding.what.split(" ", 1)[0]
    return replace(finding, where=f"{shown(path)}: line {Lines(text(path)).of(tuple(key.split('.')))}")
