import pytest

from outreach.errors import DefinitionError, FeedUnreachable
from outreach.feeds import source
from outreach.model.content import SourceKind


def test_a_feed_is_kept_without_its_fragment():
    found = source.checked(" https://example.org/feed#top ", topic=" social-work ", language="NL")

    assert found == source.NewSource(SourceKind.FEED, "https://example.org/feed", "", "social-work", "nl")


@pytest.mark.parametrize(
    ("url", "topic", "language", "named"),
    [
        ("https://example.org/", "", "nl", "topic: ''"),
        ("https://example.org/", "a" * 81, "nl", "topic: 'aaa"),
        ("https://example.org/", "t", "Dutch", "language: 'dutch'"),
        ("https://example.org/", "t", "", "language: ''"),
        ("feed.xml", "t", "nl", "url: 'feed.xml'"),
        ("file:///etc/passwd", "t", "nl", "url: 'file:///etc/passwd'"),
        ("https://", "t", "nl", "url: 'https://'"),
        ("https://example.org:x/", "t", "nl", "url: 'https://example.org:x/'"),
        ("https://example.org/a b", "t", "nl", "url: 'https://example.org/a b'"),
    ],
)
def test_what_cannot_work_is_named(url: str, topic: str, language: str, named: str):
    with pytest.raises(DefinitionError) as caught:
        source.checked(url, topic=topic, language=language)

    assert str(caught.value).startswith(named)


def test_a_password_in_a_feeds_address_is_refused_without_showing_it():
    with pytest.raises(DefinitionError) as caught:
        source.checked("https://me:geheim@example.org/", topic="t", language="nl")

    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "query",
    ["", "DELETE FROM t", "SELECT 1; DROP TABLE t", "selection", "UPDATE t SET a = 1", "SELECT '" + "x" * 1_500 + "'"],
)
def test_a_query_that_does_more_than_select_is_refused(query: str):
    with pytest.raises(DefinitionError) as caught:
        source.checked("sqlite:////srv/news.db", topic="t", language="nl", query=query)

    assert str(caught.value).startswith("query: ")


@pytest.mark.parametrize("url", ["https://example.org/", "nodb://x", "mysql://h/x", "sqlite+aiosqlite:///x", "x"])
def test_what_is_no_database_is_told(url: str):
    with pytest.raises(DefinitionError) as caught:
        source.checked(url, topic="t", language="nl", query="SELECT 1")

    assert str(caught.value).startswith("url: this is no database's address")


def test_a_databases_address_is_shown_without_secrets():
    new = source.checked(
        "postgresql://me:geheim@db.example.org/news?sslpassword=ook&application_name=x",
        topic="t",
        language="nl",
        query=" select title from t; ",
    )

    assert new.shown == "postgresql+psycopg://me:***@db.example.org/news?application_name=x&sslpassword=%2A%2A%2A"
    assert new.query == "select title from t"


def test_a_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NEWS_PASSWORD", "ge/heim")
    new = source.checked(
        "postgresql://me:${NEWS_PASSWORD}@db.example.org/n", topic="t", language="nl", query="SELECT 1"
    )

    assert source.opened_up(new.url).password == "ge/heim"
    assert "NEWS_PASSWORD" in new.url
    assert "***" in new.shown


def test_a_password_missing_from_the_environment_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NEWS_PASSWORD", raising=False)

    with pytest.raises(FeedUnreachable, match="the environment has no NEWS_PASSWORD; set it"):
        source.opened_up("postgresql://me:${NEWS_PASSWORD}@db.example.org/n")
