"""The preview as a comms officer has it open: it follows what is saved, is dark where it says so, and passes axe."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from outreach.preview import create
from outreach.services import Services
from tests.browser.conftest import serving
from tests.browser.test_people_pages import AXE
from tests.builders_preview import changed, with_campaign

pytestmark = pytest.mark.browser

RUN = """async () => (await axe.run(document, {iframes: false})).violations.map(
  it => [it.id, it.nodes.map(node => node.html.slice(0, 120))])"""
"""The mails in the frames are judged by themselves; no script can reach into them."""


@pytest.fixture
def folder(services: Services, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    own, folder = with_campaign(services, tmp_path)
    with serving(create(own)) as address:
        yield address, folder


def violations(page: Page) -> list[Any]:
    found = []
    page.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += page.evaluate(RUN)
    return found


def test_the_page_follows_what_is_saved_and_whoever_types_is_not_disturbed(folder: tuple[str, Path], page: Page):
    address, files = folder
    page.goto(f"{address}/?campaign=x&wave=start&colours=both&variant=nl")
    dark = page.frame_locator('iframe[title="Dutch, phone, dark"]')
    light = page.frame_locator('iframe[title="Dutch, phone, light"]')
    expect(dark.get_by_text("Een tekst.")).to_be_visible()
    grounds = [each.locator("body").evaluate("it => getComputedStyle(it).backgroundColor") for each in (dark, light)]
    assert grounds == ["rgb(23, 20, 18)", "rgb(244, 237, 227)"]
    assert violations(page) == []

    page.get_by_text("Send a test").click()
    page.get_by_label("To whom").fill("Noor <noor@example.org>")
    changed(files / "start.nl.md", {"Een tekst.": "Een andere tekst.\n\n" + "✎ nog iets\n\n" * 9})
    expect(light.get_by_text("Een andere tekst.")).to_be_visible()
    expect(page.get_by_text("9 to mend")).to_be_visible()
    assert violations(page) == []
    changed(files / "campaign.toml", {'call = "join"': 'call = "jion"'})
    expect(
        page.get_by_text("campaign.toml: line 28: waves.start.call: unknown call 'jion'; known: join")
    ).to_be_visible()
    assert violations(page) == []
    changed(files / "campaign.toml", {'call = "jion"': 'call = "join"'})
    expect(light.get_by_text("Een andere tekst.")).to_be_visible()
    expect(page.get_by_label("To whom")).to_have_value("Noor <noor@example.org>")

    page.get_by_role("button", name="Send the test").press("Enter")
    expect(page.get_by_text("noor@example.org, Dutch: accepted")).to_be_visible()
    page.get_by_role("radio", name="Plain text").check()
    expect(page.get_by_role("region", name="Plain text, Dutch", exact=True)).to_contain_text("Een andere tekst.")
    assert violations(page) == []
