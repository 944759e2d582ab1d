"""Whether the addresses in a mail lead somewhere.

They are asked as a polite stranger would: a HEAD, a GET only where that was refused, no body read, few at a time and
fewer of one host, everything within a minute. Each redirect is an address of its own, and private ones are not dialled.
"""

import socket
import ssl
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urldefrag, urlsplit

import httpx

from outreach.dialling.deadline import Deadline
from outreach.dialling.hops import Answer, Dialler, Method
from outreach.errors import FeedError
from outreach.model.inspection import Seen
from outreach.model.preflight import Level

GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
ASKED_ONCE = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS})
"""Answers to a HEAD that a GET would not better; many servers refuse a HEAD with any other."""

EXAMPLES = ("example.org", "example.com", "example.net", "example", "test", "invalid")
"""Names that were set aside for examples (RFC 2606): nobody is there."""

UNKNOWN_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is asked at most; *seconds* for one address, *whole* for all of them."""

    addresses: int = 200
    at_once: int = 4
    per_host: int = 2
    seconds: float = 10.0
    whole: float = 60.0
    redirects: int = 5


def open_dialler(allowed: Collection[str]) -> Dialler:
    """Return what dials public addresses, and of the private ones those in *allowed*, pairs of `host:port`."""
    trust = httpx.create_ssl_context(trust_env=False)  # made once: it costs more than asking an address
    return Dialler(allowed=frozenset(allowed), trust=trust)


@dataclass(frozen=True)
class Visitor:
    """Asks addresses by *dialler*, with *agent* as the name it gives."""

    dialler: Dialler
    agent: str
    bounds: Bounds = Bounds()

    def visit(self, urls: Iterable[str]) -> tuple[Seen, ...]:
        """Return what became of every address, in order; the same one is asked once, whatever comes after its `#`."""
        whole = Deadline(self.bounds.whole)
        once = list(dict.fromkeys(urldefrag(url).url for url in urls))
        asked = [url for url in once if not for_examples(url)][: self.bounds.addresses]
        seen = {found.url: found for found in self._all(asked, whole)}
        return tuple(seen.get(url) or self._not_asked(url) for url in once)

    def _all(self, urls: Sequence[str], whole: Deadline) -> Iterator[Seen]:
        waiting, running = list(urls), dict[Future[Seen], str]()
        with ThreadPoolExecutor(self.bounds.at_once, thread_name_prefix="links") as pool:
            while running or (waiting and not whole.passed):
                for url in self._next(waiting, running.values()):
                    if not whole.passed:
                        waiting.remove(url)
                        running[pool.submit(self._one, url, whole)] = url
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    del running[done]
                    yield done.result()

    def _next(self, waiting: Sequence[str], running: Iterable[str]) -> list[str]:
        """Return what may be asked beside what is *running*."""
        busy = Counter(map(_host, running))
        chosen: list[str] = []
        for url in waiting:
            if sum(busy.values()) < self.bounds.at_once and busy[_host(url)] < self.bounds.per_host:
                busy[_host(url)] += 1
                chosen.append(url)
        return chosen

    def _one(self, url: str, whole: Deadline) -> Seen:
        half = self.bounds.seconds / 2
        try:
            answer = self._ask("HEAD", url, min(half, whole.left))
            if answer.status < HTTPStatus.BAD_REQUEST or answer.status in ASKED_ONCE:
                return _judged(url, answer)
        except FeedError as error:
            if not whole.passed and not _for_good(error):
                return self._again(url, min(half, whole.left))
            return _failed(url, error)
        return self._again(url, min(half, whole.left))

    def _again(self, url: str, seconds: float) -> Seen:
        try:
            return _judged(url, self._ask("GET", url, seconds))
        except FeedError as error:
            return _failed(url, error)

    def _ask(self, method: Method, url: str, seconds: float) -> Answer[None]:
        headers = {"User-Agent": self.agent, "Accept": "*/*"}
        with Deadline(seconds) as deadline:
            return self.dialler.follow(
                url, headers, deadline, lambda *_: None, redirects=self.bounds.redirects, method=method
            )

    def _not_asked(self, url: str) -> Seen:
        if for_examples(url):
            return Seen(url, "is an address for examples, where nobody is; write the real one", Level.WARNING)
        most = f"{self.bounds.addresses} addresses within {self.bounds.whole:g} s"
        return Seen(url, f"was not asked: no more than {most} are; try it yourself", Level.WARNING)


def for_examples(url: str) -> bool:
    """Tell whether nobody can be at *url*."""
    host = _host(url)
    return any(host == name or host.endswith(f".{name}") for name in EXAMPLES)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _judged(url: str, answer: Answer[None]) -> Seen:
    said = f"answers {answer.status}"
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        moved = f"; it has moved for good to {answer.moved_to}" if answer.moved_to else ""
        return Seen(url, f"{said}{moved}")
    if answer.status in GONE:
        return Seen(url, f"{said}: there is no such page; correct the link", Level.STOP)
    return Seen(url, f"{said}; try it in a browser", Level.WARNING)


def _failed(url: str, error: FeedError) -> Seen:
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Seen(url, f"its certificate is not accepted: {error.why}", Level.STOP)
    if _for_good(error):
        return Seen(url, f"{error.why}; correct the link", Level.STOP)
    return Seen(url, f"{error.why}; try it in a browser", Level.WARNING)


def _for_good(error: FeedError) -> bool:
    """Tell whether the address itself is wrong: its name is known to nobody, or is no name."""
    return any(
        isinstance(cause, UnicodeError) or (isinstance(cause, socket.gaierror) and cause.errno in UNKNOWN_NAME)
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        yield cause
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
