"""The matrix: which fault, for which APIs and databases, and how it is brought about."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from multiprocessing.process import BaseProcess
from typing import Any

from outreach.demo.outbox.faults import FaultKind
from tests.faults import engine
from tests.faults.api import Moment
from tests.faults.databases import Kind
from tests.faults.trial import LONGEST, Knows, Trial

Fault = Callable[[Trial], None]

BOTH = (Kind.SQLITE, Kind.POSTGRESQL)
KILLS = len(Moment)
"""So many senders of a wave are ended, one after the other, at another kind of moment each."""


@dataclass(frozen=True)
class Row:
    """A fault, which strikes so often in one wave; of --runs it has a *share*, because some take seconds."""

    name: str
    fault: Fault
    share: float
    strikes: int = 1
    databases: tuple[Kind, ...] = BOTH
    knows: tuple[Knows, ...] = tuple(Knows)
    call_seconds: float = 0.4
    batch: int = 5
    settled_by_us: bool = True
    """Whether senders of ours finish the wave; else Prefect has to, or it counts as lost."""

    def waves(self, runs: int) -> int:
        """How many waves it takes to strike as often as is this fault's share of *runs*."""
        return max(1, ceil(runs * self.share / self.strikes))


def ended(end: Callable[[BaseProcess], None], times: int = KILLS) -> Fault:
    """Senders of a wave are ended one after the other, each by chance at another kind of moment."""

    def fault(trial: Trial) -> None:
        for moment in trial.chance.sample(tuple(Moment), times):
            _end(trial, end, moment, (1, 1 + trial.calls // 10))

    return fault


def one_of_two(trial: Trial) -> None:
    """Two senders share the wave and one is killed; the other goes on, and takes over what it held."""
    other = trial.sender()
    _end(trial, BaseProcess.kill, trial.chance.choice(tuple(Moment)), (1, trial.calls - 2))
    goes_on = other.is_alive()
    other.join(LONGEST)
    unsure = trial.knows is Knows.KEYS and trial.outcome().unknown
    trial.finished = goes_on and other.exitcode == 0 and not unsure


def outage(seconds: float) -> Fault:
    """The API's process is killed, and nothing listens at its address for a while."""

    def fault(trial: Trial) -> None:
        _choose(trial, tuple(Moment))
        sender = trial.sender()
        with trial.api.reached(sender.is_alive):
            trial.hits += sender.is_alive()
            trial.api.kill()
            time.sleep(seconds)
            trial.api.start()
        sender.join(LONGEST)

    return fault


def failing(share: float, kinds: Iterable[FaultKind], seconds: float = 0.0) -> Fault:
    """A share of the calls fails while senders go over the wave three times; then all go well."""

    def fault(trial: Trial) -> None:
        trial.api.fail(str(trial.chance.random()), share, tuple(kinds), seconds)
        for _ in range(3):
            trial.sender().join(LONGEST)
        trial.hits += trial.api.failed()
        trial.api.recover()

    return fault


def restarted(trial: Trial) -> None:
    """PostgreSQL goes, in good order or by a crash, and comes back when the sender has noticed."""
    _choose(trial, HELD)
    sender = trial.sender()
    with trial.api.reached(sender.is_alive):
        trial.database.stop(trial.chance.choice(("fast", "immediate")))
    sender.join(1.0)
    trial.hits += bool(sender.exitcode)
    trial.database.start()


def disk_full(trial: Trial) -> None:
    """Nothing more can be written, until somebody makes room."""
    _choose(trial, HELD)
    sender = trial.sender()
    try:
        with trial.api.reached(sender.is_alive):
            trial.database.fill()
        sender.join(1.0)
        trial.hits += bool(sender.exitcode)
    finally:
        trial.database.free()


def server_away(seconds: float) -> Fault:
    """Prefect's server is killed in the middle of a wave, and started again after a while."""

    def fault(trial: Trial) -> None:
        with engine.sending(trial) as (prefect, run):
            with _mid_wave(trial):
                prefect.kill("server")
            time.sleep(seconds)
            prefect.serve()
            prefect.wait(run)

    return fault


def machine_lost(trial: Trial) -> None:
    """A worker of the pool and its run are killed; the pool's other worker goes on within a minute, or not at all."""
    with engine.sending(trial) as (prefect, run):
        with _mid_wave(trial):
            prefect.kill_machine(run)
        if _stood_still(trial) < REPLACED:
            prefect.wait(run)


def one_machine_of_two_lost(trial: Trial) -> None:
    """Two runs share a wave, and the machine of one is lost, maybe of both; the wave's own run ends it all the same."""
    trial.api.fail("", 1.0, (FaultKind.TIMEOUT_AFTER,), 2 * PACE)  # until the other is there
    with engine.sending(trial, workers=1) as (prefect, run):
        helper = prefect.helper()
        with _mid_wave(trial):
            prefect.kill_machine(trial.chance.choice((run, helper)))
        _stood_still(trial)
        prefect.wait(run)


PACE = 1.5
"""Seconds that each call takes in a row with Prefect, so that the wave outlasts the fault."""

REPLACED = 60.0
"""Seconds within which a worker that died has to be replaced."""

HELD = (Moment.OVERTAKEN, Moment.TAKEN, Moment.ANSWERED, Moment.LATER)
"""All moments but the one that says nothing of a database: a call that is never read."""

STORM = (FaultKind.ERROR_500, FaultKind.ERROR_500_AFTER)
SILENCE = (FaultKind.TIMEOUT_AFTER, FaultKind.RESET_AFTER, FaultKind.TRUNCATED)

MATRIX: tuple[Row, ...] = (
    Row("kill -9", ended(BaseProcess.kill), share=1.0, strikes=KILLS),
    Row("SIGTERM", ended(BaseProcess.terminate), share=0.5, strikes=KILLS),
    Row("API away for 3 s", outage(3.0), share=0.1),
    Row("5xx storm of 20 %", failing(0.2, STORM), share=0.2),
    Row("timeouts after acceptance", failing(0.3, SILENCE, seconds=0.8), share=0.2),
    Row("PostgreSQL restarted", restarted, share=0.2, databases=(Kind.POSTGRESQL,), call_seconds=1.0),
    Row("disk full", disk_full, share=0.1, call_seconds=1.0),
    Row("two workers, one killed", one_of_two, share=0.2),
)

PREFECT: dict[str, Any] = {
    "share": 0.02,
    "databases": (Kind.POSTGRESQL,),
    "knows": (Knows.KEYS, Knows.LIST),
    "call_seconds": 4.0,
    "batch": 1,
    "settled_by_us": False,
}

LONG: tuple[Row, ...] = (
    Row("Prefect's server away for 30 s", server_away(30.0), **PREFECT),
    Row("a machine of the work pool lost", machine_lost, **PREFECT),
    Row("one machine of two that share a wave lost", one_machine_of_two_lost, **PREFECT),
)
"""What takes minutes."""


@contextmanager
def _mid_wave(trial: Trial) -> Iterator[None]:
    trial.api.fail("", 1.0, (FaultKind.TIMEOUT_AFTER,), PACE)  # all calls are answered late, but in time
    _choose(trial, tuple(Moment), most=12)
    with trial.api.reached(lambda: True):
        trial.hits += 1
        yield


def _stood_still(trial: Trial) -> float:
    """Wait for the next call, for as long as a worker may take to be replaced; return for how many seconds."""
    before, began = trial.api.calls(), time.monotonic()
    while trial.api.calls() == before and time.monotonic() < began + REPLACED:
        time.sleep(0.5)
    seconds = time.monotonic() - began
    trial.note(f"the wave stood still for {seconds:.0f} s")
    return seconds


def _choose(trial: Trial, moments: tuple[Moment, ...], most: int = 60) -> None:
    trial.api.choose(trial.chance.randint(1, min(most, trial.calls - 1)), trial.chance.choice(moments))


def _end(trial: Trial, end: Callable[[BaseProcess], None], moment: Moment, calls: tuple[int, int]) -> None:
    delay = trial.chance.uniform(0, 0.02)
    trial.api.choose(trial.chance.randint(*calls), moment)
    victim = trial.sender()
    with trial.api.reached(victim.is_alive):
        if moment is Moment.LATER:
            time.sleep(delay)
        trial.hits += victim.is_alive()
        end(victim)
        victim.join(LONGEST)
