"""Debian's Chromium, for tests that look at pages or mails: a fixture to import into the conftest of their folder."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

LOUD = "!!! CHROMIUM IS NOT INSTALLED: the browser tests are skipped (apt-get install chromium) !!!"

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not kept longer than for a module: Playwright's event loop would be in the way of other tests' own."""
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing; CI must look at the pages: apt-get install chromium")
        print(f"\n{LOUD}\n")
        pytest.skip(LOUD)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield browser
        browser.close()
