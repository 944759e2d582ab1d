"""Running the receiver until it is told to stop."""

import signal
import sys
from types import FrameType

import uvicorn

from outreach.receiver.app import create
from outreach.services import Services

GRACE_SECONDS = 10


def serve(
    services: Services,
    *,
    host: str = "127.0.0.1",
    port: int = 8400,
    form_seconds: float = 2.0,
    forms_per_hour: int = 30,
) -> None:
    """Answer requests until SIGTERM or SIGINT; those under way are finished first.

    Addresses hold readers' tokens, so no access log is kept. Proxies' headers are left to our own rules.
    """
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _leave)  # uvicorn raises the signal once more when it has finished
    uvicorn.run(
        create(services, form_seconds=form_seconds, forms_per_hour=forms_per_hour),
        host=host,
        port=port,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
