"""Waves with a call that gave no answer, and a provider that can be asked about it."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from outreach.campaigns import queries as campaigns
from outreach.errors import OutcomeUnknown
from outreach.model.mail import Receipt
from outreach.model.wave import WaveState
from outreach.services import Services
from outreach.steps import resolving
from outreach.store.tables import BatchRow
from tests.builders_delivery import send, sending_wave
from tests.fakes import FakeProvider

LOOK_AGAIN = timedelta(minutes=5)


@dataclass
class Failing(FakeProvider):
    """It takes nothing, and says nothing, at the calls of these numbers."""

    silent: Container[int] = ()

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:
        if len(self.calls) + 1 in self.silent:
            self.failures = [OutcomeUnknown("no answer")]
        return super().send(body, key, rids)


def lost(services: Services, people: int = 3, *, taken: bool = True) -> int:
    """A wave whose first call was taken, or not, and gave no answer."""
    wave_id = sending_wave(services, people)
    failures = services.provider.failures_after if taken else services.provider.failures
    failures.append(OutcomeUnknown("no answer"))
    send(services, wave_id)
    return wave_id


def batch(services: Services) -> BatchRow:
    with services.sessions() as session:
        return session.scalars(select(BatchRow).where(BatchRow.number == 1)).one()


def state(services: Services, wave_id: int) -> WaveState:
    with services.sessions() as session:
        return campaigns.view(session, wave_id).state


def look_to_the_end(services: Services, wave_id: int) -> int:
    """Ask as often as it takes, from when the provider's list has settled; return what is known after the last look."""
    services.clock.forward(minutes=15)
    assert resolving.resolve_unknown(services, wave_id) == 0
    services.clock.forward(minutes=5)
    return resolving.resolve_unknown(services, wave_id)
