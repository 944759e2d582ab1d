"""The routes. Everything can be read with GET; what changes a file or sends a test is a form with the page's token."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from hmac import compare_digest
from http import HTTPStatus
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from outreach import templating
from outreach.errors import OutreachError
from outreach.preview.board import Board, board, in_words
from outreach.preview.chosen import COLOURS, SCREENS, VIEWS, Chosen, chosen
from outreach.preview.desk import Desk, Notice
from outreach.preview.mail import Program, as_shown
from outreach.receiver.brand import Look
from outreach.receiver.downloads import Downloads
from outreach.receiver.incoming import form_of
from outreach.steps import folders, pieces, trial
from outreach.steps.readers import Reader, recipient

FOLDER = Path(__file__).parent
TEMPLATES = templating.environment(FOLDER / "templates")

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {origin} https: data:; form-action 'none'; "
    "base-uri 'self'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A mail may look as it likes and show pictures; it runs nothing, and whatever it is, it is nobody's page."""

Form = Mapping[str, str]
Done = tuple[Chosen, Notice | None]
"""What is shown after a form, and what came of it."""


class Pages:
    """The page, its frames and its forms."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/", self.page),
            Route("/changed", self.changed),
            Route("/frame/{campaign}/{wave}/{variant}", self.frame),
            Route("/campaigns/{slug}/assets/{file}", self.asset),
            Route("/campaigns/{slug}/events/{event}.ics", self.event),
            Route("/static/logo", self.logo),
            Route("/reader", self.look_up, methods=["POST"]),
            Route("/translated", self.translated, methods=["POST"]),
            Route("/test", self.test, methods=["POST"]),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ]

    def page(self, request: Request) -> Response:
        """Show the mails, or what is wrong with them."""
        wanted = self._wanted(request)
        shown = board(self.desk, wanted)
        notice = self.desk.notices.get(request.query_params.get("said", ""))
        html = TEMPLATES.get_template("page.html").render(
            board=shown,
            chosen=wanted,
            slugs=self.desk.slugs,
            pieces=pieces.pieces(shown.campaign) if shown.campaign else {},
            readers=_choices(self.desk, shown),
            views=VIEWS,
            screens=SCREENS,
            colours=COLOURS,
            token=self.desk.token,
            notice=notice,
            most=trial.MOST,
            version=self._version(wanted),
        )
        # A form needs to say where it comes from, which "no-referrer" would keep to itself.
        return HTMLResponse(html, headers={"Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "same-origin"})

    def changed(self, request: Request) -> Response:
        """Answer 304 for as long as nothing changed since the page was made."""
        tag = f'"{self._version(self._wanted(request))}"'
        known = request.headers.get("if-none-match") == tag
        return Response(status_code=HTTPStatus.NOT_MODIFIED if known else HTTPStatus.NO_CONTENT, headers={"ETag": tag})

    def frame(self, request: Request) -> Response:
        """Show one mail alone."""
        path, wanted = request.path_params, chosen(request.query_params)
        campaign = self.desk.campaign(path["campaign"])
        message = self.desk.set(campaign, pieces.piece(campaign, path["wave"])).messages.get(path["variant"])
        if message is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        mail = message.fill(recipient(message, self.desk.reader(campaign, wanted.reader)))
        html = as_shown(mail.html, Program(dark=wanted.colours == "dark", styled=not wanted.plain))
        origin, public = _origin(request), self.desk.services.settings.public_url.rstrip("/")
        for own in (f"/campaigns/{campaign.slug}/assets/", f"/campaigns/{campaign.slug}/events/", "/static/logo"):
            html = html.replace(f'"{public}{own}', f'"{origin}{own}')  # the receiver need not run
        return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY.format(origin=origin)})

    def asset(self, request: Request) -> Response:
        """Show or hand out a file of the campaign, as the receiver would."""
        return _fresh(self._files.asset(request))

    def event(self, request: Request) -> Response:
        """Hand out an event of the campaign for a calendar."""
        return _fresh(self._files.event(request))

    def logo(self, request: Request) -> Response:
        """Show the house's logo."""
        return _fresh(self._files.logo(request))

    @property
    def _files(self) -> Downloads:
        services = self.desk.services
        return Downloads(services, Look(services.settings.templates))

    async def look_up(self, request: Request) -> Response:
        """Look at the mails as somebody from the files; the address stands in no address of a page."""

        def find(wanted: Chosen, form: Form) -> Done:
            return replace(wanted, reader=self.desk.look_up(form.get("address", ""))), None

        return await self._done(request, find)

    async def translated(self, request: Request) -> Response:
        """Declare a translation up to date."""

        def declare(wanted: Chosen, form: Form) -> Done:
            language = form.get("language", "")
            paths = folders.declare_translated(self.desk.services, wanted.campaign, wanted.wave, language)
            return wanted, Notice(tuple(f"{path.name} is declared up to date" for path in paths))

        return await self._done(request, declare)

    async def test(self, request: Request) -> Response:
        """Send a test to colleagues."""

        def send(wanted: Chosen, form: Form) -> Done:
            variants = [each for each in [form.get("variants", "")] if each]
            to = [form.get("to", "")]
            tried = trial.send_test(self.desk.services, wanted.campaign, wanted.wave, to, variants)
            told = tuple(f"{each.email}, {in_words(each.variant)}: {each.why or 'accepted'}" for each in tried)
            return wanted, Notice(told, good=all(each.accepted for each in tried))

        return await self._done(request, send)

    async def _done(self, request: Request, act: Callable[[Chosen, Form], Done]) -> Response:
        """Do what a form asks, if it came from our own page, and show that page again with what came of it."""
        form = await form_of(request)
        own = request.headers.get("origin") == _origin(request)
        if not own or not compare_digest(form.get("token", "").encode(), self.desk.token.encode()):
            raise HTTPException(HTTPStatus.FORBIDDEN, "this form is not of the page that runs now; load the page again")
        wanted = chosen(form)
        try:
            shown, notice = await run_in_threadpool(act, wanted, form)
        except OutreachError as error:
            shown, notice = wanted, Notice(tuple(str(error).splitlines()), good=False)
        said = f"&said={self.desk.keep(notice)}#said" if notice else ""
        return RedirectResponse(f"{shown.but()}{said}", HTTPStatus.SEE_OTHER)

    def _wanted(self, request: Request) -> Chosen:
        """Return what is to be shown: where the address names nothing that there is, the first there is."""
        wanted = chosen(request.query_params)
        if not wanted.campaign and self.desk.slugs:
            wanted = replace(wanted, campaign=self.desk.slugs[0])
        with suppress(OutreachError):
            known = pieces.pieces(self.desk.campaign(wanted.campaign))
            if wanted.wave not in known:
                wanted = replace(wanted, wave=next(iter(known)))
        return wanted

    def _version(self, wanted: Chosen) -> str:
        try:
            campaign = self.desk.campaign(wanted.campaign)
            return self.desk.version(campaign, pieces.piece(campaign, wanted.wave))
        except OutreachError:
            return self.desk.version()


def _origin(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _fresh(answer: Response) -> Response:
    """Have the browser ask again each time: whoever corrects a picture wants to see it."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _choices(desk: Desk, shown: Board) -> dict[str, str]:
    """Return whom the mails can be looked at as, in words; addresses of real people are masked."""
    if shown.campaign is None:
        return {}
    return {
        name: reader.about if isinstance(reader, Reader) else reader
        for name, reader in desk.readers(shown.campaign).items()
    }
