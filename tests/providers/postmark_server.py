"""A Postmark that enforces what Postmark documents for /email/batch and for its search of outbound messages.

Sources: postmarkapp.com/developer (batch email, error codes, custom metadata) and the official Python library, whose
model judges every mail: at most 500 mails and 50 MB a call; HTTP 200 with an answer per mail, in order, each with an
ErrorCode of its own; no idempotency keys, so the same call sends again; metadata of at most 10 values of 80 characters
under names of 20. The search needs count (at most 500) and offset, finds by metadata, and looks into the stream
`outbound` unless told which.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from uuid import uuid4

from outreach.model.mail import Address, Mail
from tests.providers import vendors
from tests.providers.fake_api import FakeApi, need, parsed

MOST_MAILS, MOST_BYTES, MOST_OF_A_PART = 500, 50_000_000, 5_000_000


@dataclass
class PostmarkServer(FakeApi):
    """A server of one account."""

    path: str = "/email/batch"
    look: str = "/messages/outbound"
    streams: tuple[str, ...] = ("outbound", "broadcast")

    def answer(self, headers: Mapping[str, str], body: bytes) -> Any:
        need(headers.get("x-postmark-server-token") == self.token, 401, _error(10, "No Account or Server API tokens"))
        need(headers.get("content-type") == "application/json", 415, _error(409, "JSON required"))
        need(len(body) <= MOST_BYTES, 413, _error(0, "Payload too large"))
        items = parsed(body, 422, _error(402, "Invalid JSON"))
        need(isinstance(items, list), 422, _error(403, "Incompatible JSON: an array of messages is expected"))
        need(1 <= len(items) <= MOST_MAILS, 422, _error(410, f"Too many batch messages, at most {MOST_MAILS}"))
        return [self._result(item) for item in items]

    def listed(self, headers: Mapping[str, str], query: Mapping[str, str], mark: str) -> Any:
        need(headers.get("x-postmark-server-token") == self.token, 401, _error(10, "No Account or Server API tokens"))
        need(0 < int(query.get("count", 0)) <= 500 and "offset" in query, 422, _error(600, "count and offset"))
        there = query.get("messagestream", "outbound") == "broadcast"
        found = [rid for rid in self.known if there and query.get("metadata_rid", rid) == rid]
        return {"TotalCount": len(found), "Messages": [self._message(rid) for rid in found]}

    def _message(self, rid: str) -> dict[str, Any]:
        sent = {"MessageID": self.known[rid], "Metadata": {"rid": rid}, "ReceivedAt": self.at.isoformat()}
        return {**sent, "Status": "Sent", "Tag": "", "MessageStream": "broadcast"}

    def _result(self, item: dict[str, Any]) -> dict[str, Any]:
        wrong = self._wrong(item)
        if wrong:
            return _error(300, wrong)
        if item["To"].startswith("refused."):
            return _error(
                406, f"You tried to send to a recipient that has been marked as inactive: {item['To']} refused"
            )
        overruled = self.results.get(item["To"], {})
        taken = {"To": item["To"], "SubmittedAt": self.at.isoformat(), "MessageID": str(uuid4())}
        if not overruled.get("ErrorCode"):
            self.mails.append(_mail(item))
            self.known[item["Metadata"]["rid"]] = taken["MessageID"]
        return {**taken, **_error(0, "OK"), **overruled}

    def _wrong(self, item: dict[str, Any]) -> str:
        misfit = vendors.postmark(item)
        if misfit:
            return f"Invalid fields: {misfit}"
        metadata = item.get("Metadata", {}).items()
        fits = {
            "Invalid addresses": all("@" in parseaddr(item.get(n, "a@b"))[1] for n in ("From", "To", "ReplyTo")),
            "Invalid metadata": len(metadata) <= 10 and all(len(n) <= 20 and len(v) <= 80 for n, v in metadata),
            "The 'MessageStream' does not exist": item.get("MessageStream", "outbound") in self.streams,
            "More than 5 MB": all(len(item.get(p, "").encode()) <= MOST_OF_A_PART for p in ("HtmlBody", "TextBody")),
            "Provide either TextBody or HtmlBody": item.get("HtmlBody") or item.get("TextBody"),
        }
        return next((complaint for complaint, holds in fits.items() if not holds), "")


def _mail(item: dict[str, Any]) -> Mail:
    name, email = parseaddr(item["From"])
    return Mail(
        rid=item["Metadata"]["rid"],
        recipient=item["To"],
        sender=Address(email, name),
        reply_to=item.get("ReplyTo", ""),
        subject=item["Subject"],
        html=item["HtmlBody"],
        text=item["TextBody"],
        headers={header["Name"]: header["Value"] for header in item["Headers"]},
    )


def _error(code: int, message: str) -> dict[str, Any]:
    return {"ErrorCode": code, "Message": json.loads(json.dumps(message))}
