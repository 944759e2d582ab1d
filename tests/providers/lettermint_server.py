"""A Lettermint that enforces what Lettermint documents, judged by the official SDK's own models and checks.

Sources: the types and operations generated into the `lettermint` package from the vendor's API specification
(unknown fields are refused here, answers are validated too), and its README on batches: at most 500 mails, taken in
order, a failure names in `error.details.accepted` what it had taken; keys of mails unique in a batch and valid for
24 hours, another content under the same key is a 409 that sends nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from uuid import uuid4

from lettermint._emails import check_message
from lettermint._generated import types
from lettermint._generated.operations import OPERATIONS
from lettermint.exceptions import LettermintValidationError
from pydantic import ConfigDict, TypeAdapter, ValidationError

from outreach.model.mail import Address, Mail
from tests.conftest import FakeClock
from tests.providers.fake_api import Broken, FakeApi, need

for _model in (types.SendBatchMailItem, types.SendMailRequestSettings, types.MessageTagInput):
    setattr(_model, "__pydantic_config__", ConfigDict(extra="forbid", strict=True))  # noqa: B010 # unknown to the type
REQUEST: TypeAdapter[Any] = TypeAdapter(types.SendBatchMailRequest)
ANSWER: TypeAdapter[object] = TypeAdapter(types.SendBatchMailResponse)
API_ERROR: TypeAdapter[object] = TypeAdapter(types.ApiErrorBody)
FIELD_ERRORS: TypeAdapter[object] = TypeAdapter(types.ValidationErrorBody)

OPERATION = OPERATIONS["POST /send/batch"]
DAY = timedelta(hours=24)
MOST_MAILS = 500
MOST_BYTES = 25_000_000


@dataclass
class Remembered:
    digest: str
    at: datetime
    message_id: str = ""
    answer: Any = None


@dataclass
class LettermintServer(FakeApi):
    """One project of one team."""

    base: str = "/v1"
    path: str = OPERATION.path
    clock: FakeClock = field(default_factory=FakeClock)
    status: str = "pending"
    _calls: dict[str, Remembered] = field(default_factory=dict)
    _items: dict[str, Remembered] = field(default_factory=dict)

    def forget(self) -> None:
        super().forget()
        self.status = "pending"

    def answer(self, headers: Mapping[str, str], body: bytes) -> Any:
        need(headers.get("x-lettermint-token") == self.token, 401, {"message": "Unauthenticated."})
        if headers.get("content-type") != OPERATION.request.content_type:  # type: ignore[union-attr]
            raise _error(422, "UNSUPPORTED_MEDIA_TYPE", "send JSON")
        if len(body) > MOST_BYTES:
            raise _error(413, "PAYLOAD_TOO_LARGE", "the request is larger than 25 MB")
        key, digest = headers.get("idempotency-key", ""), hashlib.sha256(body).hexdigest()
        known = self._known(self._calls, key)
        if known and known.digest != digest:
            raise _error(409, "IDEMPOTENCY_CONFLICT", "the Idempotency-Key was used with another body")
        if known:
            return known.answer
        answer = self._accept(_validated(body))
        if key:
            self._calls[key] = Remembered(digest, self.clock(), answer=answer)
        return answer

    def _accept(self, items: list[dict[str, Any]]) -> list[dict[str, str]]:
        self._no_conflict(items)
        results: list[dict[str, str]] = []
        for index, item in enumerate(items):
            local = item["to"][0].partition("@")[0]
            if local.startswith("refused."):
                accepted = [{"index": n, "message_id": done["message_id"]} for n, done in enumerate(results)]
                raise _error(422, "RECIPIENT_REFUSED", f"messages[{index}] was refused", {"accepted": accepted})
            results.append({"message_id": self._message_id(item), "status": self.status})
        ANSWER.validate_python([{**result, "status": "pending"} for result in results])
        return results

    def _message_id(self, item: dict[str, Any]) -> str:
        key = item.get("idempotency_key", "")
        known = self._known(self._items, key)
        if known:
            return known.message_id
        message_id = str(uuid4())
        self.mails.append(_mail(item))
        if key:
            self._items[key] = Remembered(_digest(item), self.clock(), message_id)
        return message_id

    def _no_conflict(self, items: list[dict[str, Any]]) -> None:
        keys = [item["idempotency_key"] for item in items if "idempotency_key" in item]
        if len(set(keys)) < len(keys):
            raise _fields("idempotency_key", "keys are unique within a batch")
        for item in items:
            known = self._known(self._items, item.get("idempotency_key", ""))
            if known and known.digest != _digest(item):
                raise _error(409, "IDEMPOTENCY_CONFLICT", "an idempotency_key was used with another content")

    def _known(self, memory: dict[str, Remembered], key: str) -> Remembered | None:
        found = memory.get(key) if key else None
        return found if found and self.clock() - found.at < DAY else None


def _mail(item: dict[str, Any]) -> Mail:
    """The mail that Lettermint would send for *item*."""
    name, email = parseaddr(item["from"])
    return Mail(
        rid=item["metadata"]["rid"],
        recipient=item["to"][0],
        sender=Address(email, name),
        reply_to=item.get("reply_to", [""])[0],
        subject=item["subject"],
        html=item["html"],
        text=item["text"],
        headers=item["headers"],
    )


def _validated(body: bytes) -> list[dict[str, Any]]:
    try:
        items: list[dict[str, Any]] = REQUEST.validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise _fields(".".join(map(str, first["loc"])) or "body", first["msg"]) from None
    if not 1 <= len(items) <= MOST_MAILS:
        raise _fields("body", f"1 to {MOST_MAILS} mails")
    for index, item in enumerate(items):
        _check(f"{index}", item)
    return items


def _check(place: str, item: dict[str, Any]) -> None:
    try:
        check_message(item, place)
    except LettermintValidationError as error:
        raise _fields(error.field or place, str(error)) from None
    for address in (item["from"], *item["to"], *item.get("reply_to", [])):
        if "@" not in parseaddr(address)[1]:
            raise _fields(f"{place}.from/to/reply_to", f"{address!r} is no address")
    if not (item.get("html") or item.get("text")) or not item["to"]:
        raise _fields(place, "a recipient and a body are required")
    for name in item.get("headers", {}):
        if not name.isascii() or not name.isprintable() or ":" in name:
            raise _fields(f"{place}.headers", f"{name!r} is no name of a header")
    if not 1 <= len(item.get("idempotency_key", "k")) <= 255:
        raise _fields(f"{place}.idempotency_key", "1 to 255 characters")


def _fields(name: str, why: str) -> Broken:
    body = {"message": "The given data was invalid.", "errors": {name: [why]}}
    FIELD_ERRORS.validate_python(body)
    return Broken(422, body)


def _error(status: int, code: str, message: str, details: dict[str, Any] | None = None) -> Broken:
    body = {"error": {"code": code, "message": message, **({"details": details} if details else {})}}
    API_ERROR.validate_python(body)
    return Broken(status, body)


def _digest(item: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()
