"""Feeds in one line, and a web server that answers as told."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from outreach.model.content import FeedItem

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def item(uid: str = "a", title: str = "Titel", link: str = "https://example.org/a", **more: object) -> FeedItem:
    return FeedItem(uid, title, link, **more)  # type: ignore[arg-type]


def rss(*entries: str, tail: str = "</channel></rss>") -> bytes:
    items = "".join(f"<item>{entry}</item>" for entry in entries)
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Kanaal</title>'
    return f"{head}<link>https://example.org/</link>{items}{tail}".encode()


def entry(number: int, title: str = "", date: str = "Fri, 13 Nov 2026 10:00:00 +0100") -> str:
    return (
        f"<title>{title or f'Bericht {number}'}</title><link>https://example.org/{number}</link>"
        f"<guid>bericht-{number}</guid><pubDate>{date}</pubDate><description>Tekst {number}</description>"
    )


def event(uid: str = "a", starts: str = "DTSTART:20261201T100000Z", *more: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:Bijeenkomst {uid}", starts, *more, "END:VEVENT"))


def ics(*events: str, head: str = "") -> bytes:
    parts = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", *filter(None, [head]), *events, "END:VCALENDAR", "")
    return "\r\n".join(parts).encode()


@dataclass
class Answer:
    """What the server says on a path; *status* 0 leaves all of it to *then*, which writes to the open connection."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    then: Callable[[BaseHTTPRequestHandler], None] | None = None


@dataclass
class FeedServer:
    """A web server on 127.0.0.1 that answers from *answers* and remembers what was asked."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/feed") -> str:
        return f"http://{self.host}{path}"


class _Handler(BaseHTTPRequestHandler):
    state: FeedServer

    def do_GET(self) -> None:
        self.state.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        with suppress(ConnectionError, TimeoutError):  # the other side has had enough
            self._say(self.state.answers.get(self.path, Answer(status=404)))

    def _say(self, answer: Answer) -> None:
        if answer.status:
            self._say_head(answer)
        if answer.then:
            answer.then(self)

    def _say_head(self, answer: Answer) -> None:
        tag = answer.headers.get("ETag")
        known = answer.status == 200 and tag and tag == self.headers.get("If-None-Match")
        self.send_response(304 if known else answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if not known:
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[FeedServer]:
    state = FeedServer(0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
