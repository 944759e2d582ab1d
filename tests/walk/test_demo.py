"""The whole way, as `make demo` goes it: Prefect, worker, receiver, outbox and readers as processes of their own."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from outreach.settings import ROOT

pytestmark = pytest.mark.walk


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("walk")
    command = [sys.executable, "-m", "outreach", "demo", "--once", "--report", "report.json", "--people", "400"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "OUTREACH_"))}
    # who looks over mails is tested with the mails; here they would only take the time of those who walk
    environment |= {"PYTHONPATH": str(ROOT), "OUTREACH_SPAMASSASSIN": "", "OUTREACH_CHROMIUM": ""}
    return folder, subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=400)


def test_the_demo_goes_the_whole_way_and_leaves_nothing_running(walked):
    folder, done = walked
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert "Traceback" not in done.stdout

    report = json.loads((folder / "report.json").read_text())

    assert report["accepted"] == report["recipients"]["total"] > 600
    assert report["unknown"] == 0
    assert set(report["recipients"]["audiences"]) == {"members", "municipalities", "social_workers"}
    assert set(report["recipients"]["languages"]) == {"nl", "de", "nl+de"}
    assert set(report["content"]) == {"news nl", "news de", "event nl", "event de"}
    assert set(report["artifacts"]) == {
        "outreach-overview",
        "wave-sociaal-werkers-start",
        "wave-gouden-gemeente-call",
        "outreach-preflight-sociaal-werkers--start",
        "outreach-preflight-gouden-gemeente--call",
    }
    for figure in ("batches", "delivered", "opens", "clicks", "signups"):
        assert report[figure] > 0, figure
    assert [reader["errors"] for reader in report["readers"]] == [0, 0]
    assert running_in(folder) == []


def test_schedules_get_runs(walked):
    folder, _ = walked
    with sqlite3.connect(folder / ".outreach/demo/prefect.db") as prefect:
        runs = prefect.execute("SELECT count(*) FROM flow_run WHERE auto_scheduled").fetchone()[0]

    assert runs > 0


def running_in(folder: Path) -> list[str]:
    """The commands of all processes that name *folder*."""
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands.append(path.read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return [command for command in commands if str(folder) in command]
