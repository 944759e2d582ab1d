"""`outreach receiver`: the web door."""

from outreach.receiver.serve import serve
from outreach.services import open_services


def receiver(*, host: str = "127.0.0.1", port: int = 8400, form_seconds: float = 2.0, forms_per_hour: int = 30) -> None:
    """Answer opens, clicks, forms, unsubscribing and webhooks until SIGTERM or Ctrl-C.

    Parameters
    ----------
    host
        Address to listen on.
    port
        Port to listen on.
    form_seconds
        Forms that come back faster than this are shown once more.
    forms_per_hour
        The most answers that one network may give to one call.
    """
    with open_services() as services:
        serve(services, host=host, port=port, form_seconds=form_seconds, forms_per_hour=forms_per_hour)
