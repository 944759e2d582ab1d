"""Subscribing by double opt-in: a form, and the page behind the link of the one letter that asks back."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from outreach.calls.form import Checked
from outreach.model.people import TRACKING
from outreach.receiver.guarded import NAMES, STATUS, posted, token_to_show
from outreach.receiver.headers import UNLISTED
from outreach.receiver.incoming import form_of
from outreach.receiver.language import LANGUAGES, day_and_time
from outreach.receiver.pages import Pages
from outreach.receiver.postman import Postman
from outreach.receiver.shown import show_fields
from outreach.services import Services
from outreach.steps import subscribing
from outreach.steps.guards import Guards, Outcome
from outreach.steps.subscribing import TICK, Confirmation, Form

MEASURE = f"{TICK}{TRACKING}"
"""The tick that stands apart from the topics."""

_NOTHING = Checked({}, {})


class Subscribing:
    """Nothing is ticked beforehand, and nobody is told whether an address is known."""

    def __init__(self, services: Services, pages: Pages, guards: Guards, postman: Postman) -> None:
        self._services = services
        self._pages = pages
        self._guards = guards
        self._postman = postman
        self._trusted = services.settings.trusted_proxies

    def routes(self) -> Sequence[BaseRoute]:
        """Return what leads here."""
        return [
            Route("/subscribe", self.ask),
            Route("/subscribe", self.take, methods=["POST"]),
            Route("/subscribe/sent", self.sent),
            Route("/privacy", self.privacy),
            Route("/confirm/{token}", self.look),
            Route("/confirm/{token}", self.confirm, methods=["POST"]),
        ]

    def ask(self, request: Request) -> Response:
        """Show the form; `?topic=` says which topic stands on top."""
        return self._show(request, self._form(request))

    async def take(self, request: Request) -> Response:
        """Take the form; the answer is the same whatever comes of it, and the letter leaves after it."""
        return await run_in_threadpool(self._take, request, await form_of(request))

    def sent(self, request: Request) -> Response:
        """Say that a letter is on its way, and where to look for it."""
        return self._pages.show(request, "subscribed")

    def privacy(self, request: Request) -> Response:
        """Say what is kept about people, and for how long."""
        return self._pages.show(request, "privacy", imprint=self._pages.look.imprint(self._pages.language(request)))

    def look(self, request: Request) -> Response:
        """Show what would be confirmed, with a button: programs that look at links follow every address."""
        found = subscribing.confirmation(self._services, request.path_params["token"])
        return self._confirmation(request, "confirm", found)

    def confirm(self, request: Request) -> Response:
        """Confirm it."""
        found = subscribing.confirm(self._services, request.path_params["token"])
        return self._confirmation(request, "confirmed" if found.state == "open" else "confirm", found)

    def _form(self, request: Request) -> Form:
        language = self._pages.language(request)
        own_names = {code: self._pages.words(code)["language"] for code in LANGUAGES}
        words = self._pages.words(language)["subscribe"]
        return subscribing.subscribe_form(
            self._services, language, words, own_names, request.query_params.get("topic", "")
        )

    def _take(self, request: Request, values: Mapping[str, str]) -> Response:
        language = self._pages.language(request)
        form = self._form(request)
        sent = posted(request, values, language, self._trusted)
        done = subscribing.subscribe(self._services, form, sent, self._pages.words(language), self._guards)
        if done.outcome is Outcome.TAKEN:
            there = f"/subscribe/sent?lang={language}"
            return RedirectResponse(there, HTTPStatus.SEE_OTHER, background=self._postman.after_answer())
        return self._show(request, form, done.outcome, done.checked, token_to_show(done.outcome, sent, form.token))

    def _show(
        self,
        request: Request,
        form: Form,
        outcome: Outcome | None = None,
        checked: Checked = _NOTHING,
        token: str = "",
    ) -> Response:
        reader = self._pages.reader(request)
        asked = request.query_params.get("topic", "")
        keep = {"topic": asked} if asked in form.topics else {}
        values = checked.values or {"language": reader.language}
        errors = checked.errors if outcome is Outcome.FAULTY else {}
        fields = show_fields(form.call, (reader.language,), reader, values, errors)
        return self._pages.show(
            request,
            "subscribe",
            status=STATUS[outcome],
            keep=keep,
            questions=[field for field in fields if field.kind != "check"],
            topics=[field for field in fields if field.kind == "check" and field.name != MEASURE],
            tracking=[field for field in fields if field.name == MEASURE],
            outcome=outcome,
            action=f"/subscribe?{urlencode({'lang': reader.language, **keep})}",
            token=token or form.token,
            names=NAMES,
        )

    def _confirmation(self, request: Request, page: str, found: Confirmation) -> Response:
        reader = self._pages.reader(request)
        signup = found.signup
        status = HTTPStatus.GONE if found.state == "expired" else HTTPStatus.OK
        return self._pages.show(
            request,
            page,
            status=status,
            headers=UNLISTED,
            state=found.state,
            signup=signup,
            asked=day_and_time(signup.requested_at, reader.language, reader.zone) if signup else "",
            action=f"{request.url.path}?lang={reader.language}",
        )
