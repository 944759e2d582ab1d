import asyncio

import httpx
import pytest

from outreach.demo.feed_server import TYPES, app, render
from outreach.errors import FeedBroken
from outreach.feeds import reading
from outreach.model.content import FeedItem
from tests.builders_feeds import NOW


def read(name: str) -> list[FeedItem]:
    return reading.read(render(NOW)[name].body, f"http://feeds.example.org/{name}", NOW)


def get(path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app(NOW))
        async with httpx.AsyncClient(transport=transport, base_url="http://feeds.example.org") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize(("name", "least"), [("nieuws.rss", 6), ("nachrichten.atom", 6), ("verhalen.json", 3)])
def test_a_demo_feed_holds_complete_news(name: str, least: int):
    items = read(name)

    assert len(items) >= least
    assert all(item.title and item.body and item.link.startswith("https://") for item in items)
    assert all(item.published and item.published < NOW for item in items)


def test_the_dutch_calendar_holds_coming_events():
    items = read("agenda.ics")

    assert len(items) >= 4
    assert all(item.starts and item.starts > NOW and item.place and not item.cancelled for item in items)


def test_the_german_calendar_holds_a_series_and_a_cancellation():
    items = read("termine.ics")

    assert sum("/" in item.uid for item in items) == 4
    assert [item.title for item in items if item.cancelled] == ["Entfällt: Rundgang durch das Mühlbachviertel"]


def test_one_demo_feed_is_broken():
    with pytest.raises(FeedBroken, match="the feed is cut off"):
        read("kapot.xml")


@pytest.mark.parametrize("name", list(TYPES))
def test_a_document_is_served_with_its_type_and_known_by_tag_or_time(name: str):
    first = get(f"/{name}")

    assert (first.status_code, first.headers["content-type"]) == (200, TYPES[name])
    assert get(f"/{name}", {"If-None-Match": first.headers["etag"]}).status_code == 304
    assert get(f"/{name}", {"If-None-Match": '"other"'}).status_code == 200
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert get(f"/{name}", since).status_code == 304


def test_tags_stay_the_same_for_the_same_start():
    assert render(NOW) == render(NOW)


def test_what_is_not_served_is_not_found():
    assert get("/x").status_code == 404
