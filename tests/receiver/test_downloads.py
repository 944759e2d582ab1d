"""Pictures, papers and calendar files, and what is not given out."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from icalendar import Calendar

from outreach.model.tokens import Tokens
from outreach.receiver import create
from outreach.services import Services
from outreach.settings import Settings
from outreach.templating import environment
from tests.builders_compose import CAMPAIGN_TOML, NOW, TEMPLATES, campaign_folder
from tests.builders_mails import png
from tests.fakes import FakeProvider
from tests.receiver.client import Client

EVENT = """
[events.fachtag]
title = { nl = "Vakdag", de = "Fachtag" }
starts = 2026-12-03T10:00:00
ends = 2026-12-03T16:30:00
place = { nl = "De Brug", de = "De Brug" }
"""
ALONE = "default-src 'none'; sandbox"

Open = Callable[[], Client]


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    assets = campaign_folder(tmp_path, CAMPAIGN_TOML + EVENT) / "assets"
    assets.mkdir()
    shutil.copytree(TEMPLATES / "pages", folder / "pages")
    shutil.copy(TEMPLATES / "brand.toml", folder / "brand.toml")
    (assets / "foto.png").write_bytes(png())
    (assets / "paper.pdf").write_bytes(b"%PDF-1.4\n")
    (assets / "drawing.svg").write_text("<svg><script>alert(1)</script></svg>")
    (assets / "page.html").write_text("<script>alert(1)</script>")
    (assets / ".hidden.png").write_bytes(png())
    (assets / "deep").mkdir()
    (assets / "deep" / "foto.png").write_bytes(png())
    (assets / "link.png").symlink_to(folder / "brand.toml")
    return folder


@pytest.fixture
def door(templates: Path) -> Open:
    """The receiver without a database: giving out files needs none."""
    settings = Settings(_env_file=None, templates=templates, public_url="https://mail.example.org")
    tokens = Tokens("a-key-for-tests-that-is-long-enough")
    services = Services(settings, None, FakeProvider(), environment(templates), tokens, lambda: NOW)  # type: ignore[arg-type]
    return lambda: Client(create(services))


def test_a_picture_is_shown_and_kept_for_an_hour(door: Open):
    answer = door().get("/campaigns/x/assets/foto.png")

    assert (answer.status_code, answer.content) == (200, png())
    assert {name: answer.headers[name] for name in (
        "content-type", "content-disposition", "cache-control", "x-content-type-options", "content-security-policy"
    )} == {
        "content-type": "image/png",
        "content-disposition": 'inline; filename="foto.png"',
        "cache-control": "public, max-age=3600",
        "x-content-type-options": "nosniff",
        "content-security-policy": ALONE,
    }  # fmt: skip


def test_who_has_a_picture_already_is_not_sent_it_again(door: Open):
    client = door()
    tag = client.get("/campaigns/x/assets/foto.png").headers["etag"]

    again = client.get("/campaigns/x/assets/foto.png", {"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")


def test_a_paper_is_downloaded(door: Open):
    answer = door().get("/campaigns/x/assets/paper.pdf")

    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == (
        "application/pdf",
        'attachment; filename="paper.pdf"',
    )


@pytest.mark.parametrize(
    "path",
    [
        "x/assets/nothing.png",
        "x/assets/drawing.svg",
        "x/assets/page.html",
        "x/assets/.hidden.png",
        "x/assets/deep",
        "x/assets/deep/foto.png",
        "x/assets/deep%2Ffoto.png",
        "x/assets/link.png",
        "x/assets/..%2Fcampaign.toml",
        "x/assets/%2e%2e%2fcampaign.toml",
        "x/assets/..%5ccampaign.toml",
        "x/assets/foto.png%00.pdf",
        "x/assets/" + "a" * 3000 + ".png",
        "..%2Fcampaigns%2Fx/assets/foto.png",
        "y/assets/foto.png",
        "x/events/nothing.ics",
        "y/events/fachtag.ics",
    ],
)
def test_nothing_else_is_given_out(door: Open, path: str):
    assert door().get(f"/campaigns/{path}").status_code == 404


@pytest.mark.parametrize(
    ("query", "title"), [("?lang=de", "Fachtag"), ("?lang=nl", "Vakdag"), ("?lang=fr", "Vakdag"), ("", "Vakdag")]
)
def test_an_event_comes_as_a_calendar_file_in_the_readers_language(door: Open, query: str, title: str):
    answer = door().get(f"/campaigns/x/events/fachtag.ics{query}")

    (entry,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert (str(entry["SUMMARY"]), str(entry["UID"])) == (title, "fachtag.x@example.org")
    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == (
        "text/calendar; charset=utf-8",
        'attachment; filename="fachtag.ics"',
    )


def test_the_event_of_a_folder_that_cannot_be_read_is_not_found(door: Open, templates: Path):
    client = door()
    (templates / "campaigns" / "x" / "campaign.toml").write_text("title = ")

    assert client.get("/campaigns/x/events/fachtag.ics").status_code == 404


def test_the_house_has_a_logo_where_its_brand_says_so(door: Open, templates: Path):
    without = door().get("/static/logo").status_code
    (templates / "logo.png").write_bytes(png())
    with (templates / "brand.toml").open("a", encoding="utf-8") as brand:
        brand.write('\n[logo_image]\nfile = "logo.png"\nwidth = 40\nheight = 40\nalt = { nl = "Een blad" }\n')

    answer = door().get("/static/logo")

    assert (without, answer.status_code, answer.content) == (404, 200, png())
