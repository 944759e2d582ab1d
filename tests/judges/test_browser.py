"""Chromium over a mail of every layout and set of languages: axe-core in light and dark, and inlining put to proof."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from lxml import html as parser  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Route, ViewportSize

from outreach.compose.section import Digest
from outreach.delivery.slots import LONGEST
from tests.builders_compose import compiled, event, news, reader
from tests.judges.mails import Shipped, one_of_each

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")

RUN = """async only => {
  const off = {region: {enabled: false}, 'landmark-one-main': {enabled: false}};
  const asked = only ? {runOnly: {type: 'rule', values: [only]}} : {rules: off};
  const found = await axe.run(document, {...asked, resultTypes: ['violations']});
  return found.violations.map(it => [it.id, it.nodes.map(node => node.html.slice(0, 120))]);
}"""
"""Without *only*: all that axe-core knows, but for landmarks: a mail is an article in the page of a mail program."""

PROPERTIES = (
    "color background-color font-family font-size font-style font-weight line-height letter-spacing text-align "
    "text-decoration-line text-transform display width max-width height overflow vertical-align border-collapse "
    "border-spacing border-top-left-radius border-bottom-right-radius "
    + " ".join(f"{kind}-{side}" for kind in ("margin", "padding") for side in ("top", "right", "bottom", "left"))
    + " "
    + " ".join(
        f"border-{side}-{what}" for side in ("top", "right", "bottom", "left") for what in ("width", "style", "color")
    )
).split()

STYLES = """properties => [...document.body.querySelectorAll('*'), document.body].map(it => {
  const computed = getComputedStyle(it);
  return [it.tagName + '.' + it.className, properties.map(name => computed.getPropertyValue(name))];
})"""


DESKTOP: ViewportSize = {"width": 1000, "height": 900}

Styles = list[tuple[str, list[str]]]
"""Every element, by its name and class, with the values of `PROPERTIES`."""

Change = tuple[str, str, str, str]
"""Element, property, as it was written, as it stands inlined."""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One window for all mails; pictures are a grey square, and nothing is asked of the network."""
    context = browser.new_context(viewport=DESKTOP)
    context.route("**/*", _picture)
    page = context.new_page()
    page.evaluate(AXE)  # stays while contents change
    yield page
    context.close()


def _picture(route: Route) -> None:
    square = '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="320"><rect width="640" height="320"/></svg>'
    route.fulfill(body=square, content_type="image/svg+xml")


def test_everybody_can_read_every_mail_in_light_and_in_dark(page: Page):
    assert {one.name: found for one in one_of_each() if (found := _violations(page, one.mail.html))} == {}


def _violations(page: Page, html: str) -> list[Any]:
    """Everything in light; in dark, where only colours differ, what depends on them."""
    page.emulate_media(color_scheme="light")
    page.set_content(html)
    found: list[Any] = page.evaluate(RUN, None)
    page.emulate_media(color_scheme="dark")
    return [*found, *page.evaluate(RUN, "color-contrast")]


def test_words_that_are_hard_to_read_in_the_dark_alone_are_noticed(page: Page):
    night = "<style>@media (prefers-color-scheme: dark) { body { background: #222 } }</style>"

    found = _violations(page, f"<html lang=nl><title>x</title>{night}<h1 style='color: #111'>Hallo</h1></html>")
    assert [rule for rule, _ in found] == ["color-contrast"]


def test_every_mail_looks_the_same_by_its_style_attributes_alone(page: Page):
    """What GMX and WEB.DE leave of a mail, beside the page as it was written."""
    assert {one.name: found for one in one_of_each() if (found := _changed(page, one))} == {}


def _changed(page: Page, one: Shipped) -> list[Change]:
    page.emulate_media(color_scheme="light")
    written = _styles(page, without(one.page, "//style[@data-premailer='ignore']"))
    inlined = _styles(page, without(one.message.html, "//style"))
    return differences(written, inlined)


def test_no_mail_is_wider_than_a_phone(page: Page):
    mails = {one.name: one.mail.html for one in one_of_each()} | {"endless words": _endless_words()}
    page.set_viewport_size({"width": 360, "height": 740})
    too_wide = {name: width for name, html in mails.items() if (width := _width(page, html)) > 360}
    page.set_viewport_size(DESKTOP)

    assert too_wide == {}


def _width(page: Page, html: str) -> int:
    page.set_content(html)
    return int(page.evaluate("document.documentElement.scrollWidth"))


def _endless_words() -> str:
    """News, events and a greeting whose every word is as long as it may be."""
    endless = "x" * 10_000
    digest = Digest((news(endless, body=endless),), (event(endless, body=endless, place=endless),))
    mail = compiled(content={"nl": digest})
    return mail.fill(reader(mail, salutation_nl="x" * LONGEST)).html


def test_a_style_that_is_lost_on_the_way_is_noticed(page: Page):
    written = _styles(page, "<style>.x { background-color: #a8431f; margin: 0 }</style><p class=x>Hallo</p>")
    inlined = _styles(page, "<p class=x style='margin: 0'>Hallo</p>")

    assert differences(written, inlined) == [("P.x", "background-color", "rgb(168, 67, 31)", "rgba(0, 0, 0, 0)")]


def without(html: str, what: str) -> str:
    page = parser.document_fromstring(html)
    for element in page.xpath(what):
        element.drop_tree()
    return "<!DOCTYPE html>" + parser.tostring(page, encoding="unicode")


def _styles(page: Page, html: str) -> Styles:
    page.set_content(html)
    return [(name, values) for name, values in page.evaluate(STYLES, PROPERTIES)]


def differences(written: Styles, inlined: Styles) -> list[Change]:
    assert [name for name, _ in inlined] == [name for name, _ in written]
    found = [
        (name, PROPERTIES[at], before, after)
        for (name, befores), (_, afters) in zip(written, inlined, strict=True)
        for at, (before, after) in enumerate(zip(befores, afters, strict=True))
        if before != after
    ]
    return list(dict.fromkeys(found))
