"""A Brevo that enforces what Brevo documents for POST /v3/smtp/email with message versions, and for its events.

Sources: developers.brevo.com (send transactional email, batch send, limits, error codes) and the official Python
library, whose models judge calls and answers; headers per version as django-anymail and swoosh use them: at most 1000
versions; a version's own subject, html and text only where the call has them too; names of at most 70 characters; one
invalid address refuses the call; message ids in order; what it reads as a template and cannot fill never arrives. A key
is a UUID and taken once. Events come by pages and name address and message id, not what was in the mail's headers.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from typing import Any
from uuid import UUID, uuid4

from starlette.responses import JSONResponse, Response

from outreach.model.mail import Address, Mail
from tests.providers import vendors
from tests.providers.fake_api import Broken, FakeApi, need, parsed

MOST, LONGEST_NAME = 1000, 70
DUPLICATE = "the key was used before"
ADDRESS = re.compile(r"(?!refused\.)[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass
class BrevoServer(FakeApi):
    """One account."""

    base: str = "/v3"
    path: str = "/smtp/email"
    look: str = "/v3/smtp/statistics/events"
    keys: set[str] = field(default_factory=set)
    events: list[dict[str, Any]] = field(default_factory=list)
    filters: bool = True
    """Whether it looks at the tags that it is asked for."""

    def forget(self) -> None:
        super().forget()
        self.keys.clear()
        self.events.clear()
        self.filters = True

    def refusal(self, broken: Broken) -> Response:
        code = {401: "unauthorized", 402: "not_enough_credits"}.get(broken.status, "invalid_parameter")
        code = "duplicate_parameter" if broken.body == DUPLICATE else code
        return JSONResponse({"code": code, "message": broken.body}, broken.status)

    def answer(self, headers: Mapping[str, str], body: bytes) -> Any:
        need(headers.get("api-key") == self.token, 401, "Key not found")
        call = parsed(body, 400, "Input must be a valid JSON object")
        misfit = vendors.brevo(call)
        need(not misfit, 400, misfit)
        need({"sender", "subject", "htmlContent", "messageVersions"} <= set(call), 400, "fields are missing")
        need(_is_mailbox(call["sender"]), 400, "sender is invalid")
        need("@" in call.get("replyTo", {"email": "@"})["email"], 400, "replyTo is invalid")
        versions = call["messageVersions"]
        need(1 <= len(versions) <= MOST, 400, f"1 to {MOST} versions")
        for version in versions:
            self._check(version)
        key = str(UUID(call["headers"]["idempotencyKey"]))
        need(key not in self.keys, 400, DUPLICATE)
        self.keys.add(key)
        self.mails.extend(_mail(call, version) for version in versions if not _is_template(version))
        ids = [f"<{uuid4()}@smtp-relay.mailin.fr>" for _ in versions]
        self.events += [
            self._requested(version, call["tags"], name) for version, name in zip(versions, ids, strict=True)
        ]
        answer = {"messageIds": ids}
        assert vendors.brevo_answer(answer) == ""
        return answer

    def listed(self, headers: Mapping[str, str], query: Mapping[str, str], mark: str) -> Any:
        need(headers.get("api-key") == self.token, 401, "Key not found")
        misfit = vendors.brevo_query(query)
        need(not misfit, 400, misfit)
        need(1 <= int(query.get("days", 30)) <= 90 and int(query.get("limit", 2500)) <= 5000, 400, "a bad query")
        tags = json.loads(query.get("tags", "[]"))
        found = [event for event in self.events if not self.filters or not tags or event["tag"] in tags]
        start, most = int(query.get("offset", 0)), int(query.get("limit", 2500))
        answer = {"events": found[start : start + most]} if found[start:] else {}
        assert vendors.brevo_events(answer) == ""
        return answer

    def _requested(self, version: dict[str, Any], tags: list[str], message_id: str) -> dict[str, Any]:
        about = {"email": version["to"][0]["email"].lower(), "messageId": message_id, "tag": tags[0]}
        return {**about, "event": "requests", "date": self.at.isoformat(), "subject": "-", "from": "nieuws@example.org"}

    def _check(self, version: dict[str, Any]) -> None:
        need(len(version.get("to", [])) == 1, 400, "to is missing")
        need(all(ADDRESS.fullmatch(who["email"]) for who in version["to"]), 400, "email is not valid in to")
        need(all(isinstance(value, str) for value in version["headers"].values()), 400, "headers must be strings")


def _is_mailbox(sender: dict[str, str]) -> bool:
    name = sender.get("name", "-")
    dropped = not name.isascii() and set(name) & set(',.;:<>()[]"@\\')
    return "@" in sender.get("email", "") and len(name.strip()) >= 1 and not dropped


def _is_template(version: dict[str, Any]) -> bool:
    return any(re.search(r"\{[{%]", version[part]) for part in ("subject", "htmlContent", "textContent"))


def _mail(call: dict[str, Any], version: dict[str, Any]) -> Mail:
    headers = {name: value.encode("ascii").decode() for name, value in version["headers"].items()}
    return Mail(
        rid=headers.pop("X-Mailin-custom"),
        recipient=version["to"][0]["email"],
        sender=Address(call["sender"]["email"], str(make_header(decode_header(call["sender"].get("name", ""))))),
        reply_to=call.get("replyTo", {}).get("email", ""),
        subject=version.get("subject", call["subject"]),
        html=version.get("htmlContent", call["htmlContent"]),
        text=version.get("textContent", call["textContent"]),
        headers=headers,
    )
