"""Pausing, going on and cancelling, by whatever name a person has for the wave."""

from outreach.campaigns import queries as campaigns
from outreach.campaigns.queries import WaveView
from outreach.errors import NotFound
from outreach.services import Services
from outreach.steps import waves
from outreach.store import reading


def named(services: Services, name: str) -> WaveView:
    """Return the wave that was planned under *name*, `campaign/wave` or its number; `NotFound` lists the newest."""
    wanted = name.strip()
    if wanted.isascii() and wanted.isdigit():
        return waves.wave(services, int(wanted))
    slug, _, wave = wanted.partition("/")
    found = waves.find_wave(services, slug.strip(), wave.strip())
    if found is None:
        with reading(services.sessions) as session:
            newest = [f"{each.campaign}/{each.name}" for each in campaigns.all_waves(session)[:20]]
        raise NotFound("planned wave", name, newest)
    return found
