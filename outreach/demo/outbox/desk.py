"""What the routes of the outbox work with."""

from dataclasses import dataclass

from starlette.requests import Request

from outreach.clock import Clock
from outreach.demo.outbox.box import Box
from outreach.demo.outbox.faults import Faults
from outreach.demo.outbox.postman import Postman


@dataclass(frozen=True)
class Desk:
    """The box, the failures asked for, and the postman where webhooks are wanted."""

    box: Box
    faults: Faults
    postman: Postman | None
    token: str
    clock: Clock


def desk(request: Request) -> Desk:
    """Return the desk of the app that *request* came to."""
    found: Desk = request.app.state.desk
    return found
