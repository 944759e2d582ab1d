"""Brevo (FR, brevo.com). Mails are filled here and travel as versions of one message, each with headers of its own.

Its own merge is left alone: whether it escapes values in HTML is not documented. It reads every mail as a template all
the same, drops one that it cannot read without a word, and refuses a whole call for one address; what it could not
carry stays out of the call. It knows a key for 15 to 30 minutes only, too short to repeat a call by.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from outreach.errors import AccessRefused, DefinitionError
from outreach.model.mail import Address, Mail, MergePlan, Receipt, one_line
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers import answers, basic_auth, carriage, envelope, events
from outreach.providers.events import Event
from outreach.providers.http import Answer, Api
from outreach.providers.port import Granularity, Limits

KINDS: Mapping[str, Kind] = {
    "request": Kind.ACCEPTED,
    "delivered": Kind.DELIVERED,
    "deferred": Kind.DEFERRED,
    "soft_bounce": Kind.SOFT_BOUNCED,
    "hard_bounce": Kind.BOUNCED,
    "invalid_email": Kind.BOUNCED,
    "spam": Kind.COMPLAINED,
    "complaint": Kind.COMPLAINED,
    "unsubscribe": Kind.UNSUBSCRIBED,
    "unsubscribed": Kind.UNSUBSCRIBED,
    "blocked": Kind.REFUSED,
    "error": Kind.REFUSED,
}

LOCKED_OUT = frozenset({"unauthorized", "permission_denied", "not_enough_credits", "account_under_validation"})
"""Codes of errors that are about the account: no mail was looked at."""

LONGEST_NAME = 70
RID = "X-Mailin-custom"
"""The header that comes back with every event. Recipients can read it."""

_TEMPLATE = re.compile(r"\{[{%#]")
_RIDS = re.compile(rb'"X-Mailin-custom":"([A-Za-z0-9_-]+)"')
_HTML, _WORDS = "<html><body></body></html>", "-"
"""What every version replaces; the API wants to see them before it lets versions have their own."""


class Brevo:
    """Its tracking is switched off in the account: no call can do it."""

    name = "brevo"
    describes = "in France; its own tracking is switched off in the account"
    limits = Limits(recipients=1000, body_bytes=20_000_000)
    merges = False
    granularity = Granularity.MAIL
    replays = False
    listens = True

    def __init__(self, *, url: str, key: str, webhook_secret: str, seconds: float) -> None:
        self._secret = webhook_secret
        self._api = Api("Brevo", url, {"api-key": key}, seconds, waits=("retry-after", "x-sib-ratelimit-reset"))

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the message with a version for everybody who can be written to in this call."""
        carriage.check(self.name, self.limits, plan)
        _check(plan)
        message = plan.message
        document: dict[str, object] = {
            "sender": _sender(message.sender),
            "subject": _WORDS,
            "htmlContent": _HTML,
            "textContent": _WORDS,
            "messageVersions": [_version(mail) for mail in plan.mails() if _is_carried(mail)],
            "tags": [plan.recipients[0].rid],  # names this call among the account's events
        }
        if message.reply_to:
            document["replyTo"] = {"email": message.reply_to}
        return carriage.as_body(self.name, self.limits, document)

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:  # noqa: ARG002 - see above
        """Make the call for those who are in it. The others count as untried, and as refused once they stand alone."""
        called = {rid.decode() for rid in _RIDS.findall(body)}
        if b'"messageVersions":[]' in body and not called:
            return answers.nobody_called(rids, "Brevo takes no such address, or would read the name as a template")
        answer = self._api.post("/smtp/email", body, {})
        _let_in(answer)
        document = answer.taken()
        with answers.fitting("Brevo"):
            return answers.with_left_out(rids, _receipts(document, [rid for rid in rids if rid in called]))

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate; a webhook holds one event, or several where it was set up as batched."""
        basic_auth.verify(self._secret, headers.get("authorization", ""))
        return events.read("Brevo", body, lambda document: map(_event, events.one_or_many(document)), now)

    def close(self) -> None:
        """Let go of connections."""
        self._api.close()


def _check(plan: MergePlan) -> None:
    message = plan.message
    for place, text in (("subject", message.subject), ("HTML", message.html), ("text", message.text)):
        found = _TEMPLATE.search(text)
        if found:
            raise DefinitionError(f"{place} of the mail: Brevo reads {found[0]!r} as a template; write it another way")
    envelope.check_ascii("Brevo", message.headers)
    if len(message.sender.name) > LONGEST_NAME:
        raise DefinitionError(f"sender {message.sender.name!r}: Brevo takes {LONGEST_NAME} characters; shorten it")


def _is_carried(mail: Mail) -> bool:
    words = (mail.subject, mail.html, mail.text)
    return (
        envelope.is_plain(mail.recipient)
        and not any(map(_TEMPLATE.search, words))
        and all(value.isascii() for value in mail.headers.values())
    )


def _sender(address: Address) -> dict[str, str]:
    """A name in letters beyond ASCII beside a comma would be dropped, so it goes encoded."""
    name = one_line(address.name)
    if not name:
        return {"email": address.email}
    odd = not name.isascii() and envelope.SPECIAL & set(name)
    return {"email": address.email, "name": envelope.encoded_words(name) if odd else name}


def _version(mail: Mail) -> dict[str, object]:
    carriage.check_headers(mail.headers)
    return {
        "to": [{"email": mail.recipient}],
        "subject": mail.subject,
        "htmlContent": mail.html,
        "textContent": mail.text,
        "headers": {**mail.headers, RID: mail.rid},
    }


def _let_in(answer: Answer) -> None:
    document = answer.json()
    code = document.get("code") if isinstance(document, dict) else ""
    if answer.status == HTTPStatus.PAYMENT_REQUIRED or (
        answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and code in LOCKED_OUT
    ):
        raise AccessRefused(answer.words())


def _receipts(document: Any, called: Sequence[str]) -> list[Receipt]:
    ids = document["messageIds"] if "messageIds" in document else [document["messageId"]]
    return [Receipt(rid, str(found).strip("<>")) for rid, found in zip(called, ids, strict=True)]


def _event(event: Mapping[str, Any]) -> Event:
    epoch = event.get("ts_epoch")
    return Event(
        word=event["event"],
        kind=KINDS.get(event["event"]),
        rid=event.get(RID),
        at=events.from_seconds(epoch / 1000) if epoch else None,  # its other times are in the account's own zone
        said=(event.get("reason"),),
    )
