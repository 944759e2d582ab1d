"""Subscribing and preferences by keyboard alone, and axe-core over every public page, in light and in dark."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import func, select

from outreach.model.people import Basis, Consent, ConsentAct
from outreach.services import Services
from outreach.store import consents
from outreach.store.tables import ContactRow, LetterRow, SignupRow
from tests.browser.test_pages import sent_empty, tab_to
from tests.builders_engagement import registered, sent
from tests.builders_subscriptions import ledger
from tests.conftest import NOON

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")

RUN = """async rules => {
  const options = rules.length ? {runOnly: {type: 'rule', values: rules}} : {};
  const found = await axe.run(document, options);
  return found.violations.map(it => [it.id, it.nodes.map(node => node.html.slice(0, 120))]);
}"""
"""Without *rules*: all that axe-core knows of WCAG 2.2 A and AA, and its best practices."""


def violations(page: Page) -> list[Any]:
    """Everything in light; in dark, where only colours differ, what depends on them."""
    page.emulate_media(color_scheme="light")
    found: list[Any] = page.evaluate(RUN, [])
    page.emulate_media(color_scheme="dark")
    return [*found, *page.evaluate(RUN, ["color-contrast"])]


def newest(services: Services, delivery: Any) -> int:
    with services.sessions() as session:
        found: int = session.scalars(select(func.max(delivery))).one()
        return found


def press_on(page: Page, selector: str, key: str) -> None:
    tab_to(page, selector)
    page.keyboard.press(key)


def test_somebody_subscribes_confirms_and_changes_their_mind_by_keyboard_alone(
    services: Services, site: str, page: Page
) -> None:
    page.goto(f"{site}/subscribe?lang=nl")
    press_on(page, "#q-topic_poverty", "Space")
    tab_to(page, "#q-email")
    page.keyboard.type("bo@example.org")
    press_on(page, "button[type=submit]", "Enter")
    page.wait_for_url("**/subscribe/sent?lang=nl")
    page.get_by_role("heading", name="Kijk in uw mail").wait_for()
    page.goto(f"{site}/confirm/{services.tokens.confirm(1)}?lang=nl")
    press_on(page, "button[type=submit]", "Enter")
    page.get_by_role("heading", name="U bent aangemeld").wait_for()

    page.goto(f"{site}/preferences/{services.tokens.preferences(1)}?lang=nl")
    press_on(page, "#q-topic_poverty", "Space")
    press_on(page, "#q-topic_solidary-economy", "Space")
    tab_to(page, "#q-every")
    page.keyboard.press("ArrowDown")
    press_on(page, "form[action*=preferences] button[type=submit]", "Enter")
    page.get_by_role("status").wait_for()

    assert page.get_by_role("status").get_by_role("listitem").all_inner_texts() == [
        "Afgemeld voor: Armoede en moedige mensen.",
        "Hoe vaak: Hooguit één mail per week.",
        "We hebben een mail gestuurd naar bo@example.org. Bevestig daarin wat u weer of nieuw wilt krijgen; eerder"
        " geldt het niet.",
    ]
    assert ledger(services.sessions) == [("poverty", "given"), ("poverty", "withdrawn")]
    with services.sessions() as session:
        assert session.scalars(select(ContactRow.frequency)).all() == ["weekly"]


def test_no_page_keeps_anybody_out_in_light_or_in_dark(services: Services, site: str, browser: Browser) -> None:
    context = browser.new_context(locale="nl-NL", viewport={"width": 390, "height": 800})
    context.add_init_script(AXE)
    page = context.new_page()
    mail = sent(services.sessions)
    registered(services.sessions, mail.campaign)
    member = Consent("social-work", ConsentAct.GIVEN, Basis.MEMBERSHIP, "", "a file", NOON)
    with services.sessions.begin() as session:
        consents.write(session, [(mail.contacts[0], member)])
    preferences = f"/preferences/{services.tokens.preferences(mail.deliveries[0])}"
    found = {}

    def look(name: str, step: Callable[[], object]) -> None:
        step()
        page.get_by_role("contentinfo").wait_for()
        page.wait_for_load_state("load")
        found[name] = violations(page)

    def go(path: str) -> Callable[[], object]:
        return lambda: page.goto(f"{site}{path}")

    def press(name: str) -> Callable[[], object]:
        return lambda: page.get_by_role("button", name=name).click()

    look("index", go("/"))
    look("campaign", go("/campaigns/golden"))
    look("call", go("/calls/golden-municipality"))
    look("call, faults", lambda: sent_empty(page))
    look("thanks", go("/calls/golden-municipality/thanks"))
    look("unsubscribe", go(f"/u/{services.tokens.unsubscribe(mail.deliveries[0])}"))
    look("unsubscribed", press("Afmelden"))
    look("subscribe", go("/subscribe"))
    look("subscribe, faults", press("Aanmelden"))
    page.get_by_label("Armoede en moedige mensen").check()
    page.get_by_label("Uw e-mailadres").fill("bo@example.org")
    look("subscribed", press("Aanmelden"))
    confirm = f"/confirm/{services.tokens.confirm(newest(services, SignupRow.delivery_id))}"
    look("confirm", go(confirm))
    look("confirmed", press("Ja, meld mij aan"))
    look("confirmed already", go(confirm))
    look("preferences", go(preferences))
    look("why", go(f"{preferences}/why"))
    page.goto(f"{site}{preferences}")
    page.get_by_label("Schrijf mij nooit meer").check()
    look("preferences, saved", press("Opslaan"))
    look("link sent", press("Stuur mij die link"))
    look("rights", go(f"/rights/{services.tokens.rights(newest(services, LetterRow.delivery_id))}"))
    look("forgotten", press("Ja, vergeet mij"))
    look("link", go("/preferences"))
    look("link, faults", press("Stuur mij de link"))
    look("privacy", go("/privacy"))
    look("problem", go("/nothing"))

    context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}
