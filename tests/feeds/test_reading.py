from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import FeedBroken
from outreach.feeds import reading
from outreach.model.content import FeedItem
from tests.builders_feeds import NOW, entry, event, ics, rss, utc

FIXTURES = Path(__file__).parent / "fixtures"
SOURCE = "https://bron.example.org/feed"


def read(name: str) -> list[FeedItem]:
    return reading.read((FIXTURES / name).read_bytes(), SOURCE, NOW)


def by_title(items: list[FeedItem]) -> dict[str, FeedItem]:
    return {item.title: item for item in items}


def why(body: bytes) -> str:
    with pytest.raises(FeedBroken) as caught:
        reading.read(body, SOURCE, NOW)
    assert caught.value.url == SOURCE
    return caught.value.why


def test_a_careless_rss_feed_gives_every_item_that_has_words():
    assert sorted(by_title(read("slordig.rss"))) == [
        "Alleen de hele tekst",
        "Geen titel, wel een tekst die lang genoeg is om er een kop van te maken, en…",
        "Gevaarlijke link",
        "Vet & scheef",
        "Zelfde guid",
        "Zelfde guid, ander stuk",
        "Zonder guid",
    ]


def test_markup_and_scripts_leave_plain_words():
    found = by_title(read("slordig.rss"))["Vet & scheef"]

    assert found == FeedItem(
        uid="een",
        title="Vet & scheef",
        link="https://slordig.example.org/1",
        body="Eerste alinea.\nTweede.",
        published=utc(2026, 11, 13, 9),
    )


def test_without_a_guid_the_link_tells_items_apart_and_is_made_whole():
    found = by_title(read("slordig.rss"))["Zonder guid"]

    assert (found.uid, found.link) == ("https://bron.example.org/2", "https://bron.example.org/2")
    assert found.published == utc(2026, 11, 12, 23)


def test_a_repeated_guid_is_told_apart_by_the_link():
    uids = {item.title: item.uid for item in read("slordig.rss") if item.title.startswith("Zelfde")}

    assert len(set(uids.values())) == 2
    assert all(uid.startswith("dubbel#") for uid in uids.values())


def test_an_unsafe_link_is_replaced_by_the_feeds_home_page_and_the_item_kept():
    found = by_title(read("slordig.rss"))["Gevaarlijke link"]

    assert (found.uid, found.link, found.published) == ("vijf", "https://slordig.example.org/", None)


def test_a_feed_with_a_malformed_entry_keeps_the_good_ones():
    assert {item.uid: item.title for item in read("halfkapot.atom")} | {"urn:2": ""} == {
        "urn:1": "Gut & gern",
        "urn:2": "",
        "urn:3": "Letzter",
    }


def test_a_time_without_a_zone_is_meant_at_home():
    assert {item.uid: item.published for item in read("halfkapot.atom")}["urn:1"] == utc(2026, 11, 13, 9)


def test_entity_bombs_and_files_are_not_opened():
    [found] = read("bom.rss")

    assert "root:" not in found.body
    assert len(found.body) < 200


def test_a_json_feed_is_read_with_its_oddities():
    found = by_title(read("verhalen.json"))

    assert sorted(found) == ["Geen id", "Vreemd", "Zeven & acht", "Zonder titel, alleen tekst."]
    assert found["Zeven & acht"] == FeedItem(
        uid="7",
        title="Zeven & acht",
        link="https://bron.example.org/zeven",
        body="Kort.",
        language="de-DE",
        published=utc(2026, 11, 13, 9),
    )
    assert found["Zonder titel, alleen tekst."].link == "https://elders.example.org/"
    assert found["Geen id"].published == utc(2026, 11, 13, 23)
    assert found["Vreemd"].link == "https://v.example.org/"


def test_a_calendar_is_read_with_its_oddities():
    found = {item.uid: item for item in read("agenda.ics")}

    assert sorted(found) == [
        "afgelast",
        "dagen",
        "outlook",
        "wekelijks/20261123T080000Z",
        "wekelijks/20261130T080000Z",
        "wekelijks/20261207T080000Z",
        "wekelijks/20261214T080000Z",
        "zwevend",
    ]
    assert found["outlook"] == FeedItem(
        uid="outlook",
        title="Overleg vet, met soep",
        link="",
        body="Regel een",
        published=utc(2026, 11, 1, 8),
        starts=utc(2026, 12, 1, 9),
        ends=utc(2026, 12, 1, 10, 30),
        place="Zaal 1, Elzenbroek",
    )


def test_a_floating_time_and_whole_days_are_meant_in_the_calendars_zone():
    found = {item.uid: item for item in read("agenda.ics")}

    assert found["zwevend"].starts == utc(2026, 12, 2, 9)
    assert (found["dagen"].starts, found["dagen"].ends) == (utc(2026, 12, 2, 23), utc(2026, 12, 5, 23))


def test_cancelled_and_struck_out_occurrences_are_told():
    found = {item.uid: item.cancelled for item in read("agenda.ics")}

    assert [uid for uid, cancelled in found.items() if cancelled] == ["wekelijks/20261130T080000Z", "afgelast"]


