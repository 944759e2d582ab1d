"""One call to an email API, classified by the protocol for a batch. Nothing is tried twice here."""

import contextlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from outreach.errors import (
    AccessRefused,
    ContentRefused,
    DefinitionError,
    NotTaken,
    OutcomeUnknown,
    ProviderBusy,
    ProviderError,
    ProviderRefused,
)
from outreach.model.mail import one_line

GUESSED_WAIT = 30.0
LONGEST_WAIT = 3600.0
LONGEST_ANSWER = 16_000_000
LONGEST_WORDS = 300
IDLE_SECONDS = 2.0
"""Connections idle for longer are not used again: servers close theirs after 5 s or more, and a call that meets a
connection being closed cannot be told from one that was taken."""

WORDS = ("ErrorCode", "Message", "ErrorMessage", "code", "name", "message")
"""What the APIs call the code and the message of an error."""

ERROR_NAME = "x-amzn-errortype"
"""Where Amazon names an error; the others do it in the body."""

PRINTABLE = re.compile(r"[!-~](?:[ -~]*[!-~])?")

NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
UNTELLING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT)
"""4xx that say nothing of an earlier call with the same key, which may have been taken."""

ABOUT_THE_CONTENT = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
"""4xx for which one mail of a call may be to blame, or its size."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an API answered to one call, with its own clock and its name for an error, where it shows them."""

    api: str
    status: int
    body: bytes
    retry_after: str = ""
    at: str = ""
    error: str = ""

    def taken(self) -> object:
        """Return the JSON of a call that was taken; raise what any other answer means."""
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise ProviderBusy(self.words(), self.wait())
        if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR or self.status in UNTELLING:
            raise OutcomeUnknown(self.words())
        if self.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise AccessRefused(self.words())
        if self.status in ABOUT_THE_CONTENT:
            raise ContentRefused(self.words())
        if not HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES:
            raise ProviderRefused(self.words())
        try:
            return json.loads(self.body)
        except ValueError:
            raise OutcomeUnknown(f"{self.words()}; that is not the JSON it should be") from None

    def json(self) -> object:
        """Return the JSON of the body, None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def words(self) -> str:
        """Return what the API said, in one line of bounded length."""
        said = _joined(self.error, _said(self.json()) or self.body.decode(errors="replace"))
        said = one_line(said[: 4 * LONGEST_WORDS])
        cut = said if len(said) <= LONGEST_WORDS else said[: LONGEST_WORDS - 1] + "…"
        return f"{self.api} answered {self.status}" + (f": {cut}" if cut else "")

    def wait(self) -> float:
        """Return the seconds to wait: as told in seconds or as a date by the API's own clock, else a guess."""
        told = self.retry_after.strip()
        if told.isascii() and told.isdecimal():
            return min(float(told), LONGEST_WAIT)
        until, since = _date(told), _date(self.at)
        if until is None or since is None:
            return GUESSED_WAIT
        return min(max((until - since).total_seconds(), 0.0), LONGEST_WAIT)


Query = Mapping[str, str | int]
"""What is asked for, as it stands behind an address."""


class Api:
    """The connections to one email API."""

    def __init__(
        self, name: str, url: str, headers: Mapping[str, str], seconds: float, waits: Sequence[str] = ("retry-after",)
    ) -> None:
        """*waits* are the headers that may say how long to wait, the one believed most first."""
        for header, value in headers.items():
            if not PRINTABLE.fullmatch(value):
                raise DefinitionError(
                    f"{name}: the token for header {header} is empty or no printable ASCII; copy it anew"
                )
        self.name = name
        self._seconds = seconds
        self._waits = waits
        address = _address(name, url)
        self._client = httpx.Client(
            base_url=address,
            headers={"Content-Type": "application/json", "Accept": "application/json", **headers},
            timeout=seconds,
            follow_redirects=False,
            verify=address.scheme == "https",  # reading the certificates of all authorities takes a while
            limits=httpx.Limits(keepalive_expiry=IDLE_SECONDS),
        )

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Make the call once and return whatever was answered.

        `NotTaken` where no byte of it can have left, `OutcomeUnknown` where it got lost on the way there or back.
        """
        return self._call(self._client.build_request("POST", path, content=body, headers=headers))

    def get(self, path: str, query: Query) -> Answer:
        """Ask once and return whatever was answered; the same errors as for a `post`."""
        return self._call(self._client.build_request("GET", path, params=query))

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _call(self, request: httpx.Request) -> Answer:
        try:
            with contextlib.closing(self._client.send(request, stream=True)) as response:
                return self._read(response)
        except NOTHING_SENT as error:
            raise NotTaken(f"{self.name} cannot be reached: {_why(error)}") from error
        except httpx.TransportError as error:
            raise OutcomeUnknown(f"{self.name} gave no whole answer: {_why(error)}") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"{self.name} gave an answer that cannot be read: {_why(error)}") from error

    def _read(self, response: httpx.Response) -> Answer:
        end = time.monotonic() + self._seconds  # httpx bounds each piece of an answer, not the whole
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > LONGEST_ANSWER or time.monotonic() > end:
                raise OutcomeUnknown(f"{self.name} answered {response.status_code}, but too slowly or too much")
        return Answer(
            api=self.name,
            status=response.status_code,
            body=bytes(body),
            retry_after=next((response.headers[name] for name in self._waits if name in response.headers), ""),
            at=response.headers.get("date", ""),
            error=response.headers.get(ERROR_NAME, "").partition(":")[0],
        )


def fetch(url: str, seconds: float = 10) -> bytes:
    """Return what stands at an address that was looked at before; `ProviderError` where nothing does."""
    try:
        response = httpx.get(url, timeout=seconds, follow_redirects=False)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise ProviderError(f"{httpx.URL(url).host} did not give what it should: {_why(error)}") from error
    return response.content


def _address(name: str, url: str) -> httpx.URL:
    try:
        address = httpx.URL(url.rstrip("/"))
    except httpx.InvalidURL as error:
        raise DefinitionError(f"address of {name}: {url!r} cannot be read: {error}") from None
    if address.scheme not in ("http", "https") or not address.host:
        raise DefinitionError(f"address of {name}: {url!r} is no address; one begins with https:// or http://")
    return address


def _why(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}".removesuffix(": "))[:LONGEST_WORDS]


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _said(document: object) -> str:
    """The message of an error: `{error: {code, message}}`, `{error}`, `{message, errors}`, or `WORDS` side by side."""
    if not isinstance(document, dict):
        return ""
    error = document.get("error")
    if isinstance(error, dict):
        return _joined(error.get("code"), error.get("message"))
    return _joined(error, *(document.get(word) for word in WORDS), *_fields(document.get("errors")))


def _fields(errors: object) -> list[str]:
    return [f"{name}: {why}" for name, why in errors.items()] if isinstance(errors, dict) else []


def _joined(*parts: object) -> str:
    return "; ".join(str(part) for part in parts if part)
