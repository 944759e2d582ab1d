"""The receiver as a program."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

PROGRAM = """
import sys
from outreach.receiver.serve import serve
from outreach.services import open_services
with open_services() as services:
    serve(services, port=int(sys.argv[1]))
print("closed")
"""


def wait_until_it_listens(program: subprocess.Popen[str]) -> str:
    assert program.stdout
    heard = ""
    for line in program.stdout:
        heard += line
        if "running on" in line:
            return heard
    pytest.fail(f"the receiver did not start: {heard}")


def test_it_answers_until_told_to_stop_and_writes_down_no_addresses(tmp_path: Path) -> None:
    environment = os.environ | {"OUTREACH_HOME": str(tmp_path), "OUTREACH_SECRET": "x" * 32}
    command = [sys.executable, "-c", PROGRAM, "0"]  # the system gives a port that nobody else has
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as program:
        said = wait_until_it_listens(program)
        address = re.search(r"running on (http://127\.0\.0\.1:\d+)", said)
        assert address
        health = httpx.get(f"{address[1]}/healthz")
        missing = httpx.get(f"{address[1]}/o/a-readers-token.gif")
        program.send_signal(signal.SIGTERM)
        said += program.communicate(timeout=20)[0]

    assert (health.text, missing.status_code, program.returncode) == ("ok\n", 404, 0)
    assert "Application shutdown complete" in said
    assert "a-readers-token" not in said
