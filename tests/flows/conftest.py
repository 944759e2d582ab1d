"""One Prefect server for all tests of flows, with what they do not need switched off."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.events.worker import EventsWorker
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from outreach.demo.outbox import create
from tests import memory
from tests.conftest import KEY
from tests.providers.serving import serving

SWITCHED_OFF = ("TASK_RUN_RECORDER", "EVENT_PERSISTER", "TRIGGERS", "SCHEDULER", "LATE_RUNS", "EVENT_LOGGER")


@pytest.fixture(scope="package")
def prefect() -> Iterator[None]:
    """The server. What tells it of events is gone with it: its pings draw random numbers in a thread of their own, and
    Hypothesis blames whichever property is being tried meanwhile.
    """
    patch = pytest.MonkeyPatch()
    for service in SWITCHED_OFF:
        patch.setenv(f"PREFECT_SERVER_SERVICES_{service}_ENABLED", "false")
    patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    patch.setattr(tempfile, "tempdir", memory.folder())  # the harness keeps the server's database among these
    quick = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None, PREFECT_LOGGING_TO_API_ENABLED: False})
    with prefect_test_harness(server_startup_timeout=120), quick:
        yield
        EventsWorker.drain_all()
    patch.undo()


@pytest.fixture
def installed(prefect: None, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An installation as flows find it: by its environment; yields the outbox's address."""
    with serving(create(tmp_path / "outbox", token="outbox", webhook_secret="outbox-webhooks")) as outbox:
        monkeypatch.setenv("OUTREACH_DATABASE_URL", database_url)
        monkeypatch.setenv("OUTREACH_SECRET", KEY)
        monkeypatch.setenv("OUTREACH_OUTBOX_URL", outbox)
        monkeypatch.setenv("OUTREACH_SPAMASSASSIN", "")
        monkeypatch.setenv("OUTREACH_CHROMIUM", "")
        yield outbox


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite alone: a flow only calls steps, which are tested on both databases."""
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "outreach.db")
    return f"sqlite:///{tmp_path / 'outreach.db'}"
