"""Puts the outbox together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette

from outreach import clock as clocks
from outreach.clock import Clock
from outreach.demo.outbox import api, pages
from outreach.demo.outbox.box import Box
from outreach.demo.outbox.call import CallRefused
from outreach.demo.outbox.desk import Desk
from outreach.demo.outbox.faults import Faults
from outreach.demo.outbox.postman import Postman


def create(
    folder: Path,
    *,
    token: str,
    webhook_secret: str,
    webhook_url: str | None = None,
    idempotency: bool = True,
    clock: Clock = clocks.now,
) -> Starlette:
    """Return the outbox that keeps its mails under *folder*; without *webhook_url* it reports to nobody."""
    box = Box(folder, idempotency=idempotency)
    postman = Postman(box, webhook_url, webhook_secret, clock) if webhook_url else None

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if postman:
            postman.start()
        try:
            yield
        finally:
            if postman:
                postman.stop()
            box.close()

    app = Starlette(
        routes=[*api.ROUTES, *pages.ROUTES],
        exception_handlers={CallRefused: api.refused},
        lifespan=lifespan,
    )
    app.state.desk = Desk(box, Faults(), postman, token, clock)
    return app
