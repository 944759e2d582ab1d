"""The pictures that feeds and calendars put beside their items."""

import json

import pytest

from outreach.feeds import reading
from outreach.model.content import FeedItem
from tests.builders_feeds import NOW, entry, event, ics, rss

SOURCE = "https://bron.example.org/feed"
SPACES = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'


def only(body: bytes) -> FeedItem:
    [item] = reading.read(body, SOURCE, NOW)
    return item


def of_rss(element: str) -> str:
    return only(rss(entry(1) + element).replace(b'version="2.0"', f'version="2.0" {SPACES}'.encode())).image


@pytest.mark.parametrize(
    ("element", "image"),
    [
        ('<enclosure url="https://e.example.org/a.jpg" type="image/jpeg" length="1"/>', "https://e.example.org/a.jpg"),
        ('<enclosure url="https://e.example.org/a.mp3" type="audio/mpeg" length="1"/>', ""),
        ('<enclosure url="http://e.example.org/a.jpg" type="image/jpeg" length="1"/>', ""),
        ('<enclosure url="https://e.example.org/a.svg" type="image/svg+xml" length="1"/>', ""),
        ('<media:content url="https://e.example.org/b" medium="image"/>', "https://e.example.org/b"),
        ('<media:content url="https://e.example.org/b.svg" medium="image"/>', ""),
        ('<media:content url="https://e.example.org/b.PNG?w=600"/>', "https://e.example.org/b.PNG?w=600"),
        ('<media:content url="https://[e.example.org/b.png"/>', ""),
        ('<media:group><media:content url="https://e.example.org/v.mp4" type="video/mp4"/></media:group>', ""),
        ('<media:thumbnail url="https://e.example.org/c"/>', "https://e.example.org/c"),
        ('<itunes:image href="https://e.example.org/d.png"/>', "https://e.example.org/d.png"),
        ('<media:thumbnail url="javascript:alert(1)"/>', ""),
        ('<media:thumbnail url=" https://e.example.org/a b.png "/>', ""),
    ],
)
def test_rss_names_pictures_in_many_ways(element: str, image: str):
    assert of_rss(element) == image


def test_the_first_picture_that_can_be_shown_is_taken():
    unsafe = '<media:content url="http://e.example.org/a.png" type="image/png"/>'

    assert of_rss(f'{unsafe}<media:thumbnail url="https://e.example.org/b.png"/>') == "https://e.example.org/b.png"


def test_atom_says_what_its_picture_shows():
    link = '<link rel="enclosure" type="image/png" title="Een &lt;b&gt;boom&lt;/b&gt;" href="https://e.example.org/i"/>'
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>f</title><id>f</id><updated>2026-01-01T00:00:00Z</updated>'
        f"<entry><id>1</id><title>t</title>{link}<updated>2026-01-01T00:00:00Z</updated></entry></feed>"
    )

    item = only(body.encode())

    assert (item.image, item.image_alt) == ("https://e.example.org/i", "Een boom")


@pytest.mark.parametrize(
    ("given", "image"),
    [
        ({"image": "https://e.example.org/1.png"}, "https://e.example.org/1.png"),
        ({"banner_image": "https://e.example.org/2.png"}, "https://e.example.org/2.png"),
        ({"image": 7, "banner_image": "http://e.example.org/2.png"}, ""),
    ],
)
def test_json_feed_has_two_words_for_it(given: dict[str, object], image: str):
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "t", **given}]}

    assert only(json.dumps(feed).encode()).image == image


@pytest.mark.parametrize(
    ("line", "image"),
    [
        ("IMAGE;VALUE=URI;DISPLAY=BADGE:https://e.example.org/i", "https://e.example.org/i"),
        ("IMAGE;VALUE=BINARY;ENCODING=BASE64;FMTTYPE=image/png:aGVq", ""),
        ("ATTACH;FMTTYPE=image/jpeg:https://e.example.org/j", "https://e.example.org/j"),
        ("ATTACH;FMTTYPE=application/pdf:https://e.example.org/j.pdf", ""),
        ("ATTACH:https://e.example.org/j.png", "https://e.example.org/j.png"),
    ],
)
def test_a_calendar_has_images_and_attachments(line: str, image: str):
    assert only(ics(event("a", "DTSTART:20261201T100000Z", line))).image == image
