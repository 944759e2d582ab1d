"""A Resend that enforces what Resend documents for POST /emails/batch.

Sources: the official OpenAPI document (resend/resend-openapi), the official Python library, whose types judge every
mail, resend.com/docs on batches, validation modes, idempotency keys and errors: at most 100 emails; with
`x-batch-validation: permissive` valid ones go out and the others stand in `errors` by position, without it one refuses
all; the same key with the same body within 24 h is answered again, with another body it is a 409.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse, Response

from outreach.model.mail import Address, Mail
from tests.conftest import FakeClock
from tests.providers import vendors
from tests.providers.fake_api import Broken, FakeApi, need, parsed

TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
MOST, LONGEST_KEY = 100, 256
DAY = timedelta(hours=24)
NAMES = {401: "missing_api_key", 409: "invalid_idempotent_request", 422: "validation_error"}


@dataclass
class ResendServer(FakeApi):
    """One account."""

    path: str = "/emails/batch"
    clock: FakeClock = field(default_factory=FakeClock)
    answers: dict[str, tuple[str, datetime, Any]] = field(default_factory=dict)

    def refusal(self, broken: Broken) -> Response:
        body = {"statusCode": broken.status, "name": NAMES[broken.status], "message": broken.body}
        return JSONResponse(body, broken.status)

    def answer(self, headers: Mapping[str, str], body: bytes) -> Any:
        need(headers.get("authorization") == f"Bearer {self.token}", 401, "API key is invalid")
        key, digest = headers.get("idempotency-key", ""), hashlib.sha256(body).hexdigest()
        need(len(key) <= LONGEST_KEY, 422, f"a key of at most {LONGEST_KEY} characters")
        known = self.answers.get(key) if key else None
        if known and self.clock() - known[1] < DAY:
            need(known[0] == digest, 409, "Same idempotency key used with a different request payload")
            return known[2]
        answer = self._accept(parsed(body, 422, "not JSON"), headers.get("x-batch-validation", "strict"))
        self.answers[key] = (digest, self.clock(), answer)
        return answer

    def _accept(self, items: Any, mode: str) -> dict[str, Any]:
        need(isinstance(items, list) and 1 <= len(items) <= MOST, 422, f"an array of 1 to {MOST} emails")
        wrong = {index: why for index, item in enumerate(items) if (why := _wrong(item))}
        need(mode == "permissive" or not wrong, 422, "; ".join(wrong.values()))
        taken = [item for index, item in enumerate(items) if index not in wrong]
        self.mails.extend(map(_mail, taken))
        errors = [{"index": index, "message": why} for index, why in wrong.items()]
        return {"data": [{"id": str(uuid4())} for _ in taken], **({"errors": errors} if errors else {})}


def _wrong(item: dict[str, Any]) -> str:
    misfit = vendors.resend(item)
    if misfit:
        return misfit
    fits = {
        "Invalid `from`": "@" in parseaddr(item.get("from", ""))[1],
        "Invalid `to` was refused": all(re.fullmatch(r"(?!refused\.)\S+@\S+", to) for to in item.get("to", [""])),
        "Invalid `reply_to`": all("@" in address for address in item.get("reply_to", ["@"])),
        "Invalid `subject`": "subject" in item,
        "Invalid `tags`": all(TAG.fullmatch(tag["name"]) and TAG.fullmatch(tag["value"]) for tag in item["tags"]),
    }
    return next((complaint for complaint, holds in fits.items() if not holds), "")


def _mail(item: dict[str, Any]) -> Mail:
    name, email = parseaddr(item["from"])
    return Mail(
        rid=next(tag["value"] for tag in item["tags"] if tag["name"] == "rid"),
        recipient=item["to"][0],
        sender=Address(email, name),
        reply_to=item.get("reply_to", [""])[0],
        subject=item["subject"],
        html=item["html"],
        text=item["text"],
        headers=json.loads(json.dumps(item["headers"])),
    )
