"""What is left of a wave under way: a few sums over its batches, cheap enough for lists of many waves."""

from outreach.campaigns import queries as campaigns
from outreach.campaigns.queries import WaveView
from outreach.delivery.queries import left as ledger
from outreach.delivery.queries import pace
from outreach.model.left import NOBODY, Left
from outreach.model.wave import WaveState
from outreach.services import Services
from outreach.steps import trials
from outreach.store import reading

UNDER_WAY = (WaveState.SENDING, WaveState.PAUSED)


def of_wave(services: Services, wave: WaveView) -> Left:
    """Return who of a wave did not get it yet, and what for; nobody where it did not begin, or is over."""
    if wave.state not in UNDER_WAY:
        return NOBODY
    with reading(services.sessions) as session:
        people, going = ledger.people(session, wave.id, services.clock())
        waits = pace.waiting(session, wave.id, services.clock())
    trying = trials.progress(services, wave.id) if wave.trial else None
    return Left(people, going, tuple(waits), trying, wave.paused_by, wave.paused_at, wave.paused_why)


def under_way(services: Services) -> dict[int, Left]:
    """Return what is left of each wave that is being sent or paused."""
    with reading(services.sessions) as session:
        waves = [wave for state in UNDER_WAY for wave in campaigns.all_waves(session, state)]
    return {wave.id: of_wave(services, wave) for wave in waves}
