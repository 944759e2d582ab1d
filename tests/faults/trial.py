"""One wave under one fault: who got it by the email API's own list, and what the ledger says of everybody else."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from datetime import timedelta
from enum import StrEnum
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import func, select, update

from outreach.delivery.queries import settle
from outreach.model.delivery import Outcome
from outreach.model.wave import SPOKEN_FOR, BatchState, Status
from outreach.providers.port import Limits
from outreach.services import Services, open_services
from outreach.store import reading
from outreach.store.tables import AttemptRow, BatchRow, DeliveryRow, WaveRow
from tests.builders_delivery import sending_wave
from tests.faults import sender
from tests.faults.api import PROCESSES, Api
from tests.faults.databases import Database
from tests.faults.sender import Job

SECRET = "a-key-for-the-fault-matrix-that-is-long-enough"
PEOPLE = 100
MOST_SENDERS = 20
LONGEST = 60.0

LATER_LOOKS = tuple(timedelta(minutes=17 * number) for number in range(1, 13))
"""When an API is asked what became of a call; nothing may be concluded before its list has settled.

Two looks are enough for one call; what is sent again on a slow machine may go without an answer once more.
"""


class Knows(StrEnum):
    """What the email API can tell of a call without an answer."""

    KEYS = "outbox with keys"
    LIST = "outbox with a list"
    NOTHING = "outbox with neither"


@dataclass(frozen=True)
class Count:
    """What became of people: *sent* is whom the API took, *unknown* whom the ledger shows as such.

    *lost* were not taken and are not shown as unknown: the API of a trial refuses nobody. *miscounted* is by how many
    the ledger's figure of people accepted is wrong. *hits* is how often the fault met somebody at work.
    """

    hits: int = 0
    people: int = 0
    sent: int = 0
    lost: int = 0
    doubled: int = 0
    unknown: int = 0
    miscounted: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(*(mine + others for mine, others in zip(astuple(self), astuple(other), strict=True)))


@dataclass
class Trial:
    """A wave, the database and the API that it goes through, and chance."""

    services: Services
    database: Database
    api: Api
    knows: Knows
    wave_id: int
    chance: random.Random
    folder: Path
    call_seconds: float
    senders: list[BaseProcess] = field(default_factory=list)
    hits: int = 0
    finished: bool = False
    """Whether a sender that was left alone has gone through the wave; then nobody else may have to."""

    @property
    def calls(self) -> int:
        """How many calls the wave takes if nothing goes wrong."""
        return PEOPLE // self.services.provider.limits.recipients

    def sender(self, ahead: timedelta = timedelta(0)) -> BaseProcess:
        """Start a sender of the wave."""
        process = PROCESSES.Process(target=sender.send, args=(self._job(ahead),), daemon=True)
        process.start()
        self.senders.append(process)
        return process

    def settle(self) -> None:
        """Start senders, as Prefect would, until one has nothing left to do."""
        for _ in range(MOST_SENDERS):
            if self.finished:
                break
            self.finished = self._went_through(self.sender())

    def ask_later(self) -> None:
        """Ask an API that has a list about what is unknown, as `late-mails` does, and send what it did not take.

        A wave that waits for its senders waits on: that is a loss, and not to be made good here.
        """
        for ahead in LATER_LOOKS if self.knows is Knows.LIST else ():
            outcome = self.outcome()
            if outcome.unknown and not outcome.waiting:
                self._went_through(self.sender(ahead))

    def outcome(self) -> Outcome:
        with reading(self.services.sessions) as session:
            return settle.outcome(session, self.wave_id)

    def count(self) -> Count:
        """Compare what the ledger shows with what the API took."""
        shown = self._everybody()
        taken = Counter(self.api.taken())
        unknown = {rid for rid, status in shown.items() if status is Status.UNKNOWN}
        return Count(
            hits=self.hits,
            people=len(shown),
            sent=len(taken),
            lost=len(shown.keys() - taken.keys() - unknown),
            doubled=sum(times > 1 for times in taken.values()),
            unknown=len(unknown),
            miscounted=abs(self.outcome().accepted - len(taken.keys() - unknown)),
        )

    def environment(self) -> dict[str, str]:
        """What flows have to know to send the wave, as the environment of their processes."""
        settings = self._job(timedelta(0)).settings()
        return {
            "OUTREACH_HOME": str(self.folder),
            "OUTREACH_DATABASE_URL": settings.database_url,
            "OUTREACH_SECRET": settings.key(),
            "OUTREACH_OUTBOX_URL": settings.outbox_url,
            "OUTREACH_OUTBOX_IDEMPOTENCY": str(settings.outbox_idempotency),
            "OUTREACH_LEASE_SECONDS": str(settings.lease_seconds),
            "OUTREACH_CALL_SECONDS": str(settings.call_seconds),
        }

    def note(self, words: str) -> None:
        """Keep what may explain a wave that did not end well."""
        with self._log().open("a") as log:
            log.write(f"{words}\n")

    def log(self) -> str:
        """What the senders said before they ended."""
        path = self._log()
        return path.read_text() if path.exists() else ""

    def end(self) -> None:
        for process in self.senders:
            process.kill()
            process.join()

    def _went_through(self, process: BaseProcess) -> bool:
        process.join(LONGEST)
        if process.exitcode != 0:
            process.kill()
            return False
        outcome = self.outcome()
        return not outcome.waiting and not (self.knows is Knows.KEYS and outcome.unknown)

    def _everybody(self) -> dict[str, Status]:
        with reading(self.services.sessions) as session:
            rows = session.execute(
                select(DeliveryRow.id, DeliveryRow.status, BatchRow.state)
                .join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
                .where(DeliveryRow.wave_id == self.wave_id)
            ).all()
        return {
            self.services.tokens.rid(number): Status(status) if status else SPOKEN_FOR[BatchState(state)]
            for number, status, state in rows
        }

    def _job(self, ahead: timedelta) -> Job:
        return Job(
            wave_id=self.wave_id,
            database_url=self.database.address,
            outbox=self.api.url,
            secret=SECRET,
            log=self._log(),
            keys=self.knows is Knows.KEYS,
            looks_up=self.knows is not Knows.NOTHING,
            lease_seconds=1.25 * self.call_seconds,
            call_seconds=self.call_seconds,
            ahead=ahead,
        )

    def _log(self) -> Path:
        return self.folder / "senders.log"


@contextmanager
def trial(
    database: Database, knows: Knows, seed: str, *, batch: int, call_seconds: float, folder: Path
) -> Iterator[Trial]:
    """Make a wave of its own and an API of its own; nothing is left running."""
    api = Api(folder / "outbox", keys=knows is Knows.KEYS)
    job = Job(0, database.address, api.url, SECRET, folder / "log", knows is Knows.KEYS, False, 1.0, call_seconds)
    with open_services(job.settings()) as services:
        services.provider.limits = Limits(recipients=batch, body_bytes=1_000_000)
        ours = Trial(services, database, api, knows, _wave(services), random.Random(seed), folder, call_seconds)
        try:
            api.start()
            yield ours
        finally:
            ours.end()
            api.close()
            shutil.rmtree(folder)


def _wave(services: Services) -> int:
    """A wave that has begun, to the same people as all of the database; those before went by APIs that are gone."""
    with services.sessions.begin() as session:
        session.execute(update(AttemptRow).values(provider="an earlier outbox"))
        before = session.scalar(select(func.max(WaveRow.id))) or 0
    return sending_wave(services, 0 if before else PEOPLE, slug=f"wave-{before + 1}")
