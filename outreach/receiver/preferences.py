"""The preference centre, and the links to it and to one's rights that are asked for by mail."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from outreach.calls.form import Checked
from outreach.model.people import Frequency
from outreach.receiver.guarded import NAMES, STATUS, posted, token_to_show
from outreach.receiver.headers import UNLISTED
from outreach.receiver.incoming import form_of
from outreach.receiver.language import LANGUAGES
from outreach.receiver.pages import Pages
from outreach.receiver.postman import Postman
from outreach.receiver.shown import show_fields
from outreach.receiver.shown_preferences import show_changes, show_preferences
from outreach.services import Services
from outreach.steps import links, preferences, rights
from outreach.steps.guards import Guards, Outcome
from outreach.steps.links import LinkForm
from outreach.steps.preferences import Preferences, Saved

WHY = "asked on the preferences page"
"""What the log of erasures says."""

_NOTHING = Checked({}, {})


class PreferenceCentre:
    """What a link in a mail opens; without one, an address to send it to."""

    def __init__(self, services: Services, pages: Pages, guards: Guards, postman: Postman) -> None:
        self._services = services
        self._pages = pages
        self._guards = guards
        self._postman = postman
        self._trusted = services.settings.trusted_proxies

    def routes(self) -> Sequence[BaseRoute]:
        """Return what leads here."""
        return [
            Route("/preferences", self.ask),
            Route("/preferences", self.send_link, methods=["POST"]),
            Route("/preferences/sent", self.sent),
            Route("/preferences/{token}", self.look),
            Route("/preferences/{token}", self.save, methods=["POST"]),
            Route("/preferences/{token}/rights", self.send_rights_link, methods=["POST"]),
            Route("/rights/forgotten", self.forgotten),
            Route("/rights/{token}", self.rights),
            Route("/rights/{token}/copy", self.copy, methods=["POST"]),
            Route("/rights/{token}/forget", self.forget, methods=["POST"]),
        ]

    def ask(self, request: Request) -> Response:
        """Ask for the address to send a link to."""
        return self._ask(request, self._link_form(request))

    async def send_link(self, request: Request) -> Response:
        """Send the link, if the address is one of ours; the answer does not tell."""
        return await run_in_threadpool(self._send_link, request, await form_of(request))

    def sent(self, request: Request) -> Response:
        """Say that a letter is on its way."""
        rights = "rights" in request.query_params
        return self._pages.show(request, "link_sent", keep={"rights": "yes"} if rights else {}, rights=rights)

    def look(self, request: Request) -> Response:
        """Show what a reader gets, since when and on what ground."""
        page = preferences.preferences(self._services, request.path_params["token"], self._pages.language(request))
        return self._show(request, page)

    async def save(self, request: Request) -> Response:
        """Save what was ticked, and say what changed."""
        form = await form_of(request)
        return await run_in_threadpool(self._save, request, form)

    async def send_rights_link(self, request: Request) -> Response:
        """Send a fresh link to this reader's address, since the one in hand may be old or passed on."""
        return await run_in_threadpool(self._send_rights_link, request, await form_of(request))

    def rights(self, request: Request) -> Response:
        """Offer a copy of everything, and to forget it all."""
        email = links.address_of_rights(self._services, request.path_params["token"])
        return self._pages.show(request, "rights", headers=UNLISTED, email=email, address=request.url.path)

    def copy(self, request: Request) -> Response:
        """Give a copy of all that is held."""
        email = links.address_of_rights(self._services, request.path_params["token"])
        attached = {"Content-Disposition": 'attachment; filename="my-data.json"', **UNLISTED}
        return JSONResponse(rights.export(self._services, email), headers=attached)

    def forget(self, request: Request) -> Response:
        """Erase all that is held."""
        email = links.address_of_rights(self._services, request.path_params["token"])
        rights.forget(self._services, email, why=WHY)
        there = f"/rights/forgotten?lang={self._pages.language(request)}"
        return RedirectResponse(there, HTTPStatus.SEE_OTHER, UNLISTED)

    def forgotten(self, request: Request) -> Response:
        """Say that all is erased."""
        return self._pages.show(request, "forgotten")

    def _link_form(self, request: Request) -> LinkForm:
        language = self._pages.language(request)
        return links.link_form(self._services, language, self._pages.words(language)["link"])

    def _send_link(self, request: Request, values: Mapping[str, str]) -> Response:
        language, form = self._pages.language(request), self._link_form(request)
        sent = posted(request, values, language, self._trusted)
        done = links.send_link(self._services, form, sent, self._pages.words(language)["fault"], self._guards)
        if done.outcome is Outcome.TAKEN:
            there = f"/preferences/sent?lang={language}"
            return RedirectResponse(there, HTTPStatus.SEE_OTHER, background=self._postman.after_answer())
        return self._ask(request, form, done.outcome, done.checked, token_to_show(done.outcome, sent, form.token))

    def _ask(
        self,
        request: Request,
        form: LinkForm,
        outcome: Outcome | None = None,
        checked: Checked = _NOTHING,
        token: str = "",
    ) -> Response:
        reader = self._pages.reader(request)
        errors = checked.errors if outcome is Outcome.FAULTY else {}
        return self._pages.show(
            request,
            "link",
            status=STATUS[outcome],
            questions=show_fields(form.call, (reader.language,), reader, checked.values, errors),
            outcome=outcome,
            action=f"/preferences?lang={reader.language}",
            token=token or form.token,
            names=NAMES,
        )

    def _save(self, request: Request, values: Mapping[str, str]) -> Response:
        sent = posted(request, values, self._pages.language(request), self._trusted)
        saved = preferences.save(self._services, request.path_params["token"], sent, LANGUAGES, self._guards)
        return self._show(request, saved.page, saved)

    def _send_rights_link(self, request: Request, values: Mapping[str, str]) -> Response:
        language, token = self._pages.language(request), request.path_params["token"]
        sent = posted(request, values, language, self._trusted)
        outcome = links.send_rights_link(self._services, token, sent, self._guards)
        if outcome is Outcome.TAKEN:
            there = f"/preferences/sent?lang={language}&rights=yes"
            return RedirectResponse(there, HTTPStatus.SEE_OTHER, UNLISTED, self._postman.after_answer())
        page = preferences.preferences(self._services, token, language)
        return self._show(request, page, outcome=outcome)

    def _show(
        self, request: Request, page: Preferences, saved: Saved | None = None, outcome: Outcome | None = None
    ) -> Response:
        reader = self._pages.reader(request)
        outcome = saved.outcome if saved else outcome
        path = f"/preferences/{request.path_params['token']}"
        answer = self._pages.show(
            request,
            "preferences",
            status=STATUS[outcome],
            headers=UNLISTED,
            shown=show_preferences(page, reader),
            changes=show_changes(saved, reader) if saved and (outcome is Outcome.TAKEN or saved.anything) else None,
            outcome=outcome if outcome is not Outcome.TAKEN else None,
            languages=[(code, self._pages.words(code)["language"]) for code in LANGUAGES],
            frequencies=list(Frequency),
            path=path,
            token=page.form_token,
            names=NAMES,
        )
        if saved and saved.asked:
            answer.background = self._postman.after_answer()
        return answer
