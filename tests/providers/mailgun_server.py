"""A Mailgun that enforces what Mailgun documents for messages and events of a domain, and merges as it documents.

Sources: documentation.mailgun.com (sending messages, batch sending, error answers), the official OpenAPI document of
mailgun/mailgun-mcp-server, and the official Python library, whose model judges every form: multipart; at most 1000
`to`; `recipient-variables` by address, filled in wherever `%recipient.key%` stands, as they are; 16 KB for all o:, h:,
v: and t: fields; one id for all; any address that is none refuses the call; a second `to` of the same address is
dropped; 401 is plain text; 429 says in words how long to wait. Events come by pages of at most 300, each with the
address of the next, until one is empty.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any
from uuid import uuid4

from python_multipart.exceptions import MultipartParseError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from outreach.model.mail import Address, Mail
from tests.providers import vendors
from tests.providers.fake_api import Broken, FakeApi, basic, need

OPTIONS = {"o:tag", "o:tracking", "o:tracking-clicks", "o:tracking-opens"}
VARIABLE = re.compile(r"%recipient\.([^%]+)%")
MOST, MOST_BYTES, MOST_OF_OPTIONS = 1000, 25_000_000, 16 * 1024


@dataclass
class MailgunServer(FakeApi):
    """One domain of one account."""

    path: str = "/v3/mail.example.org/messages"
    look: str = "/v3/mail.example.org/events"
    page: int = 300
    events: list[dict[str, Any]] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    def forget(self) -> None:
        super().forget()
        self.forms.clear()
        self.events.clear()
        self.page = 300

    async def take(self, request: Request) -> Response:
        self.forms.append(await _form(request))
        return await super().take(request)

    def refusal(self, broken: Broken) -> Response:
        if broken.status == 401:
            return PlainTextResponse("Forbidden", 401)
        return JSONResponse({"message": broken.body}, broken.status)

    def shortened(self, answer: Any) -> Any:
        return {"message": answer["message"]}

    def answer(self, headers: Mapping[str, str], body: bytes) -> Any:
        form = self.forms[-1]
        need(headers.get("authorization") == basic("api", self.token), 401, "")
        need(form, 400, "the form cannot be read")
        need(len(body) <= MOST_BYTES, 413, "Request Entity Too Large")
        self._check(form)
        variables = json.loads(form["recipient-variables"][0])
        sent_to: set[str] = set()
        message_id = f"{uuid4()}@mail.example.org"
        for to in form["to"]:
            if to.lower() not in sent_to:
                self.mails.append(_mail(form, to, variables[to]))
                self.events.append(self._accepted(self.mails[-1], form["o:tag"], message_id))
            sent_to.add(to.lower())
        return {"id": f"<{message_id}>", "message": "Queued. Thank you."}

    def listed(self, headers: Mapping[str, str], query: Mapping[str, str], mark: str) -> Any:
        need(headers.get("authorization") == basic("api", self.token), 401, "")
        if mark:
            query = json.loads(base64.urlsafe_b64decode(mark))
        need(query.get("ascending") in ("yes", "no") and 1 <= int(query.get("limit", 100)) <= 300, 400, "a bad query")
        start, most = int(query.get("start", 0)), min(int(query.get("limit", 100)), self.page)
        found = [event for event in self.events if _fits(event, query)][start : start + most]
        following = base64.urlsafe_b64encode(json.dumps({**query, "start": start + most}).encode()).decode()
        return {"items": found, "paging": {"next": f"https://api.eu.mailgun.net{self.look}/{following}"}}

    def _accepted(self, mail: Mail, tags: list[str], message_id: str) -> dict[str, Any]:
        about = {"tags": tags, "user-variables": {"rid": mail.rid}, "message": {"headers": {"message-id": message_id}}}
        return {"event": "accepted", "timestamp": self.at.timestamp(), "recipient": mail.recipient, **about}

    def _check(self, form: dict[str, list[str]]) -> None:
        options = {name: values for name, values in form.items() if name[:2] in ("o:", "h:", "v:", "t:")}
        misfit = vendors.mailgun(form)
        need(not misfit, 400, misfit)
        unknown = {name for name in options if name[:2] not in ("h:", "v:")} - OPTIONS
        need(not unknown, 400, f"unknown options {sorted(unknown)}")
        need(form.get("text") or form.get("html"), 400, "Need at least one of 'text' or 'html' parameters specified")
        need("@" in parseaddr(form.get("from", [""])[0])[1], 400, "from parameter is not a valid address")
        need("@" in form.get("h:Reply-To", ["@"])[0], 400, "h:Reply-To is not a valid address")
        size = sum(len(name) + len(value.encode()) for name, values in options.items() for value in values)
        need(size <= MOST_OF_OPTIONS, 400, "Send options are limited to 16KB total")
        to = form.get("to", [])
        need(1 <= len(to) <= MOST, 400, "to parameter: at most 1000 recipients")
        need(all(re.fullmatch(r"(?!refused\.)[^@\s]+@[^@\s]+\.[^@\s]+", who) for who in to), 400, REFUSED)
        variables = json.loads(form.get("recipient-variables", ["{}"])[0])
        need(set(to) <= set(variables), 400, "recipient-variables: every recipient is needed")
        need(len({frozenset(own) for own in variables.values()}) == 1, 400, "every recipient must carry every key")


REFUSED = "to parameter is not a valid address. please check documentation"


def _fits(event: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    tagged = query.get("tags") in (None, *event["tags"])
    return tagged and query.get("event") in (None, event["event"]) and float(query["begin"]) <= event["timestamp"]


async def _form(request: Request) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    await request.body()  # a form alone would use it up
    try:
        parsed = await request.form(max_fields=5000, max_part_size=30_000_000)
    except (HTTPException, MultiPartException, MultipartParseError):
        return {}
    for name, value in parsed.multi_items():
        form.setdefault(name, []).append(str(value))
    return form


def _mail(form: dict[str, list[str]], to: str, variables: dict[str, str]) -> Mail:
    def filled(name: str) -> str:
        return VARIABLE.sub(lambda found: variables.get(found[1], found[0]), form.get(name, [""])[0])

    name, email = parseaddr(filled("from"))
    headers = {name[2:]: filled(name) for name in form if name.startswith("h:")}
    return Mail(
        rid=filled("v:rid"),
        recipient=to,
        sender=Address(email, name),
        reply_to=headers.pop("Reply-To", ""),
        subject=filled("subject"),
        html=filled("html"),
        text=filled("text"),
        headers=headers,
    )
