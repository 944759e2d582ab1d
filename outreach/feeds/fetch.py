"""Conditional GET of one feed, bounded in size and time, redirects followed by hand.

The address that was checked is the one that is dialled (a name can answer differently the second time), while Host
and TLS keep the name.
"""

import hashlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from outreach.errors import FeedBusy, FeedGone, FeedUnreachable
from outreach.feeds import addresses, decoding
from outreach.feeds.addresses import Resolve, Target
from outreach.feeds.deadline import Deadline

_FOUND, _NOT_MODIFIED, _GONE, _BUSY = 200, 304, 410, 429
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
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
        with Deadline(self.bounds.seconds) as deadline:
            try:
                return self._follow(url, last, now, deadline)
            except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
                raise FeedUnreachable(url, self._why(error, deadline)) from error

    def _follow(self, url: str, last: LastTime, now: datetime, deadline: Deadline) -> Fetched:
        target = addresses.target(url)
        moved_to: str | None = None
        for_good = True
        for _ in range(self.bounds.redirects + 1):
            answer = self._ask(target, last, deadline)
            location = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not location:
                return self._judged(answer, last, now, moved_to)
            target = addresses.target(location, target.url)
            for_good = for_good and answer.status in _PERMANENT
            moved_to = target.url if for_good else moved_to
        raise FeedUnreachable(url, f"redirected more than {self.bounds.redirects} times")

    def _ask(self, target: Target, last: LastTime, deadline: Deadline) -> "_Answer":
        found = addresses.checked(target, deadline.left, self.allowed, self.resolve)
        for address in found[:-1]:
            try:
                return self._ask_at(address, target, last, deadline, patience=deadline.left / 3)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue  # such as IPv6 where there is no way to it
        return self._ask_at(found[-1], target, last, deadline, patience=deadline.left)

    def _ask_at(
        self, address: str, target: Target, last: LastTime, deadline: Deadline, *, patience: float
    ) -> "_Answer":
        headers = {**_HEADERS, **_conditions(last), "Host": target.authority}
        extensions = {"sni_hostname": target.host, "trace": deadline.watch}
        # a client per hop: a pool would lend a connection to one name to another at the same address
        with (
            self._client(deadline.left, patience) as client,
            client.stream("GET", target.at(address), headers=headers, extensions=extensions) as response,
        ):
            body = b""
            if response.status_code == _FOUND:
                encoding = response.headers.get("content-encoding", "")
                body = decoding.bounded(response.iter_raw(), encoding, self.bounds.size, target.url)
            if deadline.passed:  # a body without a length seems to end where the socket was shut
                raise FeedUnreachable(target.url, _late(deadline))
            return _Answer(target.url, response.status_code, response.headers, body)

    def _client(self, seconds: float, patience: float) -> httpx.Client:
        transport = self.transport() if self.transport else httpx.HTTPTransport(verify=self.trust, trust_env=False)
        return httpx.Client(
            transport=transport,
            timeout=httpx.Timeout(seconds, connect=patience),
            trust_env=False,
            follow_redirects=False,
        )

    def _judged(self, answer: "_Answer", last: LastTime, now: datetime, moved_to: str | None) -> Fetched:
        if answer.status == _GONE:
            raise FeedGone(answer.url, "answered 410: the feed is gone for good; it is asked no more")
        if answer.status == _BUSY:
            raise FeedBusy(answer.url, self._wait(answer.headers.get("retry-after", ""), now))
        if answer.status == _NOT_MODIFIED:
            return Fetched(answer.url, None, "", last.etag, last.last_modified, last.digest, moved_to)
        if answer.status != _FOUND:
            raise FeedUnreachable(answer.url, f"answered {answer.status} instead of 200")
        digest = hashlib.sha256(answer.body).hexdigest()
        return Fetched(
            url=answer.url,
            body=None if digest == last.digest else answer.body,
            content_type=answer.headers.get("content-type", ""),
            etag=_bounded(answer.headers.get("etag")),
            last_modified=_bounded(answer.headers.get("last-modified")),
            digest=digest,
            moved_to=moved_to,
        )

    def _wait(self, text: str, now: datetime) -> int:
        wished = _seconds(text, now)
        wished = self.bounds.usual_wait if wished is None else wished
        return max(self.bounds.shortest_wait, min(wished, self.bounds.longest_wait))

    def _why(self, error: Exception, deadline: Deadline) -> str:
        if deadline.passed or isinstance(error, httpx.TimeoutException):
            return _late(deadline)
        return str(error)[:200] or type(error).__name__


@dataclass(frozen=True, slots=True)
class _Answer:
    url: str
    status: int
    headers: httpx.Headers
    body: bytes


def _late(deadline: Deadline) -> str:
    return f"not done within {deadline.seconds:g} s"


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
