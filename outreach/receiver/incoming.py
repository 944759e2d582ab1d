"""Reading requests: who asks, and bodies that are bounded before they are read."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from outreach.engagement.visit import Visit, network_of

FORM_BYTES = 256_000
WEBHOOK_BYTES = 2_000_000
MOST_FIELDS = 200


def visit_of(request: Request, trusted: Sequence[str]) -> Visit:
    """Return who asks, by the rules of privacy."""
    return Visit(
        agent=request.headers.get("user-agent", ""),
        network=network_of(address_of(request, trusted)),
        method=request.method,
    )


def address_of(request: Request, trusted: Sequence[str]) -> str:
    """Return the address of the reader; X-Forwarded-For is believed as far as *trusted* proxies wrote it."""
    address = request.client.host if request.client else ""
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed([hop.strip() for hop in hops if hop.strip()]):
        if not _is_trusted(address, trusted):
            break
        address = hop
    return address


async def body_of(request: Request, limit: int) -> bytes:
    """Return the body; 413 as soon as it is known to be longer than *limit*."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > limit:
        raise HTTPException(413)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413)
    return bytes(body)


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a posted form, urlencoded or multipart; files are refused."""
    body = await body_of(request, FORM_BYTES)

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    read = Request(request.scope, again)
    async with read.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=FORM_BYTES) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _is_trusted(address: str, trusted: Sequence[str]) -> bool:
    try:
        return any(ip_address(address) in ip_network(proxy, strict=False) for proxy in trusted)
    except ValueError:
        return False
