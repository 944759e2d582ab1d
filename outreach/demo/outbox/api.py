"""The HTTP API under `/v1`, shaped like those of real providers: bearer token, JSON, an answer per recipient."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from outreach.demo.outbox import call, faults, mails
from outreach.demo.outbox.desk import Desk, desk

MOST_LISTED = 1000
LONGEST_KEY = 255

Endpoint = Callable[[Request], Awaitable[Response]]


class FaultsAskedFor(BaseModel):
    """The body of `POST /v1/faults`; *seconds* is how long a timeout sleeps, or what Retry-After says."""

    model_config = ConfigDict(extra="forbid")

    kind: faults.FaultKind
    times: int = Field(default=1, ge=1, le=100_000)
    seconds: float = Field(default=1.0, ge=0, le=600)


def guarded(endpoint: Endpoint) -> Endpoint:
    """Let in who knows the token."""

    async def answer(request: Request) -> Response:
        told = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(told, f"Bearer {desk(request).token}".encode()):
            return faults.error(401, "unauthorized", "the bearer token is missing or wrong")
        return await endpoint(request)

    return answer


@guarded
async def take(request: Request) -> Response:
    """Take mails; the answer comes when they are on disk."""
    body = await bounded(request)
    at_desk = desk(request)
    fault = at_desk.faults.next()
    failed = await faults.before(fault)
    if failed:
        return failed
    answer = await run_in_threadpool(_take, at_desk, body, request.headers.get("idempotency-key", ""))
    return await faults.after(fault, answer)


@guarded
async def listed(request: Request) -> Response:
    """List mails in the order they were taken."""
    number, most = _number(request, "after", 0), _number(request, "limit", 100)
    most = min(max(most, 1), MOST_LISTED)
    lines = await run_in_threadpool(mails.after, desk(request).box, number, most)
    return JSONResponse(
        {
            "messages": [
                {"number": m.number, "id": m.id, "rid": m.rid, "to": m.to, "subject": m.subject, "at": m.at.isoformat()}
                for m in lines
            ],
            "next": lines[-1].number if len(lines) == most else None,
        }
    )


@guarded
async def shown(request: Request) -> Response:
    """Show one whole mail."""
    kept = await run_in_threadpool(mails.whole, desk(request).box, request.path_params["id"])
    if kept is None:
        return faults.error(404, "not_found", "there is no message of that id")
    mail = asdict(kept.mail)
    return JSONResponse(
        {"id": kept.id, "at": kept.at.isoformat(), "to": mail.pop("recipient"), "from": mail.pop("sender"), **mail}
    )


@guarded
async def fail(request: Request) -> Response:
    """Ask for failures."""
    try:
        asked = FaultsAskedFor.model_validate_json(await bounded(request))
    except ValidationError:
        kinds = ", ".join(faults.FaultKind)
        return faults.error(422, "invalid", f"expected kind, times and seconds; kinds: {kinds}")
    desk(request).faults.ask_for(faults.Fault(asked.kind, asked.seconds), asked.times)
    return JSONResponse(asked.model_dump(mode="json"), status_code=202)


@guarded
async def forget(request: Request) -> Response:
    """Take back the failures that have not happened."""
    desk(request).faults.forget()
    return Response(status_code=204)


@guarded
async def stats(request: Request) -> Response:
    """Count what was taken."""
    at_desk = desk(request)
    counted = asdict(await run_in_threadpool(at_desk.box.stats))
    return JSONResponse(counted if at_desk.postman else counted | {"pending_webhooks": 0})


async def refused(_request: Request, error: Exception) -> Response:
    """Answer a call that is not as it should be."""
    if not isinstance(error, call.CallRefused):
        raise error
    return faults.error(error.status, error.code, str(error))


ROUTES = (
    Route("/v1/messages", take, methods=["POST"]),
    Route("/v1/messages", listed, methods=["GET"]),
    Route("/v1/messages/{id}", shown, methods=["GET"]),
    Route("/v1/faults", fail, methods=["POST"]),
    Route("/v1/faults", forget, methods=["DELETE"]),
    Route("/v1/stats", stats, methods=["GET"]),
)


def _take(at_desk: Desk, body: bytes, key: str) -> bytes:
    if len(key) > LONGEST_KEY:
        raise call.CallRefused(422, "invalid", f"Idempotency-Key: at most {LONGEST_KEY} characters")
    answer = at_desk.box.take(body, call.read(body), key, at_desk.clock())
    if at_desk.postman:
        at_desk.postman.wake()
    return answer


async def bounded(request: Request) -> bytes:
    """Return the body, unless it is longer than a call may be."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > call.MOST_BYTES:
            raise call.CallRefused(413, "too_large", f"a call has at most {call.MOST_BYTES:,} bytes")
    return bytes(body)


def _number(request: Request, name: str, default: int) -> int:
    told = request.query_params.get(name, "")
    if not told:
        return default
    if not (told.isascii() and told.isdecimal() and len(told) < 16):  # noqa: PLR2004 # beyond, SQLite has no number
        raise call.CallRefused(422, "invalid", f"{name}: {told!r} is no number")
    return int(told)
