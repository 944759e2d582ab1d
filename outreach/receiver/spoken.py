"""In which languages the mail speaks whose link led to a page. The link says so by naming the mail, and no more."""

from collections.abc import Callable, Mapping

from starlette.requests import Request

from outreach.errors import TokenRefused
from outreach.receiver.guarded import short_rid
from outreach.services import Services
from outreach.steps import spoken

Read = Callable[[str], int]


class Spoken:
    """Asks the ledger, once a request; nothing where no mail led here."""

    def __init__(self, services: Services) -> None:
        self._services = services
        tokens = services.tokens
        self._read: Mapping[str, Read] = {
            "c": tokens.delivery_of,
            "calls": tokens.delivery_of,
            "confirm": tokens.delivery_to_confirm,
            "m": tokens.delivery_of,
            "preferences": tokens.delivery_of_preferences,
            "rights": tokens.delivery_for_rights,
            "u": tokens.delivery_to_unsubscribe,
        }
        """By the first part of a page's address, whose tokens are of one purpose each."""

    def __call__(self, request: Request) -> tuple[str, ...]:
        """Return the languages, the best first."""
        if not hasattr(request.state, "spoken"):
            request.state.spoken = self._of(request)
        found: tuple[str, ...] = request.state.spoken
        return found

    def _of(self, request: Request) -> tuple[str, ...]:
        read = self._read.get(request.url.path.split("/")[1])
        given = request.path_params.get("token") or request.path_params.get("rid") or request.query_params.get("r", "")
        if read is None or not short_rid(given):
            return ()
        try:
            return spoken.languages(self._services, read(given))
        except TokenRefused:
            return ()
