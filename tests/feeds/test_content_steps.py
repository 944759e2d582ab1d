"""Sources pulled from a real web server into both databases."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from outreach.errors import DefinitionError, FeedBroken, FeedBusy, FeedGone, NotFound, StateError
from outreach.feeds import reading
from outreach.model.content import SourceKind
from outreach.services import Services
from outreach.steps import content
from outreach.steps.content import PullReport, SourceReport
from outreach.store import milestones, open_engine
from outreach.store.tables import ContentRevisionRow
from tests.builders_feeds import Answer, FeedServer, entry, event, ics, rss, utc
from tests.conftest import NOON, FakeClock


@pytest.fixture
def pulling(services: Services, server: FeedServer) -> Services:
    """Services that may fetch from the server of the test."""
    allowed = services.settings.model_copy(update={"private_feed_hosts": (server.host,)})
    return replace(services, settings=allowed)


def add(pulling: Services, server: FeedServer, path: str = "/feed", body: bytes = b"", **more: str) -> int:
    server.answers[path] = Answer(body or rss(entry(1), entry(2)))
    return content.add_source(pulling, server.url(path), **{"topic": "social-work", "language": "nl", **more})


def titles(pulling: Services, **wanted: object) -> tuple[list[str], list[str]]:
    asked = {"topic": "social-work", "language": "nl", "news": 10, "events": 10, **wanted}
    news, events = content.fitting(pulling, **asked)  # type: ignore[arg-type]
    return [item.title for item in news], [item.title for item in events]


def revisions(pulling: Services) -> list[tuple[int, str, bool]]:
    with pulling.sessions() as session:
        rows = session.scalars(select(ContentRevisionRow).order_by(ContentRevisionRow.id))
        return [(row.revision, row.item["title"], row.item["cancelled"]) for row in rows]


def told(pulling: Services) -> list[dict[str, object]]:
    with pulling.sessions() as session:
        return [dict(one.payload) for one in milestones.waiting(session)]


def test_a_source_is_pulled_and_told_of_once(pulling: Services, server: FeedServer):
    number = add(pulling, server)

    assert content.pull(pulling) == PullReport(sources=1, unchanged=0, failed=(), new=2, revised=0, cancelled=0)
    assert content.pull(pulling) == PullReport(sources=1, unchanged=1, failed=(), new=0, revised=0, cancelled=0)
    assert titles(pulling) == (["Bericht 2", "Bericht 1"], [])
    assert told(pulling) == [
        {"source": number, "topic": "social-work", "language": "nl", "new": 2, "revised": 0, "cancelled": 0}
    ]


def test_an_edit_is_stored_as_a_revision(pulling: Services, server: FeedServer):
    number = add(pulling, server, body=rss(entry(1)))
    content.pull_source(pulling, number)
    server.answers["/feed"] = Answer(rss(entry(1, "Verbeterd")))

    assert content.pull_source(pulling, number) == SourceReport(number, server.url(), revised=1)
    [found], _ = content.fitting(pulling, topic="social-work", language="nl", news=5, events=0)
    assert (found.title, found.revision, found.published) == ("Verbeterd", 2, utc(2026, 11, 13, 9))
    assert revisions(pulling) == [(1, "Bericht 1", False), (2, "Verbeterd", False)]


def test_a_cancelled_event_keeps_its_words_and_is_not_announced(pulling: Services, server: FeedServer):
    number = add(pulling, server, body=ics(event("a"), event("b", "DTSTART:20261130T100000Z")))
    content.pull_source(pulling, number)
    assert titles(pulling) == ([], ["Bijeenkomst b", "Bijeenkomst a"])
    gone = event("a", "DTSTART:20261201T100000Z", "STATUS:CANCELLED").replace("Bijeenkomst a", "Afgelast")
    server.answers["/feed"] = Answer(ics(gone, event("b", "DTSTART:20261130T100000Z")))

    assert content.pull_source(pulling, number).cancelled == 1
    assert titles(pulling) == ([], ["Bijeenkomst b"])
    assert revisions(pulling)[-1] == (2, "Bijeenkomst a", True)


def test_an_occurrence_struck_out_of_a_series_is_cancelled(pulling: Services, server: FeedServer):
    weekly = ("DTSTART:20261201T100000Z", "RRULE:FREQ=WEEKLY;COUNT=3")
    number = add(pulling, server, body=ics(event("a", *weekly)))
    content.pull_source(pulling, number)
    server.answers["/feed"] = Answer(ics(event("a", *weekly, "EXDATE:20261208T100000Z")))

    assert content.pull_source(pulling, number) == SourceReport(number, server.url(), cancelled=1)
    _, events = content.fitting(pulling, topic="social-work", language="nl", news=0, events=5)
    assert [found.starts for found in events] == [utc(2026, 12, 1, 10), utc(2026, 12, 15, 10)]


def test_an_event_that_its_calendar_no_longer_lists_is_not_announced(
    pulling: Services, server: FeedServer, clock: FakeClock
):
    number = add(pulling, server, body=ics(event("a"), event("b")))
    content.pull_source(pulling, number)
    clock.forward(hours=1)
    server.answers["/feed"] = Answer(ics(event("a")))

    assert content.pull_source(pulling, number) == SourceReport(number, server.url())
    assert titles(pulling) == ([], ["Bijeenkomst a"])


def test_an_event_that_has_begun_is_not_upcoming(pulling: Services, server: FeedServer, clock: FakeClock):
    content.pull_source(pulling, add(pulling, server, body=ics(event("a"))))
    clock.at = utc(2026, 12, 1, 10)

    assert titles(pulling) == ([], [])


def test_a_failing_source_does_not_stop_the_others(pulling: Services, server: FeedServer):
    add(pulling, server, "/a")
    add(pulling, server, "/b", b"<html><title>Oeps</title></html>")
    add(pulling, server, "/c", rss(entry(3)))
    server.answers["/d"] = Answer(status=302, headers={"Location": "http://10.0.0.1/"})
    content.add_source(pulling, server.url("/d"), topic="social-work", language="nl")

    report = content.pull(pulling)

    assert (report.sources, report.new) == (4, 3)
    assert report.failed == (
        (
            server.url("/b"),
            "this is no feed: a web page titled 'Oeps'; give the address of an RSS or Atom feed",
        ),
        (
            server.url("/d"),
            "10.0.0.1 is at 10.0.0.1, which is not public; where that is meant, add 10.0.0.1:80 to "
            "OUTREACH_PRIVATE_FEED_HOSTS (at http://10.0.0.1/)",
        ),
    )


def test_a_bug_in_one_source_does_not_stop_the_others(
    pulling: Services, server: FeedServer, monkeypatch: pytest.MonkeyPatch
):
    number = add(pulling, server)
    monkeypatch.setattr(reading, "read", lambda *_, **__: 1 / 0)

    assert content.pull(pulling).failed == ((f"source {number}", "unexpected: ZeroDivisionError"),)


def test_a_failure_is_counted_with_its_reason_and_forgotten_when_it_works_again(pulling: Services, server: FeedServer):
    number = add(pulling, server, body=b"oeps")
    for _ in range(2):
        with pytest.raises(FeedBroken):
            content.pull_source(pulling, number)

    [view] = content.list_sources(pulling)
    assert (view.state, view.failures, view.last_error) == (
        "active",
        2,
        "this is neither feed nor calendar: it begins with 'oeps'",
    )

    server.answers["/feed"] = Answer(rss(entry(1)))
    content.pull_source(pulling, number)
    [view] = content.list_sources(pulling)
    assert (view.failures, view.last_error, view.items) == (0, "", 1)


def test_a_source_that_is_gone_is_asked_no_more(pulling: Services, server: FeedServer):
    number = add(pulling, server)
    server.answers["/feed"] = Answer(status=410)

    with pytest.raises(FeedGone):
        content.pull_source(pulling, number)

    assert content.due_sources(pulling) == []
    assert content.list_sources(pulling)[0].state == "gone"
    with pytest.raises(StateError):
        content.pull_source(pulling, number)


def test_a_source_that_asked_for_time_gets_it(pulling: Services, server: FeedServer, clock: FakeClock):
    number = add(pulling, server)
    server.answers["/feed"] = Answer(status=429, headers={"Retry-After": "600"})

    with pytest.raises(FeedBusy):
        content.pull_source(pulling, number)

    assert content.due_sources(pulling) == []
    clock.forward(seconds=600)
    assert content.due_sources(pulling) == [number]


def test_a_source_that_moved_for_good_is_asked_at_its_new_address(pulling: Services, server: FeedServer):
    number = add(pulling, server)
    server.answers |= {"/feed": Answer(status=301, headers={"Location": "/new"}), "/new": Answer(rss(entry(1)))}

    assert content.pull(pulling).notes == ((server.url(), f"has moved to {server.url('/new')}"),)
    assert [view.url for view in content.list_sources(pulling)] == [server.url("/new")]
    assert content.pull_source(pulling, number).unchanged


def test_a_move_to_what_is_no_feed_is_not_kept(pulling: Services, server: FeedServer):
    number = add(pulling, server)
    server.answers |= {"/feed": Answer(status=301, headers={"Location": "/home"}), "/home": Answer(b"<html></html>")}

    with pytest.raises(FeedBroken):
        content.pull_source(pulling, number)

    assert [view.url for view in content.list_sources(pulling)] == [server.url()]


def test_a_move_to_another_sources_address_is_blocked_and_said(pulling: Services, server: FeedServer):
    first, second = add(pulling, server, "/old"), add(pulling, server, "/new")
    server.answers["/old"] = Answer(status=301, headers={"Location": "/new"})

    said = f"has moved to {server.url('/new')}, which is source {second} already; remove one of the two"
    assert content.pull_source(pulling, first).note == said
    views = {view.id: view for view in content.list_sources(pulling)}
    assert (views[first].url, views[first].last_error) == (server.url("/old"), said)


def test_an_unchanged_calendar_is_read_again_after_a_week(pulling: Services, server: FeedServer, clock: FakeClock):
    number = add(pulling, server, body=ics(event("a", "DTSTART:20261201T100000Z", "RRULE:FREQ=WEEKLY")))
    first = content.pull_source(pulling, number).new
    clock.at = NOON + timedelta(days=6)
    assert content.pull_source(pulling, number).unchanged
    clock.at = NOON + timedelta(days=21)

    again = content.pull_source(pulling, number)

    assert (first, again.new, again.unchanged) == (56, 3, False)


def test_only_newest_news_of_topic_and_language_is_fitting(pulling: Services, server: FeedServer):
    dated = [entry(n, date=f"{n:02} Nov 2026 10:00:00 GMT") for n in range(1, 8)]
    content.pull_source(pulling, add(pulling, server, "/a", rss(*dated)))
    content.pull_source(pulling, add(pulling, server, "/b", rss(entry(20)), language="de"))
    content.pull_source(pulling, add(pulling, server, "/c", rss(entry(21)), topic="other"))

    assert titles(pulling, news=3) == (["Bericht 7", "Bericht 6", "Bericht 5"], [])
    assert titles(pulling, since=utc(2026, 11, 6)) == (["Bericht 7", "Bericht 6"], [])
    assert titles(pulling, language="de") == (["Bericht 20"], [])
    assert titles(pulling, topic="nothing") == ([], [])


def test_the_same_article_in_two_feeds_is_shown_once(pulling: Services, server: FeedServer):
    content.pull_source(pulling, add(pulling, server, "/a", rss(entry(1), entry(2))))
    content.pull_source(pulling, add(pulling, server, "/b", rss(entry(1, "Zelfde adres"))))

    assert len(titles(pulling)[0]) == 2


def test_a_source_is_added_once(pulling: Services, server: FeedServer):
    number = add(pulling, server)

    with pytest.raises(DefinitionError) as caught:
        add(pulling, server)

    assert str(caught.value) == f"url: {server.url()} is source {number} already, under the topic 'social-work'"


def test_a_source_that_does_not_exist_is_named(pulling: Services):
    with pytest.raises(NotFound):
        content.pull_source(pulling, 99)


def test_a_database_is_a_source_too(pulling: Services, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'leden.db'}"
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE n (id INTEGER, kop TEXT, taal TEXT)"))
        connection.execute(text("INSERT INTO n VALUES (1, 'Uit de ledenbank', NULL), (2, 'Auf Deutsch', 'de-DE')"))
    engine.dispose()
    said = {"topic": "social-work", "language": "nl"}
    number = content.add_source(pulling, url, query="SELECT id, kop AS title, taal AS language FROM n", **said)
    content.add_source(pulling, url, query="SELECT id, kop FROM n", **said)

    report = content.pull(pulling)

    assert (report.new, report.failed[0][0]) == (2, url)
    assert "no column title" in report.failed[0][1]
    assert titles(pulling) == (["Uit de ledenbank"], [])
    assert titles(pulling, language="de") == (["Auf Deutsch"], [])
    assert content.pull_source(pulling, number) == SourceReport(number, url)
    assert [view.kind for view in content.list_sources(pulling)] == [SourceKind.DATABASE, SourceKind.DATABASE]


def test_more_than_a_databases_portion_is_stored(pulling: Services, server: FeedServer):
    number = add(pulling, server, body=rss(*(entry(n) for n in range(900))))

    assert content.pull_source(pulling, number).new == 900
    server.answers["/feed"] = Answer(rss(*(entry(n) for n in range(899, -1, -1))))
    assert content.pull_source(pulling, number) == SourceReport(number, server.url())
