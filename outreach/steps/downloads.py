"""What mails lead to in a campaign's folder: its files, and its events as calendar files.

A folder is open to everybody from the moment it is there, since mails are tried out before their wave is planned.
"""

import logging
from pathlib import Path

from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.compose.assets import asset
from outreach.compose.brand import read_brand
from outreach.compose.calendar_file import calendar_file
from outreach.compose.links import Addresses
from outreach.errors import DefinitionError, NotFound
from outreach.services import Services

log = logging.getLogger(__name__)


def asset_file(services: Services, slug: str, name: str) -> Path:
    """Return a file of a campaign's `assets/`; `NotFound` for all that is not given out."""
    folder = services.settings.templates
    if slug not in list_campaigns(folder):
        raise NotFound("campaign", slug)
    try:
        return asset(folder / "campaigns" / slug / "assets", name)
    except DefinitionError as error:
        raise NotFound("file", name) from error


def event_file(services: Services, slug: str, name: str, language: str) -> bytes:
    """Return an event as a calendar file, in *language* if the campaign speaks it, else in its first."""
    folder = services.settings.templates
    try:
        campaign, brand = load_campaign(folder, slug), read_brand(folder / "brand.toml")
    except NotFound:
        raise
    except DefinitionError as error:
        log.warning("an event cannot be told: %s", error, extra={"campaign": slug})
        raise NotFound("event", name) from error
    if name not in campaign.events:
        raise NotFound("event", name)
    spoken = language if language in campaign.languages else campaign.languages[0]
    event = campaign.events[name]
    return calendar_file(
        campaign,
        event,
        spoken,
        domain=brand.domain,
        page=event.url or Addresses(services.settings.public_url).campaign(slug, spoken),
        revised=(folder / "campaigns" / slug / "campaign.toml").stat().st_mtime,
        now=services.clock(),
    )
