"""What sends in the benchmark: email APIs on loopback, and workers in processes of their own."""

import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Empty
from shutil import which
from typing import Any

from benchmarks.report import stopwatch
from outreach.campaigns import queries as campaigns
from outreach.clock import now
from outreach.delivery.queries import settle
from outreach.model.wave import WaveStep
from outreach.services import open_services
from outreach.settings import Settings
from outreach.steps import sending
from outreach.store import Sessions

KEYS = {"secret": "a-secret-for-benchmarks-that-is-long-enough"}
APIS: Mapping[str, Mapping[str, Any]] = {
    "merge": {"provider": "mailgun", "mailgun_key": "key", "mailgun_domain": "example.org", "batch_size": 1000},
    "filled": {"provider": "lettermint", "lettermint_token": "token", "batch_size": 500},
    "smtp": {"provider": "smtp", "smtp_host": "127.0.0.1", "smtp_security": "none", "batch_size": 100},
}
SINK_FOLDERS = ("/usr/sbin", "/usr/bin")
SMTP_PORT = 20250


@dataclass(frozen=True)
class Sent:
    """What sending took: seconds from the start of the wave to the last worker's end; seconds of processor time of all
    workers; the most memory of one of them in MB."""

    seconds: float
    busy: float
    memory: float


@contextmanager
def api(name: str, latency: float = 0.0) -> Iterator[dict[str, Any] | None]:
    """Run an API and yield the settings that lead to it; None where what it needs is not installed."""
    if name == "smtp":
        with _smtp_sink() as port:
            yield {**KEYS, **APIS[name], "smtp_port": port} if port else None
        return
    command = [sys.executable, "-m", "benchmarks.loopback", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        address = f"http://127.0.0.1:{running.stdout.readline().strip()}"
        try:
            yield {**KEYS, **APIS[name], "mailgun_url": address, "lettermint_url": f"{address}/v1"}
        finally:
            running.kill()


@contextmanager
def _smtp_sink() -> Iterator[int | None]:
    program = which("smtp-sink", path=os.pathsep.join((os.environ["PATH"], *SINK_FOLDERS)))
    if program is None:
        yield None
        return
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([program, *user, f"127.0.0.1:{SMTP_PORT}", "200"], stderr=subprocess.DEVNULL) as sink:
        time.sleep(0.5)  # it says nothing when it is ready
        try:
            yield SMTP_PORT
        finally:
            sink.kill()


@contextmanager
def started(
    sessions: Sessions, settings: Mapping[str, Any], wave_id: int, workers: int, lanes: int
) -> Iterator[Callable[[], Any]]:
    """Start a wave with *workers* that have *lanes* each; yield what waits for the next of them to be done."""
    context = multiprocessing.get_context("spawn")
    go, told = context.Event(), context.Queue()
    team = [context.Process(target=_worker, args=(dict(settings), wave_id, lanes, go, told)) for _ in range(workers)]
    with running(team):
        for _ in team:
            heard(told, team)
        with sessions.begin() as session:
            campaigns.take(session, wave_id, WaveStep.START, now())
        go.set()
        yield lambda: heard(told, team)


@contextmanager
def running(team: Sequence[BaseProcess]) -> Iterator[None]:
    """Start processes, and wait for them to end; where something went wrong they are ended."""
    for process in team:
        process.start()
    try:
        yield
        for process in team:
            process.join()
    finally:
        for process in team:
            process.kill()


def heard(told: Any, team: Sequence[BaseProcess]) -> Any:
    """Return what the next of *team* tells; leave where one of them died."""
    while True:
        try:
            return told.get(timeout=1)
        except Empty:
            if any(process.exitcode for process in team):
                sys.exit("a process of the benchmark died; why stands above")


def send(sessions: Sessions, settings: Mapping[str, Any], wave_id: int, workers: int = 1, lanes: int = 1) -> Sent:
    """Send a planned wave."""
    with started(sessions, settings, wave_id, workers, lanes) as done, stopwatch() as watch:
        results = [done() for _ in range(workers)]
    return Sent(watch.seconds, sum(result["busy"] for result in results), max(result["memory"] for result in results))


def check_all_accepted(sessions: Sessions, wave_id: int, n: int) -> None:
    """Leave with an error where somebody was not."""
    with sessions() as session:
        outcome = settle.outcome(session, wave_id)
    if outcome.accepted != n:
        sys.exit(f"not all {n} recipients were accepted: {outcome}")


def _worker(settings: dict[str, Any], wave_id: int, lanes: int, go: Event, told: Any) -> None:
    with open_services(Settings(_env_file=None, **settings)) as services, ThreadPoolExecutor(lanes) as pool:
        told.put("ready")
        go.wait()
        before = time.process_time()
        at_work = [pool.submit(sending.send_batches, services, wave_id, _wait) for _ in range(lanes)]
        for lane in at_work:
            lane.result()
        busy = time.process_time() - before
    told.put({"busy": busy, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})


def _wait(seconds: float) -> None:
    raise RuntimeError(f"the API asked to wait {seconds} s")


def seconds_of_server(folder: Path) -> float:
    """Return the processor time of a PostgreSQL server and all its backends, those that ended among them."""
    postmaster = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    spent = _ticks(postmaster, ended=True) + sum(_ticks(int(child)) for child in children)
    return spent / os.sysconf("SC_CLK_TCK")


def _ticks(process: int, *, ended: bool = False) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11 : 15 if ended else 13])
    return 0
