"""The outbox in a process of its own: it outlives its callers, fails as told, and can stop at a chosen call."""

import asyncio
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach.demo.outbox import create
from outreach.demo.outbox.desk import Desk
from outreach.demo.outbox.faults import Fault, FaultKind
from tests.providers.serving import free_port

TOKEN = "outbox"
PATIENCE = 30.0
"""Seconds for the API to start, and for it to answer a test."""

PROCESSES = multiprocessing.get_context("forkserver")  # a real process each, without importing everything anew
PROCESSES.set_forkserver_preload(
    ["tests.faults.api", "tests.faults.sender", "httpcore", "uvicorn.protocols.http.h11_impl", "psycopg"]
)


class Moment(StrEnum):
    """When something happens, seen from the email API; all but the last two hold the call until it has happened."""

    UNREAD = "the call has come and is never read"
    OVERTAKEN = "the call has come and is taken afterwards"
    TAKEN = "the call is taken and not answered"
    ANSWERED = "the answer is on its way"
    LATER = "somewhere between two calls"


class Gate:
    """Stands before the outbox and counts the calls; at the chosen one it tells, and waits to be let go on."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self.app, self.desk = app, desk
        self.calls = self.failed = self.chosen = 0
        self.moment = Moment.LATER
        self.reached, self.released = asyncio.Event(), asyncio.Event()
        self.chance, self.share, self.seconds = random.Random(), 0.0, 0.0
        self.kinds: list[FaultKind] = []
        self.control = Starlette(
            routes=[
                Route("/gate", self.choose, methods=["PUT"]),
                Route("/gate", self.wait, methods=["GET"]),
                Route("/gate", self.release, methods=["DELETE"]),
                Route("/failing", self.fail, methods=["PUT"]),
                Route("/calls", self.count, methods=["GET"]),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in ("/gate", "/failing", "/calls"):
            await self.control(scope, receive, send)
        elif scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", "/v1/messages"):
            await self.call(scope, await _read(receive), send)
        else:
            await self.app(scope, receive, send)

    async def call(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls += 1
        if self.chance.random() < self.share:
            self.failed += 1
            self.desk.faults.ask_for(Fault(self.chance.choice(self.kinds), self.seconds), 1)
        if self.calls != self.chosen:
            await self.app(scope, receive, send)
            return
        reached, answer = self.reached, list[Message]()

        async def keep(message: Message) -> None:
            answer.append(message)

        if self.moment in (Moment.UNREAD, Moment.OVERTAKEN):
            await self.stop()
        if self.moment is Moment.UNREAD:
            return
        await self.app(scope, receive, keep)
        if self.moment is Moment.TAKEN:
            await self.stop()
        for message in answer:
            await send(message)
        reached.set()

    async def stop(self) -> None:
        self.reached.set()
        await self.released.wait()

    async def choose(self, request: Request) -> Response:
        asked = await request.json()
        self.chosen, self.moment = self.calls + asked["call"], Moment(asked["moment"])
        self.reached, self.released = asyncio.Event(), asyncio.Event()  # an earlier call may still hold its own
        return Response(status_code=204)

    async def wait(self, _request: Request) -> Response:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.reached.wait(), 0.1)
        return JSONResponse(self.reached.is_set())

    async def release(self, _request: Request) -> Response:
        self.chosen = 0
        self.released.set()
        return Response(status_code=204)

    async def fail(self, request: Request) -> Response:
        asked = await request.json()
        self.chance, self.share, self.seconds = random.Random(asked["seed"]), asked["share"], asked["seconds"]
        self.kinds = [FaultKind(kind) for kind in asked["kinds"]]
        return Response(status_code=204)

    async def count(self, _request: Request) -> Response:
        return JSONResponse({"calls": self.calls, "failed": self.failed})


async def _read(receive: Receive) -> Receive:
    """Take in the whole call; whoever made it may be dead before it is looked at."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def serve(folder: Path, port: int, keys: bool) -> None:
    """Serve until killed."""
    app = create(folder, token=TOKEN, webhook_secret="secret", idempotency=keys)
    gate = Gate(app, app.state.desk)
    uvicorn.run(
        gate, host="127.0.0.1", port=port, log_level="critical", access_log=False, lifespan="off", http="h11", ws="none"
    )


class Api:
    """The process, and how a test speaks with it. What it took is on its disk and survives that it is killed."""

    def __init__(self, folder: Path, *, keys: bool) -> None:
        self.folder, self.keys = folder, keys
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._client = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE)
        self._process: BaseProcess | None = None

    def start(self) -> None:
        self._process = PROCESSES.Process(target=serve, args=(self.folder, self.port, self.keys), daemon=True)
        self._process.start()
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._client.get("/calls").raise_for_status()
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.join()

    def close(self) -> None:
        self.kill()
        self._client.close()

    def choose(self, call: int, moment: Moment) -> None:
        """Stop at the *call*-th call from now."""
        self._client.put("/gate", json={"call": call, "moment": moment}).raise_for_status()

    @contextmanager
    def reached(self, is_alive: Callable[[], bool]) -> Iterator[None]:
        """Wait for the chosen call, or its caller's end; let the call go on afterwards, if the API is still there."""
        while not self._client.get("/gate").json() and is_alive():
            pass
        yield
        with suppress(httpx.TransportError):
            self._client.delete("/gate")

    def fail(self, seed: str, share: float, kinds: Sequence[FaultKind], seconds: float) -> None:
        """From now on a *share* of the calls fails."""
        asked = {"seed": seed, "share": share, "kinds": list(kinds), "seconds": seconds}
        self._client.put("/failing", json=asked).raise_for_status()

    def recover(self) -> None:
        self.fail("", 0.0, [], 0.0)
        self._client.delete("/v1/faults").raise_for_status()

    def calls(self) -> int:
        """How many calls came."""
        return int(self._client.get("/calls").json()["calls"])

    def failed(self) -> int:
        """How many calls failed as asked."""
        return int(self._client.get("/calls").json()["failed"])

    def taken(self) -> list[str]:
        """The rids of all mails it took, one for each time."""
        rids: list[str] = []
        after: int | None = 0
        while after is not None:
            page = self._client.get("/v1/messages", params={"after": after, "limit": 1000}).json()
            rids += [mail["rid"] for mail in page["messages"]]
            after = page["next"]
        return rids
