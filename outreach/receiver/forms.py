"""The forms of calls."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from outreach.calls.form import Checked
from outreach.model.campaign import Standing
from outreach.receiver.guarded import NAMES, STATUS, posted, short_rid, token_to_show
from outreach.receiver.incoming import form_of
from outreach.receiver.pages import Pages
from outreach.receiver.shown import show_call, show_fields
from outreach.services import Services
from outreach.steps import public
from outreach.steps.guards import Guards, Outcome
from outreach.steps.public import CallPage

_NOTHING = Checked({}, {})

PLACES = (Standing.REGISTERED, Standing.WAITING)
"""What the thanks tell of, where a call has places."""


class Forms:
    """Shows forms, takes them, and shows them again where something was wrong."""

    def __init__(self, services: Services, pages: Pages, guards: Guards) -> None:
        self._services = services
        self._pages = pages
        self._guards = guards
        self._trusted = services.settings.trusted_proxies

    def routes(self) -> Sequence[BaseRoute]:
        """Return what leads here."""
        return [
            Route("/calls/{slug}", self.ask),
            Route("/calls/{slug}", self.take, methods=["POST"]),
            Route("/calls/{slug}/thanks", self.thank),
        ]

    def ask(self, request: Request) -> Response:
        """Show the form, empty."""
        page = public.call_page(self._services, request.path_params["slug"])
        return self._show(request, page, rid=short_rid(request.query_params.get("r", "")))

    async def take(self, request: Request) -> Response:
        """Take what was filled in; thanks follow at another address, so that loading them again sends nothing."""
        return await run_in_threadpool(self._take, request, await form_of(request))

    def thank(self, request: Request) -> Response:
        """Thank, and show how far the call is."""
        page = public.call_page(self._services, request.path_params["slug"])
        call = show_call(page.campaign, page.standing, self._pages.reader(request))
        given = request.query_params.get("standing", "")
        standing = given if page.standing.call.capacity and given in PLACES else ""
        return self._pages.show(
            request,
            "thanks",
            keep={"standing": standing} if standing else {},
            call=call,
            standing=standing,
            back=self._campaign(request, page),
        )

    def _take(self, request: Request, form: Mapping[str, str]) -> Response:
        slug, language = request.path_params["slug"], self._pages.language(request)
        sent = posted(request, form, language, self._trusted)
        phrases = self._pages.words(language)["fault"]
        submitted = public.submit_call(self._services, slug, sent, phrases, self._guards)
        if submitted.outcome is Outcome.TAKEN:
            given = "" if submitted.standing is Standing.SUBMITTED else f"&standing={submitted.standing}"
            return RedirectResponse(f"/calls/{slug}/thanks?lang={language}{given}", HTTPStatus.SEE_OTHER)
        page = public.call_page(self._services, slug)
        token = token_to_show(submitted.outcome, sent, page.form_token)
        return self._show(
            request, page, rid=sent.rid, checked=submitted.checked, outcome=submitted.outcome, token=token
        )

    def _show(
        self,
        request: Request,
        page: CallPage,
        *,
        rid: str,
        checked: Checked = _NOTHING,
        outcome: Outcome | None = None,
        token: str = "",
    ) -> Response:
        reader = self._pages.reader(request)
        call = page.standing.call
        errors = checked.errors if outcome is Outcome.FAULTY else {}
        return self._pages.show(
            request,
            "call",
            status=STATUS[outcome],
            keep={"r": rid} if rid else {},
            call=show_call(page.campaign, page.standing, reader),
            closed=page.closed,
            full=page.standing.full,
            fields=show_fields(call, page.campaign.languages, reader, checked.values, errors),
            outcome=outcome,
            action=f"/calls/{call.slug}?lang={reader.language}",
            token=token or page.form_token,
            rid=rid,
            names=NAMES,
            back=self._campaign(request, page),
        )

    def _campaign(self, request: Request, page: CallPage) -> str:
        return f"/campaigns/{page.campaign.slug}?lang={self._pages.language(request)}"
