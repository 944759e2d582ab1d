"""The tools of judges that are not Python's: Node's packages, and Chromium as the tests of the pages start it."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chromium import browser as browser

HERE = Path(__file__).parent

LOUD = "!!! NODE'S JUDGES ARE NOT INSTALLED: mails go unjudged (apt-get install nodejs npm; npm ci) !!!"

Node = Callable[..., str]


@pytest.fixture(scope="session")
def node() -> Node:
    """Runs a program of Node's, given its path here and arguments, and returns what it says.

    Judges end with 0 when they found nothing and with 1 when they found something.
    """
    binary = shutil.which("node")
    if binary is None or not (HERE / "node_modules").is_dir():
        if os.environ.get("CI"):
            pytest.fail(LOUD)
        print(f"\n{LOUD}\n")
        pytest.skip(LOUD)

    def run(program: str, *arguments: str) -> str:
        command = [binary, program, *arguments]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120)
        assert (done.returncode in (0, 1), done.stderr) == (True, "")
        return done.stdout

    return run
