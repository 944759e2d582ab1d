"""Pausing, going on and cancelling, by whatever name a person has for the wave."""

from outreach.campaigns.queries import WaveView
from outreach.errors import DefinitionError, NotFound
from outreach.services import Services
from outreach.steps import waves

MOST_LISTED = 20
"""Waves named in an error."""


def named(services: Services, name: str) -> WaveView:
    """Return the wave that was planned under *name*: `campaign/wave`, its number, or a title that only one wave has.

    The name of a wave alone does where only one has it. `NotFound` lists the newest; what fits several names them.
    """
    wanted = name.strip()
    if wanted.isascii() and wanted.isdigit():
        return waves.wave(services, int(wanted))
    slug, _, wave = wanted.partition("/")
    return waves.find_wave(services, slug.strip(), wave.strip()) or _by_title(services, wanted)


def _by_title(services: Services, wanted: str) -> WaveView:
    """Return the one wave that dashboards show under a title, or that is called so in its campaign."""
    known = waves.all_waves(services)
    found = [wave for wave in known if wanted.casefold() in _words_for(wave)]
    if not found:
        raise NotFound("planned wave", wanted, [_full_name(wave) for wave in known[:MOST_LISTED]])
    if len(found) > 1:
        fits = ", ".join(_full_name(wave) for wave in found[:MOST_LISTED])
        raise DefinitionError(f"wave: found {wanted!r}, which fits {len(found)} waves; write one of them: {fits}")
    return found[0]


def _words_for(wave: WaveView) -> set[str]:
    return {wave.title.casefold(), wave.name.casefold(), _full_name(wave).casefold()}


def _full_name(wave: WaveView) -> str:
    return f"{wave.campaign}/{wave.name}"
