"""Reports of the email API, answered once they are committed."""

import logging
from collections.abc import Sequence
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from outreach.errors import NotFound, OutreachError, TokenRefused
from outreach.receiver.incoming import WEBHOOK_BYTES, body_of
from outreach.services import Services
from outreach.steps import reports

log = logging.getLogger(__name__)


class Webhooks:
    """Takes the reports of the one provider that is in use."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> Sequence[BaseRoute]:
        """Return what leads here."""
        return [Route("/webhooks/{provider}", self.take, methods=["POST"])]

    async def take(self, request: Request) -> Response:
        """Answer 200 only after the commit, so that the provider repeats what was lost."""
        provider = request.path_params["provider"]
        if provider != self._services.provider.name:
            raise NotFound("provider", provider)
        body = await body_of(request, WEBHOOK_BYTES)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            news = await run_in_threadpool(reports.take_webhook, self._services, headers, body)
        except TokenRefused as error:
            log.warning("a webhook was refused: %s", error, extra={"provider": provider})
            asking = {"WWW-Authenticate": 'Basic realm="webhooks"'}  # Amazon SNS shows a secret only when asked
            return JSONResponse({"error": "not authentic"}, HTTPStatus.UNAUTHORIZED, asking)
        except OutreachError as error:
            log.warning("a webhook could not be read: %s", error, extra={"provider": provider})
            return JSONResponse({"error": "not understood"}, HTTPStatus.BAD_REQUEST)
        return JSONResponse({"news": news})
