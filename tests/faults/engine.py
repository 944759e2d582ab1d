"""A real Prefect for one wave: its server, its work pool and two workers, as processes that may be killed."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from outreach.demo.prefect_api import DONE, PrefectApi
from outreach.demo.processes import Processes
from outreach.model.wave import WaveStep
from outreach.steps import waves
from tests.faults.trial import Trial
from tests.providers.serving import free_port

POOL = "outreach"
WORKERS = ("worker-1", "worker-2")
LONGEST = 240.0
"""Seconds for the run to end; after that the wave is counted as it stands."""


class Engine(Processes):
    """The processes, and the server's REST API."""

    def __init__(self, trial: Trial) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(trial.folder / "prefect-logs", _environment(trial, self.url))
        self.api = PrefectApi(self.url, lambda: None)

    def serve(self) -> None:
        """Start the server and wait until it answers."""
        self.start("server", "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port))
        self.api.wait_until_ready(120)

    def work(self, name: str) -> None:
        """Start a worker of the pool."""
        self.start(name, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", name)

    def kill(self, name: str) -> None:
        """Kill one process; runs that it started have sessions of their own and live on."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_machine(self, run: str) -> None:
        """Kill the worker that started *run*, and all that it started, as when a machine goes dark."""
        pid = int(self.read(run)["infrastructure_pid"].rpartition(":")[2])  # Prefect says machine:number
        above = _ancestors(pid)
        name = next(name for name in WORKERS if self._running[name].pid in above)
        below = _descendants(self._running[name].pid)
        self.kill(name)
        for process in below:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def read(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self._asked("GET", f"/flow_runs/{run}")
        return found

    def helper(self) -> str:
        """Wait until a run of `send-lane` sends its share; return it."""
        wanted = {
            "deployments": {"name": {"any_": ["send-lane"]}},
            "flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}},
        }
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            if runs := self._asked("POST", "/flow_runs/filter", json=wanted):
                return str(runs[0]["id"])
            time.sleep(0.5)
        raise TimeoutError("no other worker came to help")

    def wait(self, run: str) -> None:
        """Wait until the run has ended, or for as long as it is worth; one that crashed is started again."""
        until = time.monotonic() + LONGEST
        while self.read(run)["state_type"] not in DONE - {"CRASHED"} and time.monotonic() < until:
            time.sleep(1)

    def _asked(self, method: str, path: str, **arguments: Any) -> Any:
        """Ask until there is an answer: on SQLite, Prefect stands still now and then."""
        until = time.monotonic() + LONGEST
        while True:
            try:
                return httpx.request(method, f"{self.url}/api{path}", timeout=30, **arguments).raise_for_status().json()
            except httpx.HTTPError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)


@contextmanager
def sending(trial: Trial, workers: int = 0) -> Iterator[tuple[Engine, str]]:
    """Start everything, and a run of `steer-wave` that sends the wave, with so many more *workers*."""
    waves.take_step(trial.services, trial.wave_id, WaveStep.PAUSE)
    with Engine(trial) as engine:
        engine.serve()
        engine.run("deploy", "-m", "flows.deploy")
        for name in WORKERS:
            engine.work(name)
        run = engine.api.run(
            "steer-wave", {"wave": {"name": str(trial.wave_id), "step": "resume"}, "sending": {"workers": workers}}
        )
        yield engine, run
        trial.note(f"{engine.read(run)['state']}\n{engine.last_words('server')}")


def _ancestors(pid: int) -> set[int]:
    found: set[int] = set()
    while pid > 1:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            break  # it has ended meanwhile
        pid = int(next(line for line in status.splitlines() if line.startswith("PPid:")).split()[1])
        found.add(pid)
    return found


def _descendants(pid: int) -> list[int]:
    everybody = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [process for process in everybody if pid in _ancestors(process)]


def _environment(trial: Trial, url: str) -> dict[str, str]:
    return {
        **trial.environment(),
        "PREFECT_HOME": str(trial.folder / "prefect"),
        "PREFECT_API_URL": f"{url}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{trial.folder / 'prefect.db'}",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONUNBUFFERED": "1",
    }
