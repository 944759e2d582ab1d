"""A reader's program: sends one request to the receiver, or another web door, in memory."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.applications import Starlette

from tests.builders_engagement import FIREFOX, SITE


class Client:
    """Talks to the application at *site* without a network; *address* is where it seems to come from."""

    def __init__(self, app: Starlette, address: str = "192.0.2.7", site: str = SITE) -> None:
        self._app = app
        self._address = address
        self._site = site

    def request(self, method: str, path: str, headers: Mapping[str, str] | None = None, **rest: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, {"User-Agent": FIREFOX, **(headers or {})}, **rest))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.request("GET", path, headers)

    def post(self, path: str, headers: Mapping[str, str] | None = None, **rest: Any) -> httpx.Response:
        return self.request("POST", path, headers, **rest)

    async def _request(self, method: str, path: str, headers: Mapping[str, str], **rest: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=(self._address, 50000))
        async with httpx.AsyncClient(transport=transport, base_url=self._site, headers=headers) as client:
            return await client.request(method, path, **rest)
