"""The receiver on a port of its own, and Debian's Chromium to look at it."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette

from outreach.receiver import create
from outreach.services import Services
from tests.chromium import browser as browser


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """What a browser sees does not depend on the database; one is enough here."""
    shutil.copy(sqlite_template, tmp_path / "outreach.db")
    return f"sqlite:///{tmp_path / 'outreach.db'}"


@pytest.fixture
def site(services: Services) -> Iterator[str]:
    """The receiver's address; forms may be sent at once, since no time passes in tests."""
    with serving(create(services, form_seconds=0)) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a reader in the Netherlands; anything that the policy of the pages blocks fails the test."""
    context = browser.new_context(locale="nl-NL", viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [text for text in complaints if "422" not in text] == []


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)  # from now on whoever comes waits, instead of being refused until the server has begun
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
