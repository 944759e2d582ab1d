"""A Mailjet that enforces what Mailjet documents for Send API 3.1 and for its list of messages.

Sources: github.com/mailjet/api-documentation (Send API 3.1: properties, forbidden headers, errors; Event API) and the
official Python library, whose types judge every call: at most 50 messages a call; every message is taken or refused by
itself, in order; a call with refused ones is a 400 that says so per message; its template language only where it is
asked for; no idempotency keys. The list, of API 3, finds by CustomID and by the time from which on; it shows the
CustomID where it is asked to.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse, Response

from outreach.model.mail import Address, Mail
from tests.providers import vendors
from tests.providers.fake_api import Broken, FakeApi, basic, need, parsed

FORBIDDEN = {"from", "sender", "subject", "to", "cc", "bcc", "return-path", "list-id", "date", "message-id", "reply-to",
             "received", "user-agent", "x-mailer", "x-feedback-id", "x-csa-complaints", "dkim-signature"}  # fmt: skip
ADDRESS = re.compile(r"(?!refused\.)[^@\s]+@[^@\s]+\.[^@\s]+")
MOST = 50

_ids = itertools.count(70650219165027410)


@dataclass
class MailjetServer(FakeApi):
    """One account."""

    base: str = "/v3.1"
    path: str = "/send"
    look: str = "/v3/REST/message"
    user: str = "public"
    status: str = "sent"

    async def take(self, request: Any) -> Response:
        response = await super().take(request)
        refused = b'"Status": "error"' in bytes(response.body) and response.status_code == 202
        return Response(response.body, 400, media_type="application/json") if refused else response

    def refusal(self, broken: Broken) -> Response:
        code = {401: "mj-0015"}.get(broken.status, "mj-0002")
        body = {"ErrorIdentifier": str(uuid4()), "ErrorCode": code, "StatusCode": broken.status}
        return JSONResponse({**body, "ErrorMessage": broken.body}, broken.status)

    def answer(self, headers: Mapping[str, str], body: bytes) -> Any:
        need(headers.get("authorization") == basic(self.user, self.token), 401, "API key authentication failure")
        call = parsed(body, 400, "Malformed JSON, please review the syntax and properties types.")
        misfit = vendors.mailjet(call)
        need(not misfit, 400, misfit)
        need(1 <= len(call["Messages"]) <= MOST, 400, f"1 to {MOST} messages")
        return {"Messages": [self._result(message) for message in call["Messages"]]}

    def listed(self, headers: Mapping[str, str], query: Mapping[str, str], mark: str) -> Any:
        need(headers.get("authorization") == basic(self.user, self.token), 401, "API key authentication failure")
        there = int(query.get("FromTS", 0)) <= self.at.timestamp()
        found = [rid for rid in self.known if there and query.get("CustomID", rid) == rid]
        data = [
            {
                "ID": int(self.known[rid]),
                "Status": self.status,
                "ArrivedAt": self.at.isoformat(),
                "CustomID": rid if query.get("ShowCustomID") == "true" else "",
            }
            for rid in found
        ]
        return {"Count": len(data), "Data": data, "Total": len(data)}

    def _result(self, message: dict[str, Any]) -> dict[str, Any]:
        wrong = _wrong(message)
        to = message["To"][0]["Email"]
        error = {"ErrorCode": "mj-0013", "StatusCode": 400, "ErrorMessage": wrong} if wrong else self.results.get(to)
        if error:
            return {"Status": "error", "Errors": [{"ErrorIdentifier": str(uuid4()), "ErrorRelatedTo": [], **error}]}
        self.mails.append(_mail(message))
        sent = {"Email": to, "MessageUUID": str(uuid4()), "MessageID": next(_ids), "MessageHref": "https://example.org"}
        self.known[message["CustomID"]] = str(sent["MessageID"])
        return {"Status": "success", "CustomID": message.get("CustomID", ""), "To": [sent], "Cc": [], "Bcc": []}


def _wrong(message: dict[str, Any]) -> str:
    headers = {name.lower() for name in message.get("Headers", {})}
    fits = {
        "an address was refused": all(ADDRESS.fullmatch(who["Email"]) for who in (message["From"], *message["To"])),
        "a name is empty": message["From"].get("Name", "-").strip(),
        "a forbidden header": not headers & FORBIDDEN and not any(n.startswith(("x-mj", "x-mailjet")) for n in headers),
        "an address to answer to is needed or none": "@" in message.get("ReplyTo", {"Email": "@"})["Email"],
        "subject too long": len(message["Subject"]) <= 255,
        "a part is needed": message.get("HTMLPart") or message.get("TextPart"),
    }
    return next((complaint for complaint, holds in fits.items() if not holds), "")


def _mail(message: dict[str, Any]) -> Mail:
    return Mail(
        rid=message["CustomID"],
        recipient=message["To"][0]["Email"],
        sender=Address(message["From"]["Email"], message["From"].get("Name", "")),
        reply_to=message.get("ReplyTo", {}).get("Email", ""),
        subject=message["Subject"],
        html=message["HTMLPart"],
        text=message["TextPart"],
        headers=message["Headers"],
    )
