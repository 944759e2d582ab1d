"""The outbox as a process of its own: it keeps what it answered, whatever happens to it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.demo.outbox.conftest import TOKEN, call
from tests.providers.serving import free_port


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The outbox as anyone starts it; killed at the end."""
    port = free_port()
    command = [sys.executable, "-m", "outreach.demo.outbox", "--port", str(port), "--folder", str(folder), *options]
    process = subprocess.Popen(command, env={**os.environ, "OUTREACH_OUTBOX_TOKEN": "token"}, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url)
        yield process, url
    finally:
        process.kill()
        process.wait()


def _wait(url: str) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            httpx.get(f"{url}/healthz", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(url)


def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    def post(n: int) -> list[str]:
        told = call(*(f"p{n}.{m}@example.com" for m in range(20)))
        headers = {**TOKEN, "Idempotency-Key": f"k{n}"}
        try:
            answer = httpx.post(f"{url}/v1/messages", json=told, headers=headers, trust_env=False)
        except httpx.TransportError:
            return []
        if n == 10:
            process.send_signal(signal.SIGKILL)
        return [result["id"] for result in answer.json()["results"]]

    with running(tmp_path) as (process, url), ThreadPoolExecutor(4) as threads:
        answered = [message_id for ids in threads.map(post, range(40)) for message_id in ids]

    with running(tmp_path) as (_, url):
        page = httpx.get(f"{url}/v1/messages?limit=1000", headers=TOKEN, trust_env=False).json()
        doubled = httpx.get(f"{url}/v1/stats", headers=TOKEN, trust_env=False).json()["doubled"]

    kept = {message["id"] for message in page["messages"]}
    assert answered
    assert set(answered) - kept == set()
    assert doubled == 0
