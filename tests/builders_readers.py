"""An outbox and a receiver in one small web application, for readers to act on."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

OUTBOX = "http://127.0.0.1:8410"
PUBLIC = "http://127.0.0.1:8400"
TOKEN = "outbox-for-tests"

MAIL = """<!doctype html><html lang="nl"><body>
<div style="display:none">preheader</div>
<a class="unseen" href="{public}/c/{rid}/h" aria-hidden="true" tabindex="-1">.</a>
<a href="{public}/c/{rid}/0"><img src="{public}/static/logo.png" alt=""></a>
<a class="button" style="background:#14707a" href="{public}/c/{rid}/1">Nomineer</a>
<a href="{public}/c/{rid}/2">Nieuws</a><img src="https://elsewhere.example/x.gif">
<p><a href="{public}/u/token-{rid}">Afmelden</a></p>
<img src="{public}/o/{rid}.gif" width="1" height="1" alt=""></body></html>"""

FORM = """<!doctype html><html lang="{lang}"><body>
<form method="get" action="/search"><input name="q"></form>
<form method="post" action="/calls/gouden?lang={lang}" novalidate>
<label>Gemeente <input type="text" name="municipality" required></label>
<textarea name="approach" required>
</textarea>
<select name="theme" required><option value="">…</option><option value="youth">Jeugd</option>
<option value="living">Wonen</option></select>
<input type="email" name="email">
<input type="checkbox" name="consent" value="yes" required><input type="checkbox" name="newsletter" value="yes">
<div class="hidden-field" aria-hidden="true"><input name="website" type="text" tabindex="-1"></div>
<input type="hidden" name="form_token" value="{form}"><input type="hidden" name="r" value="{rid}">
<button type="submit">Verstuur</button></form></body></html>"""

LEAVE = """<html lang="nl"><body><form method="post" action="{path}?lang=nl">
<input type="checkbox" name="everything" value="yes"><button type="submit">Afmelden</button></form></body></html>"""


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    method: str
    path: str
    agent: str
    network: str


@dataclass
class World:
    """What lies in the outbox and what the receiver has seen. *broken* paths answer 500, *elsewhere* leads away."""

    mails: int = 40
    html: Callable[[int], str] = lambda number: MAIL.format(public=PUBLIC, rid=f"rid-{number}")
    broken: tuple[str, ...] = ()
    elsewhere: bool = False
    refuses_forms: bool = False
    seen: list[Seen] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    left: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    hosts: Counter[str] = field(default_factory=Counter)

    def transport(self) -> httpx.AsyncBaseTransport:
        routes = [
            Route("/v1/messages", self._list),
            Route("/v1/messages/{number:int}", self._mail),
            Route("/c/{rid}/{link}", self._click),
            Route("/calls/gouden", self._form),
            Route("/calls/gouden", self._take, methods=["POST"]),
            Route("/calls/gouden/thanks", self._thanks),
            Route("/u/{token}", self._leave_page),
            Route("/u/{token}", self._leave, methods=["POST"]),
            Route("/{path:path}", self._other),
        ]
        return _Watched(httpx.ASGITransport(Starlette(routes=routes)), self)

    def requests(self, start: str) -> list[Seen]:
        """What was asked below *start*."""
        return [seen for seen in self.seen if seen.path.startswith(start)]

    def _list(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({}, 401)
        after, limit = (int(request.query_params[name]) for name in ("after", "limit"))
        numbers = range(after + 1, min(after + limit, self.mails) + 1)
        listed = [
            {
                "number": n,
                "id": str(n),
                "rid": f"rid-{n}",
                "to": f"reader{n}@example.org",
                "subject": "Oproep",
                "at": "",
            }
            for n in numbers
        ]
        return JSONResponse({"messages": listed, "next": numbers[-1] if numbers and numbers[-1] < self.mails else None})

    def _mail(self, request: Request) -> Response:
        number = request.path_params["number"]
        html = self.html(number)
        (leave,) = re.findall(r'"([^"]*/u/[^"]*)"', html)
        headers = {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        return JSONResponse({"id": str(number), "to": f"reader{number}@example.org", "html": html, "headers": headers})

    def _click(self, request: Request) -> Response:
        rid, link = request.path_params["rid"], request.path_params["link"]
        if link == "h":
            return PlainTextResponse("", 404)
        if self.elsewhere:
            return RedirectResponse("https://elsewhere.example/news", 302)
        return RedirectResponse(f"/calls/gouden?lang=de&r={rid}" if link == "1" else f"{PUBLIC}/campaigns/x", 302)

    def _form(self, request: Request) -> Response:
        rid = request.query_params["r"]
        return HTMLResponse(FORM.format(lang=request.query_params["lang"], form=f"form-{rid}", rid=rid))

    async def _take(self, request: Request) -> Response:
        async with request.form() as form:
            self.forms.append({name: str(value) for name, value in form.items()})
        if self.refuses_forms:
            return HTMLResponse(FORM.format(lang="nl", form="again", rid=""))
        return RedirectResponse("/calls/gouden/thanks?lang=nl", 303)

    def _thanks(self, request: Request) -> Response:
        return HTMLResponse("<h1>Dank u wel!</h1>")

    def _leave_page(self, request: Request) -> Response:
        return HTMLResponse(LEAVE.format(path=request.url.path))

    async def _leave(self, request: Request) -> Response:
        async with request.form() as form:
            self.left.append((request.url.path, {name: str(value) for name, value in form.items()}))
        return PlainTextResponse("unsubscribed")

    def _other(self, request: Request) -> Response:
        return Response(b"")


class _Watched(httpx.AsyncBaseTransport):
    """Notes every request, wherever it goes, and breaks the paths that shall be broken."""

    def __init__(self, inner: httpx.ASGITransport, world: World) -> None:
        self._inner = inner
        self._world = world

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        parts = urlsplit(str(request.url))
        self._world.hosts[parts.netloc] += 1
        if parts.netloc == urlsplit(PUBLIC).netloc:
            agent, network = request.headers["user-agent"], request.headers["x-forwarded-for"]
            self._world.seen.append(Seen(request.method, parts.path, agent, network))
        if parts.path.startswith(self._world.broken) and self._world.broken:
            raise httpx.ConnectError("refused", request=request)
        return await self._inner.handle_async_request(request)
