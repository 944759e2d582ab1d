"""The pages: every recipient's inbox, and each mail as a reader's program would show it. Nothing here needs scripts."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from outreach import templating
from outreach.demo.outbox import eml, mails
from outreach.demo.outbox.desk import desk
from outreach.demo.outbox.mails import Kept, Line, Search

FOLDER = Path(__file__).parent / "templates"
TEMPLATES = templating.environment(FOLDER)
ZONE = ZoneInfo("Europe/Amsterdam")
A_PAGE = 50
VIEWS = {"mail": "Mail", "text": "Plain text", "headers": "Headers", "source": "Source"}

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src http://127.0.0.1:* http://localhost:* data:; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A mail may look as it likes and load images from this machine; it runs nothing and frames nothing."""

_HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"<(https?://[^>\s]+)>")


async def inbox(request: Request) -> Response:
    """Show the newest mails of everyone."""
    return await _listed(request, Search(part=request.query_params.get("to", "").strip()))


async def inbox_of(request: Request) -> Response:
    """Show the newest mails of one address."""
    return await _listed(request, Search(email=request.path_params["email"]))


async def mail(request: Request) -> Response:
    """Show one mail in one of its views."""
    kept = await _kept(request)
    if kept is None:
        return _missing()
    chosen = request.query_params.get("view", "mail")
    view = chosen if chosen in VIEWS else "mail"
    source = eml.source(kept).decode("ascii", "replace") if view in ("headers", "source") else ""
    head, _, _ = source.partition("\r\n\r\n")
    return _page(
        "mail.html",
        kept=kept,
        mail=kept.mail,
        view=view,
        views=VIEWS,
        unsubscribe=_unsubscribe(kept.mail.headers),
        head=head.replace("\r\n", "\n"),
        source=source.replace("\r\n", "\n"),
    )


async def mail_html(request: Request) -> Response:
    """Show the HTML part alone, for the frame; its links open in a new tab."""
    kept = await _kept(request)
    if kept is None:
        return _missing()
    base = '<base target="_blank">'
    html, found = _HEAD.subn(lambda head: head.group() + base, kept.mail.html, count=1)
    return Response(
        html if found else base + html,
        media_type="text/html",
        headers={**_headers(MAIL_POLICY), "Cache-Control": "no-store"},
    )


async def mail_source(request: Request) -> Response:
    """Hand out the mail as a file."""
    kept = await _kept(request)
    if kept is None:
        return _missing()
    headers = {**_headers(PAGE_POLICY), "Content-Disposition": f'attachment; filename="{kept.id}.eml"'}
    return Response(eml.source(kept), media_type="message/rfc822", headers=headers)


async def style(_request: Request) -> Response:
    """Hand out the style sheet."""
    return FileResponse(FOLDER / "outbox.css", media_type="text/css", headers={"Cache-Control": "max-age=60"})


async def icon(_request: Request) -> Response:
    """Hand out the icon."""
    return FileResponse(FOLDER / "icon.svg", media_type="image/svg+xml", headers=_headers(PAGE_POLICY))


async def health(_request: Request) -> Response:
    """Say that the outbox is up."""
    return PlainTextResponse("ok")


ROUTES = (
    Route("/", inbox, name="inbox"),
    Route("/inbox/{email:path}", inbox_of, name="inbox_of"),
    Route("/mail/{id}.eml", mail_source, name="mail_source"),
    Route("/mail/{id}", mail, name="mail"),
    Route("/mail/{id}/html", mail_html, name="mail_html"),
    Route("/outbox.css", style),
    Route("/icon.svg", icon),
    Route("/healthz", health),
)


async def _listed(request: Request, search: Search) -> Response:
    before = request.query_params.get("before", "")
    subject = request.query_params.get("subject", "")
    number = int(before) if re.fullmatch(r"[0-9]{1,15}", before) else 0
    search = Search(search.part, search.email, subject, number)
    box = desk(request).box
    lines = await run_in_threadpool(mails.newest, box, search, A_PAGE + 1)
    known = await run_in_threadpool(mails.subjects, box)
    return _page(
        "inbox.html",
        lines=lines[:A_PAGE],
        search=search,
        subjects=known if not subject or subject in known else [subject, *known],
        older=_older(search, lines),
        newest="?" + urlencode({"to": search.part, "subject": subject}) if number else "",
    )


def _older(search: Search, lines: list[Line]) -> str:
    if len(lines) <= A_PAGE:
        return ""
    return "?" + urlencode({"to": search.part, "subject": search.subject, "before": lines[A_PAGE - 1].number})


async def _kept(request: Request) -> Kept | None:
    return await run_in_threadpool(mails.whole, desk(request).box, request.path_params["id"])


def _unsubscribe(headers: Mapping[str, str]) -> str:
    """The address that mail programs put behind their own unsubscribe button."""
    listed = next((value for name, value in headers.items() if name.lower() == "list-unsubscribe"), "")
    found = _WEB_ADDRESS.search(listed)
    return found.group(1) if found else ""


def _missing() -> Response:
    return _page("missing.html", status=404)


def _page(template: str, status: int = 200, **values: object) -> Response:
    html = TEMPLATES.get_template(template).render(**values)
    return Response(html, status, headers=_headers(PAGE_POLICY), media_type="text/html")


def _headers(policy: str) -> dict[str, str]:
    return {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def _clock_time(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%-d %b %Y, %H:%M}"


def _address(email: str) -> Markup:
    """Return an address that is broken after its @, where a line is too short for it."""
    return Markup("@<wbr>").join(escape(part) for part in email.split("@"))


TEMPLATES.filters["address"] = _address
TEMPLATES.filters["clock_time"] = _clock_time
TEMPLATES.filters["path"] = lambda email: quote(email, safe="@")
