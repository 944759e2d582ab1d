"""The outbox in process, with a clock that moves when told."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from outreach.demo.outbox import create
from tests.conftest import FakeClock

TOKEN = {"Authorization": "Bearer token"}


@dataclass
class Client:
    """Asks an app in process, with the token."""

    app: Starlette

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, **told: Any) -> httpx.Response:
        return self.request("POST", path, **told)

    def request(self, method: str, path: str, headers: Mapping[str, str] | None = None, **told: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://outbox", headers=TOKEN) as client:
                return await client.request(method, path, headers=dict(headers or {}), **told)

        return asyncio.run(ask())


@pytest.fixture
def outbox(tmp_path: Path, clock: FakeClock) -> Iterator[Client]:
    app = create(tmp_path, token="token", webhook_secret="secret", clock=clock)
    yield Client(app)
    app.state.desk.box.close()


@pytest.fixture
def send(outbox: Client) -> Callable[..., list[dict[str, Any]]]:
    """Send a mail to some addresses; return the results."""

    def sender(*emails: str, key: str = "", **changes: object) -> list[dict[str, Any]]:
        answer = outbox.post("/v1/messages", json=call(*emails, **changes), headers={"Idempotency-Key": key})
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    return sender


def call(*emails: str, **changes: object) -> dict[str, Any]:
    """A call to the API as JSON."""
    names = {"first_name": "Anna & Bo"}
    return {
        "message": {
            "from": {"email": "nieuws@example.org", "name": "Vereniging Überall"},
            "reply_to": "redactie@example.org",
            "subject": "Hallo @@first_name@@",
            "html": "<html><head><title>x</title></head><body><p>Hallo @@first_name@@</p></body></html>",
            "text": "Hallo @@first_name@@\n",
            "headers": {"List-Unsubscribe": f"<https://example.org/u/{'t' * 90}>, <mailto:uit@example.org>"},
            **changes,
        },
        "recipients": [
            {
                "to": email,
                "rid": f"rid-{n}-{email.partition('@')[0].replace('.', '-').replace(' ', '-')}",
                "variables": names,
                "html_variables": {"first_name": "Anna &amp; Bo"},
            }
            for n, email in enumerate(emails)
        ],
    }
