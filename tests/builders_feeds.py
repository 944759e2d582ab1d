"""Feeds in one line, and a web server that answers as told."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
    """What the server says on a path; *then* may write more to the open connection by itself."""

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


@contextmanager
def serving() -> Iterator[FeedServer]:
    state = FeedServer(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            answer = state.answers.get(self.path, Answer(status=404))
            try:
                self._say(answer)
            except (ConnectionError, TimeoutError):
                pass  # the other side has had enough

        def _say(self, answer: Answer) -> None:
            tags = answer.headers.get("ETag"), self.headers.get("If-None-Match")
            if answer.status == 200 and tags[0] and tags[0] == tags[1]:
                self.send_response(304)
                self.end_headers()
                return
            if answer.then and not answer.status:
                answer.then(self)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.then:
                answer.then(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
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
