"""Runs the outbox: `python -m outreach.demo.outbox --port 8410 --folder .outreach/outbox`."""

import argparse
from pathlib import Path

import uvicorn

from outreach.demo.outbox import create
from outreach.settings import Settings


def main() -> None:
    """Read the options and serve until stopped; token and secret come from the environment."""
    settings = Settings()
    parser = argparse.ArgumentParser(prog="python -m outreach.demo.outbox", description="The embedded email API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8410)
    parser.add_argument("--folder", type=Path, default=settings.home / "outbox", help="where mails are kept")
    parser.add_argument("--no-idempotency", action="store_true", help="send again what comes again")
    parser.add_argument("--webhook-url", help="who is told what became of each mail")
    options = parser.parse_args()
    app = create(
        options.folder,
        token=settings.outbox_token.get_secret_value(),
        webhook_secret=settings.outbox_webhook_secret.get_secret_value(),
        webhook_url=options.webhook_url,
        idempotency=not options.no_idempotency,
    )
    print(f"outbox on http://{options.host}:{options.port}, mails kept in {options.folder}", flush=True)
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
