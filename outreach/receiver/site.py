"""The public pages of campaigns, their style sheets, and whether all is well."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from outreach.receiver.pages import Pages
from outreach.receiver.shown import show_campaign, show_content, show_demands
from outreach.services import Services
from outreach.steps import public

CACHED = {"Cache-Control": "public, max-age=300"}


class Site:
    """What anybody may read."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._pages = pages
        self._folder = services.settings.templates / "pages" / "static"

    def routes(self) -> Sequence[BaseRoute]:
        """Return what leads here."""
        return [
            Route("/", self.index),
            Route("/campaigns/{slug}", self.campaign),
            Route("/static/brand.css", self.brand),
            Mount("/static", StaticFiles(directory=self._folder)),
            Route("/healthz", self.health),
        ]

    def index(self, request: Request) -> Response:
        """List the campaigns that are open."""
        reader = self._pages.reader(request)
        campaigns = [
            show_campaign(page, reader)
            for page in public.open_campaigns(self._services)
            if page.open_calls or not page.closed_calls
        ]
        return self._pages.show(request, "index", campaigns=campaigns)

    def campaign(self, request: Request) -> Response:
        """Show what a campaign demands, how to join in, and what is new."""
        reader = self._pages.reader(request)
        page = public.campaign_page(self._services, request.path_params["slug"], reader.language)
        return self._pages.show(
            request,
            "campaign",
            campaign=show_campaign(page, reader),
            demands=show_demands(page, reader),
            news=[show_content(item, reader) for item in page.news],
            events=[show_content(item, reader) for item in page.events],
        )

    def brand(self, request: Request) -> Response:  # noqa: ARG002
        """Return the house's colours."""
        return Response(self._pages.look.css, media_type="text/css", headers=CACHED)

    def health(self, request: Request) -> Response:  # noqa: ARG002
        """Say that the database answers."""
        public.ask_database(self._services)
        return PlainTextResponse("ok\n")
