"""Pictures of mails that wait for approval, for whoever has their address."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from outreach.receiver.headers import UNLISTED
from outreach.services import Services
from outreach.steps import preflight

KEPT = {"Cache-Control": "private, max-age=3600"}


class Pictures:
    """Shows pictures; their addresses cannot be guessed, and stand in the approver's report alone."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> Sequence[BaseRoute]:
        """Return what leads here."""
        return [Route("/pictures/{key}.png", self.show)]

    def show(self, request: Request) -> Response:
        """Show one picture."""
        png = preflight.picture(self._services, request.path_params["key"])
        return Response(png, media_type="image/png", headers={**UNLISTED, **KEPT})
