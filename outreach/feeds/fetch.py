"""Conditional GET of one feed, bounded in size and time."""

import hashlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from outreach.dialling import addresses, packed
from outreach.dialling.addresses import Resolve, Target
from outreach.dialling.deadline import Deadline
from outreach.dialling.hops import FOUND, Answer, Dialler
from outreach.errors import FeedBusy, FeedGone, FeedUnreachable

_NOT_MODIFIED, _GONE, _BUSY = 304, 410, 429
_MOST_HEADER = 1_000

_HEADERS: Mapping[str, str] = {
    "User-Agent": "outreach/0.1 (feed reader)",
    "Accept": (
        "application/rss+xml, application/atom+xml, application/feed+json, text/calendar, "
        "application/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
    ),
    "Accept-Encoding": "gzip",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of the world one fetch may take; waits are seconds."""

    size: int = 15 * 2**20
    seconds: float = 20.0
    redirects: int = 5
    shortest_wait: int = 60
    usual_wait: int = 3_600
    longest_wait: int = 7 * 86_400


@dataclass(frozen=True, slots=True)
class LastTime:
    """What the last fetch left behind; empty for the first, or to have everything again."""

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. *body* is None when nothing changed; *moved_to* is where the server says the feed is for good."""

    url: str
    body: bytes | None
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    moved_to: str | None = None


@dataclass(frozen=True)
class Fetcher:
    """Fetches feeds. *allowed* holds `host:port` pairs that may be private; tests give *resolve* and *transport*."""

    allowed: frozenset[str] = frozenset()
    bounds: Bounds = field(default_factory=Bounds)
    resolve: Resolve = addresses.by_system
    transport: Callable[[], httpx.BaseTransport] | None = None
    trust: ssl.SSLContext | bool = True

    def fetch(self, url: str, last: LastTime, now: datetime) -> Fetched:
        """Return the feed at *url*, or that nothing changed; `FeedError` says what kept it."""
        dialler = Dialler(self.allowed, self.resolve, self.transport, self.trust)
        headers = {**_HEADERS, **_conditions(last)}
        with Deadline(self.bounds.seconds) as deadline:
            answer = dialler.follow(url, headers, deadline, self._taken, redirects=self.bounds.redirects)
        return self._judged(answer, last, now)

    def _taken(self, pieces: Iterator[bytes], headers: httpx.Headers, target: Target) -> bytes:
        return packed.bounded(pieces, headers.get("content-encoding", ""), self.bounds.size, target.url)

    def _judged(self, answer: Answer[bytes], last: LastTime, now: datetime) -> Fetched:
        if answer.status == _GONE:
            raise FeedGone(answer.url, "answered 410: the feed is gone for good; it is asked no more")
        if answer.status == _BUSY:
            raise FeedBusy(answer.url, self._wait(answer.headers.get("retry-after", ""), now))
        if answer.status == _NOT_MODIFIED:
            return Fetched(answer.url, None, "", last.etag, last.last_modified, last.digest, answer.moved_to)
        if answer.status != FOUND or answer.body is None:
            raise FeedUnreachable(answer.url, f"answered {answer.status} instead of 200")
        digest = hashlib.sha256(answer.body).hexdigest()
        return Fetched(
            url=answer.url,
            body=None if digest == last.digest else answer.body,
            content_type=answer.headers.get("content-type", ""),
            etag=_bounded(answer.headers.get("etag")),
            last_modified=_bounded(answer.headers.get("last-modified")),
            digest=digest,
            moved_to=answer.moved_to,
        )

    def _wait(self, text: str, now: datetime) -> int:
        wished = _seconds(text, now)
        wished = self.bounds.usual_wait if wished is None else wished
        return max(self.bounds.shortest_wait, min(wished, self.bounds.longest_wait))


def _conditions(last: LastTime) -> dict[str, str]:
    given = {"If-None-Match": last.etag, "If-Modified-Since": last.last_modified}
    return {name: value for name, value in given.items() if value}


def _bounded(value: str | None) -> str | None:
    usable = value and len(value) <= _MOST_HEADER and value.isascii() and value.isprintable()
    return value if usable else None


def _seconds(text: str, now: datetime) -> int | None:
    text = text.strip()
    if text.isdecimal():
        return int(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return int((until - now).total_seconds())
