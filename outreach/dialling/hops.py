"""A request whose redirects are followed by hand, since each of them is a new address to be checked.

The address that was checked is the one that is dialled (a name can answer differently the second time), while Host
and TLS keep the name.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import httpx

from outreach.dialling import addresses
from outreach.dialling.addresses import Resolve, Target
from outreach.dialling.deadline import Deadline
from outreach.errors import AddressRefused, FeedUnreachable

T = TypeVar("T")

Take = Callable[[Iterator[bytes], httpx.Headers, Target], T]
"""Is given the body as it comes over the wire, and returns what became of it."""

Method = Literal["GET", "HEAD"]

FOUND = 200
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """The last answer. *body* is what was taken of a 200; *moved_to* is where the server says it is for good."""

    url: str
    status: int
    headers: httpx.Headers
    body: T | None
    moved_to: str | None = None


@dataclass(frozen=True)
class Request(Generic[T]):
    """What is asked at every hop, until when, and what takes the body."""

    method: Method
    headers: Mapping[str, str]
    deadline: Deadline
    take: Take[T]


@dataclass(frozen=True)
class Dialler:
    """*allowed* holds `host:port` pairs that may be private; tests give *resolve* and *transport*.

    *secure* asks for https on every hop, except to a pair that is allowed.
    """

    allowed: frozenset[str] = frozenset()
    resolve: Resolve = addresses.by_system
    transport: Callable[[], httpx.BaseTransport] | None = None
    trust: ssl.SSLContext | bool = True
    secure: bool = False

    def follow(
        self,
        url: str,
        headers: Mapping[str, str],
        deadline: Deadline,
        take: Take[T],
        *,
        redirects: int,
        method: Method = "GET",
    ) -> Answer[T]:
        """Return the answer at the end of all redirects; `FeedError` says what kept it."""
        try:
            return self._follow(Request(method, headers, deadline, take), url, redirects)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            raise FeedUnreachable(url, _why(error, deadline)) from error

    def _follow(self, request: Request[T], url: str, redirects: int) -> Answer[T]:
        target = addresses.target(url)
        moved_to: str | None = None
        for_good = True
        for _ in range(redirects + 1):
            answer = self._ask(request, target)
            location = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not location:
                return Answer(answer.url, answer.status, answer.headers, answer.body, moved_to)
            target = addresses.target(location, target.url)
            for_good = for_good and answer.status in _PERMANENT
            moved_to = target.url if for_good else moved_to
        raise FeedUnreachable(url, f"redirected more than {redirects} times")

    def _ask(self, request: Request[T], target: Target) -> Answer[T]:
        if self.secure and target.scheme != "https" and f"{target.host}:{target.port}" not in self.allowed:
            raise AddressRefused(target.url, "only https is asked for people's data; write https:// before it")
        deadline = request.deadline
        found = addresses.checked(target, deadline.left, self.allowed, self.resolve)
        for address in found[:-1]:
            try:
                return self._ask_at(address, request, target, patience=deadline.left / 3)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue  # such as IPv6 where there is no way to it
        return self._ask_at(found[-1], request, target, patience=deadline.left)

    def _ask_at(self, address: str, request: Request[T], target: Target, *, patience: float) -> Answer[T]:
        deadline = request.deadline
        extensions = {"sni_hostname": target.host, "trace": deadline.watch}
        asked = {**request.headers, "Host": target.authority}
        # a client per hop: a pool would lend a connection to one name to another at the same address
        with (
            self._client(deadline.left, patience) as client,
            client.stream(request.method, target.at(address), headers=asked, extensions=extensions) as response,
        ):
            found = response.status_code == FOUND
            body = request.take(response.iter_raw(), response.headers, target) if found else None
            if deadline.passed:  # a body without a length seems to end where the socket was shut
                raise FeedUnreachable(target.url, late(deadline))
            return Answer(target.url, response.status_code, response.headers, body)

    def _client(self, seconds: float, patience: float) -> httpx.Client:
        transport = self.transport() if self.transport else httpx.HTTPTransport(verify=self.trust, trust_env=False)
        return httpx.Client(
            transport=transport,
            timeout=httpx.Timeout(seconds, connect=patience),
            trust_env=False,
            follow_redirects=False,
        )


def late(deadline: Deadline) -> str:
    """Return what is said of an answer that took too long."""
    return f"not done within {deadline.seconds:g} s"


def _why(error: Exception, deadline: Deadline) -> str:
    if deadline.passed or isinstance(error, httpx.TimeoutException):
        return late(deadline)
    return str(error)[:200] or type(error).__name__
