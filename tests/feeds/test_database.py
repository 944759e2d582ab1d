from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from outreach.errors import FeedBroken, FeedError, FeedUnreachable
from outreach.feeds import database
from outreach.feeds.source import Source
from outreach.model.content import FeedItem, SourceKind
from outreach.store import open_engine
from tests.builders_feeds import NOW, utc

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def news_url(database_url: str, tmp_path: Path) -> str:
    """A database with a table of news, on both systems."""
    url = f"sqlite:///{tmp_path / 'news.db'}" if database_url.startswith("sqlite") else database_url
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS nieuws"))
        connection.execute(
            text("CREATE TABLE nieuws (nr INTEGER, kop TEXT, adres TEXT, tekst TEXT, dag DATE, begin TIMESTAMP)")
        )
        connection.execute(
            text(
                "INSERT INTO nieuws VALUES (1, '<b>Kop</b> 50%', 'https://example.org/1', 'Tekst', '2026-11-13', NULL),"
                " (2, 'Avond', 'javascript:x', NULL, '2026-11-13', '2026-12-01 20:00:00'),"
                " (3, NULL, 'https://example.org/3', 'zonder kop', NULL, NULL)"
            )
        )
    yield url
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE nieuws"))
    engine.dispose()


def read(url: str, query: str) -> list[FeedItem]:
    source = Source(1, SourceKind.DATABASE, url, query, "t", "nl")
    return sorted(database.read(source, NOW, AMSTERDAM), key=lambda item: item.uid)


def failure(kind: type[FeedError], url: str, query: str) -> FeedError:
    with pytest.raises(kind) as caught:
        read(url, query)
    return caught.value


WHOLE = "SELECT nr AS id, kop AS title, adres AS link, tekst AS body, dag AS published, begin AS starts FROM nieuws"


def test_rows_become_news_and_events_by_the_names_of_columns(news_url: str):
    assert read(news_url, WHOLE) == [
        FeedItem("1", "Kop 50%", "https://example.org/1", "Tekst", published=utc(2026, 11, 12, 23)),
        FeedItem("2", "Avond", "", published=utc(2026, 11, 12, 23), starts=utc(2026, 12, 1, 19)),
    ]


def test_a_row_may_name_a_picture_and_what_it_shows(news_url: str):
    [found] = read(
        news_url,
        "SELECT nr AS uid, kop AS title, 'https://example.org/1.jpg' AS image, 'Een <i>bank</i>' AS image_alt "
        "FROM nieuws WHERE nr = 1",
    )

    assert (found.image, found.image_alt) == ("https://example.org/1.jpg", "Een bank")


def test_percent_signs_and_colons_are_the_querys_own(news_url: str):
    [found] = read(news_url, "SELECT nr AS uid, kop AS title, ' :x 10%' AS body FROM nieuws WHERE kop LIKE '%op%'")

    assert found.body == ":x 10%"


def test_without_an_id_the_link_names_the_item(news_url: str):
    assert [item.uid for item in read(news_url, "SELECT kop AS title, adres AS link FROM nieuws WHERE nr = 1")] == [
        "https://example.org/1"
    ]


def test_missing_columns_are_named_with_those_found(news_url: str):
    error = failure(FeedBroken, news_url, "SELECT kop, tekst AS body FROM nieuws")

    assert error.why == (
        "the query has no column title and no one of uid, id, link; found: kop, body; name columns with AS, "
        "known: uid, title, link, body, language, published, starts, ends, place, cancelled, image, image_alt"
    )


def test_a_query_that_the_database_refuses_is_told(news_url: str):
    assert failure(FeedUnreachable, news_url, "SELECT bestaat_niet FROM nieuws").why.startswith(
        "the database answers: "
    )


def test_nothing_can_be_written(news_url: str, database_url: str):
    if database_url.startswith("sqlite"):
        query = "WITH x AS (SELECT 1) DELETE FROM nieuws RETURNING kop AS title, nr AS id"
    else:
        query = "WITH weg AS (DELETE FROM nieuws RETURNING kop, nr) SELECT kop AS title, nr AS id FROM weg"
    error = failure(FeedUnreachable, news_url, query)

    assert error.why.startswith("the database answers: ")
    assert len(read(news_url, WHOLE)) == 2


def test_rows_are_bounded(news_url: str):
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "

    assert len(read(news_url, many + "SELECT i AS id, 'Kop' AS title FROM n")) == database.MOST_ROWS


def test_a_query_without_end_is_stopped(news_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "SECONDS", 0.2)
    monkeypatch.setitem(database._LIMITS, "postgresql", ("SET LOCAL statement_timeout = 200",))
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i % 10 + 1 FROM n) SELECT max(i) AS id, 'x' AS title FROM n"
    )

    assert failure(FeedUnreachable, news_url, endless).why.startswith("the database answers: ")


def test_a_password_is_never_shown():
    url = "postgresql+psycopg://me:ge%2Fheim@127.0.0.1:1/news?password=ookgeheim"
    error = failure(FeedUnreachable, url, "SELECT 1")

    assert "geheim" not in str(error)
    assert "ge/heim" not in str(error)
    assert "***" in error.url
    assert error.__suppress_context__


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path):
    path = tmp_path / "weg.db"

    assert failure(FeedUnreachable, f"sqlite:///{path}", "SELECT 1").why == f"there is no file {path}"
    assert not path.exists()


def test_times_are_read_as_numbers_and_words(tmp_path: Path):
    open_engine(f"sqlite:///{tmp_path / 'x.db'}").connect().close()
    query = (
        "SELECT 1 AS id, 'a' AS title, 1700000000 AS published, 'vr, 14 nov 2025 10:00' AS starts, 'true' AS cancelled "
        "UNION SELECT 2, 'b', 1700000000000, 'ooit', 0 UNION SELECT 3, 'c', 1e300, NULL, 0"
    )

    found = read(f"sqlite:///{tmp_path / 'x.db'}", query)

    assert [(item.uid, item.published, item.starts, item.cancelled) for item in found] == [
        ("1", utc(2023, 11, 14, 22, 13, 20), utc(2025, 11, 14, 9), True),
        ("3", None, None, False),
    ]
