"""The receiver as one Starlette application."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from outreach.errors import NotFound, TokenRefused
from outreach.receiver.brand import Look
from outreach.receiver.downloads import Downloads
from outreach.receiver.forms import Forms
from outreach.receiver.headers import SafeHeaders
from outreach.receiver.pages import Pages
from outreach.receiver.pictures import Pictures
from outreach.receiver.postman import Postman
from outreach.receiver.preferences import PreferenceCentre
from outreach.receiver.site import Site
from outreach.receiver.spoken import Spoken
from outreach.receiver.subscribing import Subscribing
from outreach.receiver.tracking import Tracking
from outreach.receiver.unsubscribing import Unsubscribing
from outreach.receiver.webhooks import Webhooks
from outreach.receiver.why import Why
from outreach.services import Services
from outreach.steps.guards import Guards

WORKERS = 8
"""Requests that use the database at the same time; as many as its pool keeps connections for."""


def create(services: Services, *, form_seconds: float = 2.0, forms_per_hour: int = 30) -> Starlette:
    """Return the web door over *services*.

    *form_seconds* is the least time in which a person fills in a form, *forms_per_hour* the most answers that one
    network may give to one call.
    """
    folder = services.settings.templates
    pages = Pages(services.templates, folder, Look(folder), Spoken(services))
    guards, postman = Guards(form_seconds, forms_per_hour), Postman(services)
    rooms = (
        Tracking(services, pages),
        Unsubscribing(services, pages),
        Forms(services, pages, guards),
        Subscribing(services, pages, guards, postman),
        PreferenceCentre(services, pages, guards, postman),
        Why(services, pages),
        Webhooks(services),
        Downloads(services, pages.look),
        Pictures(services),
        Site(services, pages),
    )
    return Starlette(
        routes=[route for room in rooms for route in room.routes()],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={
            TokenRefused: pages.missing,
            NotFound: pages.missing,
            HTTPException: pages.refused,
            ClientDisconnect: _gone,
            Exception: pages.broken,
        },
        lifespan=_lifespan(postman),
    )


def _lifespan(postman: Postman) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = WORKERS
        rounds = asyncio.create_task(postman.rounds())
        yield
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)
        await run_in_threadpool(postman.close)

    return lifespan


def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)  # nobody is there to read it
