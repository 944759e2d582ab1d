from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from outreach.cli import feeds
from outreach.services import Services
from tests.builders_feeds import Answer, FeedServer, entry, rss


@pytest.fixture(autouse=True)
def _open(services: Services, server: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = services.settings.model_copy(update={"private_feed_hosts": (server.host,)})

    @contextmanager
    def opened() -> Iterator[Services]:
        yield replace(services, settings=allowed)

    monkeypatch.setattr(feeds, "open_services", opened)
    monkeypatch.setenv("COLUMNS", "200")


def run(*words: str) -> None:
    feeds.app(list(words), result_action="return_value")


def test_a_source_is_added_pulled_and_listed(server: FeedServer, capsys: pytest.CaptureFixture[str]):
    server.answers |= {"/a": Answer(rss(entry(1))), "/[b]b": Answer(b"[/b] oeps")}
    run("list")
    run("add", server.url("/a"), "--topic", "social-work", "--language", "nl")
    run("add", server.url("/[b]b"), "--topic", "social-work", "--language", "nl")
    run("pull")

    assert capsys.readouterr().out.splitlines() == [
        "no sources yet; add one with: outreach feeds add URL --topic … --language …",
        "source 1 added; pull it with: outreach feeds pull",
        "source 2 added; pull it with: outreach feeds pull",
        "2 sources: 1 new, 0 revised, 0 cancelled; 0 unchanged, 1 failed",
        f"  {server.url('/[b]b')}: the JSON cannot be read, perhaps cut off: Expecting value: line 1 column 2 (char 1)",
    ]
    run("list")
    shown = capsys.readouterr().out
    assert "social-work (nl)" in shown
    assert server.url("/[b]b") in shown
    assert "failed 1×: the JSON cannot be read" in shown
