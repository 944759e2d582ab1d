"""Starts what the demo needs as processes of its own, and leaves none behind."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from outreach.errors import OutreachError


class Processes:
    """Child processes, each with a log file; all are ended on leaving, the newest first."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self.logs = logs
        self.environment = {**os.environ, **environment}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Processes":
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for process in reversed(self._running.values()):
            _signal(process, signal.SIGTERM)
        for process in reversed(self._running.values()):
            _end(process)

    def start(self, name: str, *arguments: str) -> None:
        """Start `python arguments…` in a group of its own; should this process be killed, the child ends too."""
        command = [*_dying_with_us(), sys.executable, *arguments]
        with (self.logs / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, name: str, *arguments: str) -> None:
        """Run `python arguments…` to its end; a failure says where its words stand."""
        self.start(name, *arguments)
        if self._running.pop(name).wait():
            raise OutreachError(f"{name} failed; its last words: {self.last_words(name)}")

    def check(self) -> None:
        """Raise if any of them has stopped by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise OutreachError(f"{name} stopped with exit code {process.returncode}: {self.last_words(name)}")

    def last_words(self, name: str) -> str:
        """Return the end of a log, in one line, and where the rest is."""
        path = self.logs / f"{name}.log"
        lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
        return f"{lines[-1].strip() if lines else 'none'} (all of it: {path})"


def free_port(preferred: int) -> int:
    """Return *preferred* if nobody listens there, else any free port."""
    for port in (preferred, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            found: int = probe.getsockname()[1]
            return found
    raise OutreachError("no free port on 127.0.0.1")


def _dying_with_us() -> list[str]:
    setpriv = shutil.which("setpriv")  # util-linux, part of every Debian; elsewhere only kill -9 leaves something
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    _signal(process, signal.SIGKILL)  # its own children may have outlived it
    process.wait()
