"""What people do on the public pages, in a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from outreach.services import Services
from outreach.store.tables import ConsentRow, SubmissionRow, SuppressionRow
from tests.builders_engagement import answers, everything, registered, sent

pytestmark = pytest.mark.browser

SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea')]
  .filter(it => !it.closest('.hidden-field') && !it.matches('.skip') && it.getClientRects().length)
  .map(it => [it.outerHTML.slice(0, 80), it.getBoundingClientRect()])
  .filter(([_, box]) => box.width < 24 || box.height < 24)
  .map(([name]) => name)"""

SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"

LABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(it => !it.labels.length).map(it => it.outerHTML)"""

CONTRAST = """() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = it => {
    for (; it; it = it.parentElement) {
      const colour = rgb(getComputedStyle(it).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter(it => [...it.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
    .filter(it => !it.closest('.hidden-field') && it.getClientRects().length)
    .map(it => {
      const [a, b] = [light(rgb(getComputedStyle(it).color)), light(ground(it))].sort((x, y) => y - x);
      return [it.outerHTML.slice(0, 80), (a + 0.05) / (b + 0.05)];
    })
    .filter(([_, ratio]) => ratio < 4.5);
}"""


def stored(services: Services) -> list[tuple[int | None, dict[str, Any]]]:
    with services.sessions.begin() as session:
        return [(row.contact_id, row.answers) for row in session.scalars(select(SubmissionRow))]


def sent_empty(page: Page) -> None:
    page.get_by_role("button", name="Draag voor").click()
    page.get_by_role("alert").wait_for()


def tab_to(page: Page, selector: str) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    pytest.fail(f"the keyboard does not lead to {selector}")


def test_a_municipality_is_nominated_by_keyboard_alone(services: Services, site: str, page: Page) -> None:
    mail = sent(services.sessions)
    registered(services.sessions, mail.campaign)
    page.goto(f"{site}/calls/golden-municipality?r={services.tokens.rid(mail.deliveries[0])}")

    tab_to(page, "#q-municipality")
    page.keyboard.type("Voorbeeldstad")
    tab_to(page, "#q-theme")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#q-reason")
    page.keyboard.type("Ze luisteren.")
    page.keyboard.press("Enter")
    page.keyboard.type("En ze doen iets.")
    tab_to(page, "#q-email")
    page.keyboard.type("bo@example.org")
    tab_to(page, "#q-name")
    page.keyboard.type("Bo Voorbeeld")
    tab_to(page, "#q-agreed")
    page.keyboard.press("Space")
    tab_to(page, "button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/thanks?lang=nl")

    assert page.get_by_role("heading", level=1).inner_text() == "Dank u wel!"
    assert page.get_by_role("progressbar").get_attribute("value") == "1"
    assert stored(services) == [(mail.contacts[0], answers())]


def test_faults_lead_to_their_questions(services: Services, site: str, page: Page) -> None:
    registered(services.sessions, sent(services.sessions).campaign)
    page.goto(f"{site}/calls/golden-municipality")
    page.get_by_label("Uw e-mailadres").fill("bo@")

    page.get_by_role("button", name="Draag voor").click()
    page.get_by_role("alert").get_by_role("link", name="Uw e-mailadres").click()

    assert page.evaluate("() => document.activeElement.id") == "q-email"
    assert page.get_by_label("Uw e-mailadres").input_value() == "bo@"
    assert page.get_by_label("Uw e-mailadres").get_attribute("aria-invalid") == "true"
    assert stored(services) == []


def test_a_reader_unsubscribes_from_everything(services: Services, site: str, page: Page) -> None:
    mail = sent(services.sessions)
    page.goto(f"{site}/u/{services.tokens.unsubscribe(mail.deliveries[0])}")
    before = everything(services.sessions)
    page.reload()
    assert everything(services.sessions) == before

    page.get_by_label("Stop ook alle andere mails van ons").check()
    page.get_by_role("button", name="Afmelden").click()

    assert page.get_by_role("heading", level=1).inner_text() == "U bent afgemeld"
    with services.sessions.begin() as session:
        assert session.scalars(select(ConsentRow.act)).all() == ["withdrawn"]
        assert session.scalars(select(SuppressionRow.email)).all() == ["golden-reader0@example.org"]


def test_the_language_can_be_changed(services: Services, site: str, page: Page) -> None:
    registered(services.sessions, sent(services.sessions).campaign)
    page.goto(f"{site}/calls/golden-municipality")

    page.get_by_role("link", name="Deutsch").click()

    assert page.get_by_role("heading", level=1).inner_text() == "Schlagen Sie eine goldene Gemeinde vor"
    assert page.evaluate("() => document.documentElement.lang") == "de"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_read_and_used_by_everybody(services: Services, site: str, browser: Browser, scheme: Any) -> None:
    mail = sent(services.sessions)
    registered(services.sessions, mail.campaign)
    context = browser.new_context(locale="nl-NL", viewport={"width": 320, "height": 700}, color_scheme=scheme)
    page = context.new_page()
    steps: dict[str, Callable[[], object]] = {
        "index": lambda: page.goto(f"{site}/"),
        "form": lambda: page.goto(f"{site}/calls/golden-municipality"),
        "faults": lambda: sent_empty(page),
        "thanks": lambda: page.goto(f"{site}/calls/golden-municipality/thanks"),
        "unsubscribe": lambda: page.goto(f"{site}/u/{services.tokens.unsubscribe(mail.deliveries[0])}"),
        "missing": lambda: page.goto(f"{site}/nothing"),
    }

    found = {}
    for name, step in steps.items():
        step()
        page.get_by_role("contentinfo").wait_for()
        page.wait_for_load_state("load")
        found[name] = {
            "unlabelled": page.evaluate(LABELLED),
            "small": page.evaluate(SMALL_TARGETS),
            "pale": page.evaluate(CONTRAST),
            "sideways": page.evaluate(SIDEWAYS),
            "headings": page.get_by_role("heading", level=1).count(),
        }
    context.close()

    well = {"unlabelled": [], "small": [], "pale": [], "sideways": False, "headings": 1}
    assert found == dict.fromkeys(steps, well)
