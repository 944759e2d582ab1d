"""Failures on demand: everything that email APIs have been seen to do to their callers."""

import asyncio
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

HANG_UP_AT_ONCE = struct.pack("ii", 1, 0)


class FaultKind(StrEnum):
    """What goes wrong; `after` means that the mails have been taken."""

    ERROR_500 = "error_500"
    ERROR_500_AFTER = "error_500_after"
    BUSY_429 = "busy_429"
    BUSY_429_WITH_RETRY_AFTER = "busy_429_with_retry_after"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    RESET_AFTER = "reset_after"
    TRUNCATED = "truncated"
    WRONG_COUNT = "wrong_count"


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure; *seconds* is how long it sleeps, or asks to wait."""

    kind: FaultKind
    seconds: float


class Faults:
    """The failures still to come, first asked for first."""

    def __init__(self) -> None:
        self._coming: deque[Fault] = deque()
        self._lock = threading.Lock()

    def ask_for(self, fault: Fault, times: int) -> None:
        """Make the next *times* calls fail."""
        with self._lock:
            self._coming.extend([fault] * times)

    def forget(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._coming.clear()

    def next(self) -> Fault | None:
        """Return what happens to this call."""
        with self._lock:
            return self._coming.popleft() if self._coming else None


class Reset(Response):
    """Instead of an answer, the connection is reset."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Hang up; the kernel tells the caller with an RST."""
        transport = _transport(receive)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HANG_UP_AT_ONCE)
        transport.abort()
        await _hung_up()


class Truncated(Response):
    """Half of the answer, then the connection ends."""

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Promise the whole and hang up in the middle."""
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        _transport(receive).close()
        await _hung_up()


async def before(fault: Fault | None) -> Response | None:
    """Return the failure that keeps the call from being taken, if that is what is asked for."""
    return await _BEFORE[fault.kind](fault) if fault and fault.kind in _BEFORE else None


async def after(fault: Fault | None, answer: bytes) -> Response:
    """Return the answer to a call that was taken, or what is left of it."""
    response = Response(answer, status_code=202, media_type="application/json")
    return await _AFTER[fault.kind](fault, response) if fault and fault.kind in _AFTER else response


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error in the shape of this API."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)


async def _error_500(_fault: Fault) -> Response:
    return error(500, "internal", "failed before taking, as asked for")


async def _busy(_fault: Fault) -> Response:
    return error(429, "busy", "too many calls, as asked for")


async def _busy_with_retry_after(fault: Fault) -> Response:
    return error(429, "busy", "too many calls, as asked for", {"Retry-After": f"{fault.seconds:.0f}"})


async def _timeout_before(fault: Fault) -> Response:
    await asyncio.sleep(fault.seconds)
    return error(503, "timeout", "slept instead of taking, as asked for")


async def _error_500_after(_fault: Fault, _response: Response) -> Response:
    return error(500, "internal", "failed after taking, as asked for")


async def _timeout_after(fault: Fault, response: Response) -> Response:
    await asyncio.sleep(fault.seconds)
    return response


async def _reset_after(_fault: Fault, _response: Response) -> Response:
    return Reset()


async def _truncated(_fault: Fault, response: Response) -> Response:
    return Truncated(bytes(response.body), response.status_code, media_type="application/json")


async def _wrong_count(_fault: Fault, response: Response) -> Response:
    document = json.loads(bytes(response.body))
    short = {"results": document["results"][:-1]} if isinstance(document, dict) else document[:-1]
    return JSONResponse(short, status_code=response.status_code)


_BEFORE: Mapping[FaultKind, Callable[[Fault], Awaitable[Response]]] = {
    FaultKind.ERROR_500: _error_500,
    FaultKind.BUSY_429: _busy,
    FaultKind.BUSY_429_WITH_RETRY_AFTER: _busy_with_retry_after,
    FaultKind.TIMEOUT_BEFORE: _timeout_before,
}
_AFTER: Mapping[FaultKind, Callable[[Fault, Response], Awaitable[Response]]] = {
    FaultKind.ERROR_500_AFTER: _error_500_after,
    FaultKind.TIMEOUT_AFTER: _timeout_after,
    FaultKind.RESET_AFTER: _reset_after,
    FaultKind.TRUNCATED: _truncated,
    FaultKind.WRONG_COUNT: _wrong_count,
}


def _transport(receive: Receive) -> asyncio.Transport:
    """The connection under a request. ASGI has no word for hanging up, so this knows uvicorn's."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if not isinstance(transport, asyncio.Transport):
        raise TypeError("only uvicorn's connections can be cut")
    return transport


async def _hung_up() -> None:
    """Let the loop notice that the connection is gone, so that uvicorn does not answer on it."""
    for _ in range(3):
        await asyncio.sleep(0)
