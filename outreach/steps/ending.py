"""What a wave has left when a run that sent it ends: how many people wait, and for what."""

from outreach.campaigns import queries as campaigns
from outreach.campaigns.queries import WaveView
from outreach.dashboard.waits import waits_listed
from outreach.dashboard.words import number
from outreach.delivery.queries import settle
from outreach.model.wave import WaveState
from outreach.services import Services
from outreach.steps import left
from outreach.store import reading


def left_in_words(services: Services, wave_id: int) -> str:
    """Return how many people were not written to and what for; empty: nobody is left, or nothing keeps them back."""
    with reading(services.sessions) as session:
        wave = campaigns.view(session, wave_id)
        people = settle.outcome(session, wave_id).waiting
    if not people:
        return ""
    if wave.state is WaveState.CANCELLED:
        return f"{_so_many(people, 'gets', 'get')} nothing: it was cancelled{_by(wave)}."
    told = waits_listed(left.of_wave(services, wave), wave.state, services.clock())
    if wave.state is WaveState.SENDING and told:
        return " ".join([f"{_so_many(people, 'waits', 'wait')}.", *told])
    return " ".join(told)


def _so_many(people: int, does: str, do: str) -> str:
    return f"{number(people)} {'person' if people == 1 else 'people'} {does if people == 1 else do}"


def _by(wave: WaveView) -> str:
    return f" by {wave.finished_by}" if wave.finished_by else ""
