"""An Amazon SES that enforces what Amazon documents for SendBulkEmail of its API v2, and merges as it documents.

Sources: the service model and the parameter checks of botocore; docs.aws.amazon.com on bulk mails (inline templates,
replacement headers and tags, statuses of entries) and on Signature Version 4, computed here by its description.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.utils import parseaddr
from functools import cache
from typing import Any
from uuid import uuid4

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from starlette.responses import JSONResponse, Response

from outreach.model.mail import Address, Mail
from tests.providers.fake_api import Broken, FakeApi, need, parsed

VARIABLE = re.compile(r"\{\{([^{}]+)\}\}")
HEADER = re.compile(r"[ -~]{1,995}")
TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
MOST, MOST_HEADERS, MOST_OF_A_TEMPLATE = 50, 15, 500_000
REGION, KEY_ID = "eu-central-1", "AKIDEXAMPLE"
ERRORS = {400: "BadRequestException", 401: "UnrecognizedClientException", 403: "InvalidSignatureException"}


@dataclass
class SesServer(FakeApi):
    """One account in one region."""

    path: str = "/v2/email/outbound-bulk-emails"
    calls: list[dict[str, Any]] = field(default_factory=list)

    def forget(self) -> None:
        super().forget()
        self.calls.clear()

    def refusal(self, broken: Broken) -> Response:
        name = ERRORS.get(broken.status, "BadRequestException")
        return JSONResponse({"message": broken.body}, broken.status, {"x-amzn-errortype": f"{name}:http://x"})

    def answer(self, headers: Mapping[str, str], body: bytes) -> Any:
        need(headers.get("authorization") == _signature(self.token, self.path, headers, body), 403, "no such signature")
        call = parsed(body, 400, "not JSON")
        wrong = ParamValidator().validate(call, _request()).generate_report()
        need(not wrong, 400, wrong)
        self._check(call)
        self.calls.append(call)
        return {"BulkEmailEntryResults": [self._result(call, entry) for entry in call["BulkEmailEntries"]]}

    def _check(self, call: dict[str, Any]) -> None:
        template = call["DefaultContent"]["Template"]
        content = template["TemplateContent"]
        need(1 <= len(call["BulkEmailEntries"]) <= MOST, 400, f"1 to {MOST} entries")
        need(call["FromEmailAddress"].isascii(), 400, "From is not ASCII")
        need(all("@" in address for address in call.get("ReplyToAddresses", [])), 400, "Reply-To is no address")
        need(
            sum(len(part.encode()) for part in content.values()) <= MOST_OF_A_TEMPLATE, 400, "the template is too large"
        )
        for entry in call["BulkEmailEntries"]:
            headers = template["Headers"] + entry["ReplacementHeaders"]
            need(len(headers) <= MOST_HEADERS, 400, "too many headers")
            need(all(HEADER.fullmatch(header["Value"]) for header in headers), 400, "a header is not printable ASCII")
            need(all(TAG.fullmatch(tag["Value"]) for tag in entry["ReplacementTags"]), 400, "a tag is not valid")

    def _result(self, call: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
        (to,) = entry["Destination"]["ToAddresses"]
        if to in self.results:
            return self.results[to]
        if not to.isascii() or to.startswith("refused."):
            return {"Status": "MESSAGE_REJECTED", "Error": f"{to} was refused"}
        self.mails.append(_mail(call, entry, to))
        return {"Status": "SUCCESS", "MessageId": f"0107-{uuid4()}-000000"}


@cache
def _request() -> Any:
    model = ServiceModel(Loader().load_service_model("sesv2", "service-2"), "sesv2")
    return model.operation_model("SendBulkEmail").input_shape


def _mail(call: dict[str, Any], entry: dict[str, Any], to: str) -> Mail:
    template = call["DefaultContent"]["Template"]
    values = json.loads(entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"])

    def filled(part: str) -> str:
        return VARIABLE.sub(lambda found: values[found[1]], template["TemplateContent"][part])

    name, email = parseaddr(call["FromEmailAddress"])
    return Mail(
        rid=next(tag["Value"] for tag in entry["ReplacementTags"] if tag["Name"] == "rid"),
        recipient=to,
        sender=Address(email, str(make_header(decode_header(name)))),
        reply_to=call.get("ReplyToAddresses", [""])[0],
        subject=filled("Subject"),
        html=filled("Html"),
        text=filled("Text"),
        headers={header["Name"]: header["Value"] for header in template["Headers"] + entry["ReplacementHeaders"]},
    )


def _signature(secret: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    """The Authorization header of a call, by the description of Signature Version 4."""
    stamp = headers.get("x-amz-date", "")
    signed = sorted({"content-type", "host", "x-amz-date"} | {"x-amz-security-token"} & set(headers.keys()))
    names, scope = ";".join(signed), f"{stamp[:8]}/{REGION}/ses/aws4_request"
    lines = [f"{name}:{headers.get(name, '')}" for name in signed]
    canonical = "\n".join(["POST", path, "", *lines, "", names, hashlib.sha256(body).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    said = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    mac = hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders={names}, Signature={mac}"
