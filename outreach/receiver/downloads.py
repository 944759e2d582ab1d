"""Files that mails lead to: a campaign's pictures and papers, its events for calendars, and the house's logo."""

from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from outreach.compose.assets import PICTURES, media_type
from outreach.errors import NotFound
from outreach.receiver.brand import Look
from outreach.services import Services
from outreach.steps import downloads

CACHED = {"Cache-Control": "public, max-age=3600"}
"""Long enough for the many readers of one mail, short enough for a picture that was corrected."""

ALONE = {"Content-Security-Policy": "default-src 'none'; sandbox"}
"""Nothing in a file may run, and nothing may be fetched for it."""

LONGEST_NAME = 200


class Downloads:
    """Gives out files, each from one place, by their names."""

    def __init__(self, services: Services, look: Look) -> None:
        self._services = services
        self._logo = look.logo
        self._static = StaticFiles()

    def routes(self) -> Sequence[BaseRoute]:
        """Return what leads here; to be asked before the style sheets, which share the logo's folder."""
        return [
            Route("/campaigns/{slug}/assets/{file}", self.asset),
            Route("/campaigns/{slug}/events/{event}.ics", self.event),
            Route("/static/logo", self.logo),
        ]

    def asset(self, request: Request) -> Response:
        """A picture, shown, or a paper, downloaded."""
        slug, name = request.path_params["slug"], request.path_params["file"]
        if len(slug) + len(name) > LONGEST_NAME:
            raise NotFound("file", name)
        return self._file(request, downloads.asset_file(self._services, slug, name))

    def event(self, request: Request) -> Response:
        """An event, for the reader's own calendar."""
        slug, name = request.path_params["slug"], request.path_params["event"]
        held = downloads.event_file(self._services, slug, name, request.query_params.get("lang", ""))
        kept = {"Content-Disposition": f'attachment; filename="{name}.ics"', "Cache-Control": "no-cache"}
        return Response(held, media_type="text/calendar; charset=utf-8", headers={**ALONE, **kept})

    def logo(self, request: Request) -> Response:
        """The picture in the head of every mail."""
        if self._logo is None:
            raise NotFound("logo", "logo_image")
        return self._file(request, self._logo)

    def _file(self, request: Request, path: Path) -> Response:
        kind = "inline" if path.suffix.lower() in PICTURES else "attachment"
        answer = FileResponse(
            path,
            media_type=media_type(path.name),
            headers={**ALONE, **CACHED},
            stat_result=path.stat(),
            filename=path.name,
            content_disposition_type=kind,
        )
        if self._static.is_not_modified(answer.headers, request.headers):
            return NotModifiedResponse(answer.headers)
        return answer
