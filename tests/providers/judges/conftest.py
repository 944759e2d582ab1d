"""Programs of others that stand in for providers: an Amazon SES written in JavaScript, and postfix's smtp-sink."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from tests.judges import conftest as node
from tests.providers.serving import free_port

NO_POSTFIX = "!!! POSTFIX IS NOT INSTALLED: no mail is sent to its smtp-sink (apt-get install postfix) !!!"


@dataclass
class Sink:
    """A mail server that runs; *sessions* is how many connections it has counted, once it has ended."""

    port: int
    sessions: int = 0


RunSink = Callable[..., AbstractContextManager[Sink]]


@pytest.fixture(scope="module")
def local_ses() -> Iterator[str]:
    """The address of an Amazon SES on this machine."""
    program = shutil.which("node")
    if program is None or not (node.HERE / "node_modules/aws-ses-v2-local").is_dir():
        _missing(node.LOUD)
    command = [program, str(node.HERE / "ses.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield f"http://127.0.0.1:{running.stdout.readline().strip()}"
        running.kill()


@pytest.fixture(scope="module")
def smtp_sink() -> RunSink:
    """Runs a sink that keeps its mails in a folder; options say what it refuses."""
    program = shutil.which("smtp-sink", path=f"/usr/sbin:{os.environ.get('PATH', '')}")
    if program is None:
        _missing(NO_POSTFIX)

    @contextmanager
    def run(folder: Path, *options: str) -> Iterator[Sink]:
        sink = Sink(free_port())
        if os.geteuid() == 0:  # it wants to be nobody then
            shutil.chown(folder, "nobody")
            options = (*options, "-u", "nobody")
        command = [program, "-c", "-d", f"{folder}/mail.", *options, f"127.0.0.1:{sink.port}", "50"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            try:
                _wait_for(sink.port, running)
                yield sink
            finally:
                running.terminate()
                counted, _ = running.communicate()
                sink.sessions = int(counted.rpartition("sess=")[2].split()[0]) - 1  # one was to see whether it runs

    return run


def _wait_for(port: int, running: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and running.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.recv(100)
                connection.sendall(b"QUIT\r\n")
                connection.recv(100)
                return
        except ConnectionError:
            time.sleep(0.005)
    raise RuntimeError("smtp-sink does not start")


def _missing(what: str) -> NoReturn:
    """Say loudly what goes unjudged; where CI is, it must not."""
    if os.environ.get("CI"):
        pytest.fail(what)
    print(f"\n{what}\n")
    pytest.skip(what)
