"""Pixels and tracked links."""

import base64
from collections.abc import Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from outreach.errors import NotFound
from outreach.receiver.headers import MAIL_POLICY, UNLISTED
from outreach.receiver.incoming import visit_of
from outreach.receiver.pages import Pages
from outreach.services import Services
from outreach.steps import listening, waves

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
"""A transparent GIF of one pixel."""

HONEYPOT = "h"
"""Stands where a link's number would."""

MOST_DIGITS = 9


class Tracking:
    """Answers pixel and links once what happened is committed."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._pages = pages
        self._trusted = services.settings.trusted_proxies

    def routes(self) -> Sequence[BaseRoute]:
        """Return what leads here."""
        return [
            Route("/o/{rid}.gif", self.open),
            Route("/p/{wave}.gif", self.wave_open),
            Route("/c/{rid}/{link}", self.click),
            Route("/m/{rid}", self.online),
        ]

    def open(self, request: Request) -> Response:
        """The pixel of a reader who allows it to be known."""
        listening.record_open(self._services, request.path_params["rid"], visit_of(request, self._trusted))
        return _pixel()

    def wave_open(self, request: Request) -> Response:
        """The pixel that a whole wave shares."""
        wave = _number("wave", request.path_params["wave"])
        listening.record_wave_open(self._services, wave, visit_of(request, self._trusted))
        return _pixel()

    def click(self, request: Request) -> Response:
        """A tracked link; the honeypot among them leads nowhere."""
        rid, link = request.path_params["rid"], request.path_params["link"]
        visit = visit_of(request, self._trusted)
        if link == HONEYPOT:
            listening.record_honeypot(self._services, rid, visit)
            return self._pages.problem(request, HTTPStatus.NOT_FOUND, UNLISTED)
        target = listening.follow_link(self._services, rid, _number("link", link), visit)
        return RedirectResponse(target, HTTPStatus.FOUND, UNLISTED)

    def online(self, request: Request) -> Response:
        """A mail shown in the browser."""
        html = waves.view_online(self._services, request.path_params["rid"])
        return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY, **UNLISTED})


def _pixel() -> Response:
    return Response(PIXEL, media_type="image/gif", headers=UNLISTED)


def _number(what: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise NotFound(what, text)
    return int(text)
