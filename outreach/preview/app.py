"""Puts the preview together: for this machine alone, whatever a page elsewhere would have a browser ask."""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from outreach.errors import NotFound, OutreachError
from outreach.preview.desk import Desk
from outreach.preview.pages import PAGE_POLICY, TEMPLATES, Pages
from outreach.receiver.headers import SafeHeaders
from outreach.services import Services

HOSTS = ("127.0.0.1", "localhost")
"""Names that this machine is called by; a foreign name that leads here is somebody else's trick (DNS rebinding)."""


def create(services: Services) -> Starlette:
    """Return the preview over the templates and content of *services*."""
    pages = Pages(Desk(services))
    return Starlette(
        routes=pages.routes(),
        middleware=[Middleware(SafeHeaders), Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)],
        exception_handlers={OutreachError: _wrong, HTTPException: _refused},
    )


def _wrong(_request: Request, error: Exception) -> Response:
    status = HTTPStatus.NOT_FOUND if isinstance(error, NotFound) else HTTPStatus.UNPROCESSABLE_ENTITY
    return _message(str(error).splitlines(), status)


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    return _message([error.detail], error.status_code)


def _message(lines: Sequence[str], status: int) -> Response:
    html = TEMPLATES.get_template("message.html").render(lines=lines)
    # The frames show it too: what is wrong with one mail stands where the mail would.
    policy = PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    return HTMLResponse(html, status, headers={"Content-Security-Policy": policy})
