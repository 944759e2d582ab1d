"""Unsubscribing: a GET shows, a POST acts, since link scanners fetch every address."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from outreach.engagement.leaving import Leaving
from outreach.receiver.headers import UNLISTED
from outreach.receiver.incoming import form_of
from outreach.receiver.language import said
from outreach.receiver.pages import Pages
from outreach.services import Services
from outreach.steps import listening


class Unsubscribing:
    """The page for people and the one click of mail programs (RFC 8058)."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._pages = pages

    def routes(self) -> Sequence[BaseRoute]:
        """Return what leads here."""
        return [Route("/u/{token}", self.ask), Route("/u/{token}", self.act, methods=["POST"])]

    def ask(self, request: Request) -> Response:
        """Show what would stop."""
        leaving = listening.unsubscribe_view(self._services, request.path_params["token"])
        return self._show(request, "unsubscribe", leaving, already=leaving.left)

    async def act(self, request: Request) -> Response:
        """Stop it; the mail program gets a bare answer, a person a page."""
        return await run_in_threadpool(self._act, request, await form_of(request))

    def _act(self, request: Request, form: Mapping[str, str]) -> Response:
        everything = bool(form.get("everything"))
        leaving = listening.unsubscribe(self._services, request.path_params["token"], everything=everything)
        if "List-Unsubscribe" in form:
            return PlainTextResponse("unsubscribed\n", headers=UNLISTED)
        return self._show(request, "unsubscribed", leaving, everything=everything)

    def _show(self, request: Request, page: str, leaving: Leaving, **context: Any) -> Response:
        title = said(leaving.title, self._pages.language(request), leaving.languages)
        return self._pages.show(
            request, page, headers=UNLISTED, email=leaving.email, campaign=title, action=request.url.path, **context
        )
