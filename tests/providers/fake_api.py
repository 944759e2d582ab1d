"""What the servers that stand in for email APIs share: they take, answer, and fail as told, over real connections."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from outreach.demo.outbox.faults import Fault, FaultKind, Faults, after, before
from outreach.model.mail import Mail
from outreach.providers.port import Provider
from tests.conftest import NOON
from tests.providers.serving import serving


class Broken(Exception):
    """A request outside the documented contract."""

    def __init__(self, status: int, body: object) -> None:
        self.status = status
        self.body = body
        super().__init__(json.dumps(body))


@dataclass
class FakeApi:
    """One account; *mails* is what was accepted, as the recipients would get it.

    *results* overrules what the mail to an address is answered with, where the API answers every mail. *look* is where
    it can be asked about its mails, which it took at *at*; *known* are their ids by rid.
    """

    token: str
    base: str = ""
    path: str = "/"
    faults: Faults = field(default_factory=Faults)
    mails: list[Mail] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    look: str = ""
    at: datetime = NOON
    known: dict[str, str] = field(default_factory=dict)

    def app(self) -> Starlette:
        asked = [Route(path, self.tell, methods=["GET"]) for path in (self.look, self.look + "/{mark}") if self.look]
        return Starlette(routes=[Route(self.base + self.path, self.take, methods=["POST"]), *asked])

    def forget(self) -> None:
        self.faults.forget()
        self.mails.clear()
        self.requests.clear()
        self.results.clear()
        self.known.clear()

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.requests.append((dict(request.headers), body))
        fault = self.faults.next()
        failed = await before(fault)
        if failed:
            return failed
        try:
            answer = self.answer(request.headers, body)
        except Broken as broken:
            return self.refusal(broken)
        if fault and fault.kind is FaultKind.WRONG_COUNT:
            return JSONResponse(self.shortened(answer))
        return await after(fault, json.dumps(answer).encode())

    async def tell(self, request: Request) -> Response:
        try:
            return JSONResponse(self.listed(request.headers, request.query_params, request.path_params.get("mark", "")))
        except Broken as broken:
            return self.refusal(broken)

    def listed(self, headers: Mapping[str, str], query: Mapping[str, str], mark: str) -> Any:
        """Tell of the mails that were taken, or raise `Broken`; *mark* leads to another page."""
        raise NotImplementedError

    def answer(self, headers: Mapping[str, str], body: bytes) -> Any:
        """Take the call, or raise `Broken`."""
        raise NotImplementedError

    def refusal(self, broken: Broken) -> Response:
        """The API's way to say what was wrong."""
        return JSONResponse(broken.body, broken.status)

    def shortened(self, answer: Any) -> Any:
        """The answer with one result too few."""
        if isinstance(answer, list):
            return answer[:-1]
        return {name: value[:-1] if isinstance(value, list) else value for name, value in answer.items()}

    def fail(self, kind: FaultKind, times: int = 1, seconds: float = 1) -> None:
        self.faults.ask_for(Fault(kind, seconds), times)


class Make(Protocol):
    """How a test's file makes its provider."""

    def __call__(self, url: str = ..., token: str = ..., seconds: float = ...) -> Provider: ...


@dataclass
class ApiUnderTest:
    """A provider and the server that it calls: what that one took, and how to make it fail."""

    url: str
    server: FakeApi
    make: Make
    provider: Provider

    def taken(self) -> list[Mail]:
        """The finished mails that the API has, in order."""
        return self.server.mails

    def fail(self, kind: FaultKind, times: int = 1, seconds: float = 1) -> None:
        """Make the next calls fail."""
        self.server.fail(kind, times, seconds)

    def like_this(self, url: str = "", token: str = "", seconds: float = 20) -> Provider:
        """The same provider with another address, token or patience."""
        return self.make(url or self.url, token or self.server.token, seconds)


@contextmanager
def open_api(server: FakeApi, make: Make) -> Iterator[ApiUnderTest]:
    """Run *server* and connect the provider to it."""
    with serving(server.app()) as address:
        url = address + server.base
        provider = make(url)
        yield ApiUnderTest(url, server, make, provider)
        provider.close()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def parsed(body: bytes, status: int, error: object) -> Any:
    """The JSON of a request."""
    try:
        return json.loads(body)
    except ValueError:
        raise Broken(status, error) from None


def need(holds: object, status: int, error: object) -> None:
    if not holds:
        raise Broken(status, error)
