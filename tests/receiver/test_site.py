"""Public pages and what every answer carries."""

import html
import re
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.campaigns.read import load_campaign
from outreach.receiver import create
from outreach.receiver.headers import PAGE_POLICY, SAFE
from outreach.receiver.language import Said, said
from outreach.services import Services
from outreach.steps.content import add_source
from outreach.store.tables import ContentRow
from outreach.templating import environment
from tests.builders_engagement import everything, nomination, registered, sent
from tests.conftest import NOON, FakeClock
from tests.receiver.client import Client


def test_the_index_lists_what_is_open(services: Services, client: Client, clock: FakeClock) -> None:
    one, over = sent(services.sessions), sent(services.sessions, slug="over")
    registered(services.sessions, one.campaign)
    registered(services.sessions, over.campaign, nomination(slug="over-call", closes=NOON))

    page = client.get("/").text

    assert re.findall(r'<h2[^>]*><a href="([^"]+)"', page) == ["/campaigns/golden?lang=nl"]
    assert 'href="/calls/golden-municipality?lang=nl"' in page
    assert "0 van 10" in page


def test_an_empty_house_says_so(services: Services, client: Client) -> None:
    assert "No campaign is open" in client.get("/?lang=en").text


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "nl"),
        ("", "de-AT,de;q=0.9,en;q=0.5", "de"),
        ("", "fr, en;q=0.8, nl;q=0.7", "en"),
        ("", "fr;q=1, xx", "nl"),
        ("", "de;q=0, en;q=nonsense", "nl"),
        ("?lang=en", "de", "en"),
        ("?lang=fr", "de", "de"),
    ],
)
def test_pages_speak_the_readers_language(client: Client, query: str, accepted: str, language: str) -> None:
    answer = client.get(f"/{query}", {"Accept-Language": accepted})

    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}">' in answer.text


def test_words_missing_in_a_language_keep_their_own() -> None:
    assert said({"de": "Hallo", "nl": "Dag"}, "en", ("de", "nl")) == Said("Hallo", "de")
    assert said({"fr": "Salut"}, "en", ("de",)) == Said("Salut", "fr")
    assert said({}, "en") == Said("", "en")


@pytest.mark.parametrize("path", ["/", "/nothing", "/calls/golden-municipality", "/static/site.css", "/healthz"])
def test_every_answer_is_safe(services: Services, client: Client, path: str) -> None:
    registered(services.sessions, sent(services.sessions).campaign)

    answer = client.get(path)

    assert {name: answer.headers[name] for name in SAFE if name != "Cache-Control"} == {
        name: value for name, value in SAFE.items() if name != "Cache-Control"
    }
    assert answer.headers["content-security-policy"] == PAGE_POLICY


@pytest.mark.parametrize("path", ["/", "/nothing", "/calls/golden-municipality", "/calls/golden-municipality/thanks"])
def test_pages_hold_no_script_and_no_style_of_their_own(services: Services, client: Client, path: str) -> None:
    registered(services.sessions, sent(services.sessions).campaign)

    page = client.get(path).text

    assert re.findall(r"<script|<style|style=|\bon\w+=|javascript:", page) == []


def test_the_switch_keeps_the_mail_that_led_here(services: Services, client: Client) -> None:
    mail = sent(services.sessions)
    registered(services.sessions, mail.campaign)
    rid = services.tokens.rid(mail.deliveries[0])

    page = client.get(f"/calls/golden-municipality?lang=nl&r={rid}").text

    assert f'href="/calls/golden-municipality?lang=de&amp;r={rid}" hreflang="de"' in page


def test_the_house_has_its_colours_as_css(client: Client) -> None:
    answer = client.get("/static/brand.css")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert re.fullmatch(r"(:root \{ (--[a-z-]+: #[0-9a-f]{6}; )+\}\n@media .*\n)?", answer.text)


def test_health_says_whether_the_database_answers(services: Services, client: Client) -> None:
    before = everything(services.sessions)

    answer = client.get("/healthz")

    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert everything(services.sessions) == before


def test_a_campaign_shows_what_it_demands_and_what_is_new(services: Services, client: Client) -> None:
    mail = sent(services.sessions, slug="sociaal-werkers")
    registered(services.sessions, mail.campaign)
    registered(services.sessions, mail.campaign, nomination(slug="earlier", closes=NOON))
    pulled(services, "Nieuws <b>vet</b>", "https://www.example.org/1", NOON - timedelta(days=1))
    pulled(services, "Bijeenkomst", "javascript:alert(1)", NOON, starts=NOON + timedelta(days=9), place="Den Haag")

    page = client.get("/campaigns/sociaal-werkers?lang=nl").text

    demands = load_campaign(services.settings.templates, "sociaal-werkers").demands["nl"]
    assert re.findall(r'<li lang="nl">(.+)</li>', page) == [html.escape(demand) for demand in demands]
    assert '<a href="https://www.example.org/1" rel="noopener noreferrer">Nieuws &lt;b&gt;vet&lt;/b&gt;</a>' in page
    assert "19 november 2026" in page
    assert "zondag 29 november 2026, 13:00 uur" in page
    assert "javascript:" not in page
    assert re.findall(r"<h2[^>]*>([^<]+)</h2>", page) == [
        "Wat wij vragen",
        "Doe mee",
        "Nieuws",
        "Bijeenkomsten",
        "Afgerond",
    ]


def test_a_call_without_a_folder_has_a_page_too(services: Services, client: Client) -> None:
    mail = sent(services.sessions, slug="one-off")
    registered(services.sessions, mail.campaign)

    page = client.get("/campaigns/one-off?lang=en").text

    assert '<h1 lang="nl">Gouden gemeente</h1>' in page
    assert re.findall(r"<h2[^>]*>([^<]+)</h2>", page) == ["Join in"]


def test_a_folder_that_cannot_be_read_costs_the_demands_only(services: Services, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(services.settings.templates / "pages", templates / "pages")
    (templates / "campaigns" / "golden").mkdir(parents=True)
    (templates / "campaigns" / "golden" / "campaign.toml").write_text("title = ")
    settings = services.settings.model_copy(update={"templates": templates})
    sent(services.sessions)
    client = Client(create(replace(services, settings=settings, templates=environment(templates))))

    answer = client.get("/campaigns/golden")

    assert (answer.status_code, client.get("/static/brand.css").text) == (200, "")


def pulled(services: Services, title: str, link: str, published: datetime, **event: Any) -> None:
    source = add_source(services, f"https://www.example.org/{title[:3]}.xml", topic="social-work", language="nl")
    with services.sessions.begin() as session:
        session.add(
            ContentRow(
                source_id=source,
                uid=link,
                kind="event" if event else "news",
                topic="social-work",
                language="nl",
                title=title,
                link=link,
                body="",
                published=published,
                cancelled=False,
                revision=1,
                digest="",
                seen_at=NOON,
                **({"place": ""} | event),
            )
        )