def test_a_moved_occurrence_keeps_its_place_in_the_series():
    found = {item.uid: item for item in read("agenda.ics")}

    assert found["wekelijks/20261207T080000Z"].starts == utc(2026, 12, 8, 12)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=3",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYSETPOS=5",
        "FREQ=DAILY;INTERVAL=7;BYDAY=WE",
        "FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5",
        "INTERVAL=2",
        "FREQ=NEVER",
    ],
)
def test_a_rule_that_could_run_for_long_is_refused_and_the_rest_kept(rule: str):
    body = ics(event("slecht", "DTSTART:20261201T100000Z", f"RRULE:{rule}"), event("goed"))

    assert [item.uid for item in reading.read(body, SOURCE, NOW)] == ["goed"]


def test_an_hourly_rule_from_long_ago_is_refused():
    body = ics(event("slecht", "DTSTART:19700101T100000Z", "RRULE:FREQ=HOURLY"), event("goed"))

    assert [item.uid for item in reading.read(body, SOURCE, NOW)] == ["goed"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=2",
        "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1;COUNT=2",
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1;COUNT=2",
        "FREQ=DAILY;COUNT=2",
    ],
)
def test_ordinary_rules_are_expanded(rule: str):
    body = ics(event("a", "DTSTART:20261201T100000Z", f"RRULE:{rule}"))

    assert len(reading.read(body, SOURCE, NOW)) == 2


def test_an_endless_series_ends_400_days_ahead():
    body = ics(event("a", "DTSTART:20261201T100000Z", "RRULE:FREQ=DAILY"))

    starts = [item.starts for item in reading.read(body, SOURCE, NOW) if item.starts]

    assert (min(starts), max(starts)) == (utc(2026, 12, 1, 10), utc(2027, 12, 25, 10))


def test_several_calendars_in_one_document_are_all_read():
    assert {item.uid for item in reading.read(ics(event("a")) + ics(event("b")), SOURCE, NOW)} == {"a", "b"}


def test_an_older_sequence_gives_way():
    body = ics(
        event("a", "DTSTART:20261202T100000Z", "SEQUENCE:2"), event("a", "DTSTART:20261201T100000Z", "SEQUENCE:1")
    )

    assert [item.starts for item in reading.read(body, SOURCE, NOW)] == [utc(2026, 12, 2, 10)]


def test_a_calendar_in_an_old_encoding_is_read():
    body = ics(event("a", "DTSTART:20261201T100000Z", "LOCATION:Café")).decode().encode("cp1252")

    assert [item.place for item in reading.read(body, SOURCE, NOW)] == ["Café"]


def test_what_a_document_is_its_content_decides():
    assert len(reading.read(b"\xef\xbb\xbf \n" + rss(entry(1)), SOURCE, NOW, content_type="text/calendar")) == 1
    assert len(reading.read(b"\xef\xbb\xbf" + ics(event()), SOURCE, NOW, content_type="text/html")) == 1


def test_a_feed_in_utf_16_is_read():
    body = rss(entry(1, "Crème")).decode().replace("UTF-8", "UTF-16").encode("utf-16")

    assert [item.title for item in reading.read(body, SOURCE, NOW)] == ["Crème"]


def test_a_feed_without_entries_is_a_feed():
    assert reading.read(rss(), SOURCE, NOW) == []
    assert reading.read(ics(), SOURCE, NOW) == []


def test_a_feed_broken_off_is_refused_whole():
    assert why(rss(entry(1), "<title>Half", tail="")[:-7]) == "the feed is cut off after 314 bytes"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "the answer is empty"),
        (b" \n\xef\xbb\xbf", "the answer is empty"),
        (b"Hallo", "this is neither feed nor calendar: it begins with 'Hallo'"),
        (
            b"<!DOCTYPE html><html><head><title>Niet &lt;hier&gt;</title></head><body>x</body></html>",
            "this is no feed: a web page titled 'Niet <hier>'; give the address of an RSS or Atom feed",
        ),
        (
            b"<note><to>x</to></note>",
            "this is no feed: it begins with '<note><to>x</to></note>'; give the address of an RSS or Atom feed",
        ),
        (b'{"a": 1}', "this JSON is no JSON Feed: no version, found the keys a"),
        (b"[1]", "this JSON is no JSON Feed but a list"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "the JSON Feed has no list of items but NoneType"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "the calendar is cut off after 31 bytes: no END:VCALENDAR"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, found: str):
    assert why(body) == found


def test_json_that_is_cut_off_or_endlessly_nested_is_refused():
    assert why(b'{"version": ').startswith("the JSON cannot be read, perhaps cut off")
    assert why(b'{"a":' * 100_000).startswith("the JSON cannot be read, perhaps cut off")


def test_more_items_than_anyone_needs_are_left_out_oldest_first():
    dated = [entry(n, date=f"{1 + n % 28:02} Jan {1990 + n // 40} 10:00:00 GMT") for n in range(1_200)]

    found = reading.read(rss(*dated), SOURCE, NOW)

    assert len(found) == reading.MOST_ITEMS
    assert min(item.published for item in found if item.published) > utc(1994, 1, 1)


@given(st.sampled_from([b"", b"<rss>", b"{", b"BEGIN:VCALENDAR\r\n", rss(entry(1))[:200]]), st.binary(max_size=200))
def test_whatever_bytes_come_they_are_a_feed_or_a_broken_one(head: bytes, rest: bytes):
    with suppress(FeedBroken):
        reading.read(head + rest, SOURCE, NOW)
