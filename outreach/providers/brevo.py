"""Brevo (FR, brevo.com). Mails are filled here and travel as versions of one message, each with headers of its own.

Its own merge is left alone: whether it escapes values in HTML is not documented. It reads every mail as a template all
the same, drops one that it cannot read without a word, and refuses a whole call for one address; what it could not
carry stays out of the call. It takes a key once in 15 to 30 minutes: a call made again within them goes out if the
first did not, and is refused as a duplicate if it did; then its events tell.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from outreach.errors import AccessRefused, DefinitionError, OutcomeUnknown
from outreach.model.mail import Address, Mail, MergePlan, Receipt, one_line
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers import account, answers, basic_auth, carriage, envelope, events, look_up
from outreach.providers.events import Event
from outreach.providers.http import Answer, Api, Query
from outreach.providers.port import SETTLES, Found, Granularity, Limits, Sought
from outreach.providers.rate import Counted, Rate

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

DUPLICATE = "duplicate_parameter"
"""Its code for a call whose key it has seen: it says that there was a first call, not what became of it."""

MOST_LISTED = 2500
DAYS = 3
"""How far back its events are read, in days of the account; nobody asks about older calls."""

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
    rate = Rate(100 / 60, Counted.CALLS)  # with messageVersions; other calls may come a thousand a second
    merges = False
    granularity = Granularity.MAIL
    replays = True
    keys_live = timedelta(minutes=14)
    looks_up = True
    settles = SETTLES
    listens = True

    def __init__(self, *, url: str, key: str, webhook_secret: str, seconds: float) -> None:
        self._secret = webhook_secret
        self.account = account.named(self.name, url, key)
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

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:
        """Make the call for those who are in it. The others count as untried, and as refused once they stand alone."""
        called = {rid.decode() for rid in _RIDS.findall(body)}
        if b'"messageVersions":[]' in body and not called:
            return answers.nobody_called(rids, "Brevo takes no such address, or would read the name as a template")
        answer = self._api.post("/smtp/email", _with_key(body, key), {})
        _let_in(answer)
        document = answer.taken()
        with answers.fitting("Brevo"):
            return answers.with_left_out(rids, _receipts(document, [rid for rid in rids if rid in called]))

    def find(self, sought: Sought) -> Found:
        """Read the account's events of the call's tag. They name addresses, so two mails to one are not told apart."""
        rids = {email.lower(): rid for rid, email in sought.mails.items() if email}
        shared = Counter(email.lower() for email in sought.mails.values())
        mine = {email: rid for email, rid in rids.items() if shared[email] == 1}
        return look_up.by_pages(sought, lambda mark: self._page(sought, mine, int(mark or 0)))

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate; a webhook holds one event, or several where it was set up as batched."""
        basic_auth.verify(self._secret, headers.get("authorization", ""))
        return events.read("Brevo", body, lambda document: map(_event, events.one_or_many(document)), now)

    def close(self) -> None:
        """Let go of connections."""
        self._api.close()

    def _page(self, sought: Sought, rids: Mapping[str, str], offset: int) -> look_up.Page:
        query: Query = {
            "tags": json.dumps([sought.call]),
            "event": "requests",
            "days": DAYS,
            "limit": MOST_LISTED,
            "offset": offset,
            "sort": "asc",
        }
        answer = self._api.get("/smtp/statistics/events", query)
        _let_in(answer)
        document = answer.taken()
        with answers.fitting("Brevo"):
            return _listed(document, rids, sought, offset)


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


def _with_key(body: bytes, key: str) -> bytes:
    """Return the call with its key, which Brevo wants to be a UUID: equal keys give equal bytes."""
    return b'{"headers":{"idempotencyKey":"%s"},' % str(uuid5(NAMESPACE_URL, key)).encode() + body[1:]


def _let_in(answer: Answer) -> None:
    document = answer.json()
    code = document.get("code") if isinstance(document, dict) else ""
    if answer.status == HTTPStatus.BAD_REQUEST and code == DUPLICATE:
        raise OutcomeUnknown(answer.words())
    if answer.status == HTTPStatus.PAYMENT_REQUIRED or (
        answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and code in LOCKED_OUT
    ):
        raise AccessRefused(answer.words())


def _receipts(document: Any, called: Sequence[str]) -> list[Receipt]:
    ids = document["messageIds"] if "messageIds" in document else [document["messageId"]]
    return [Receipt(rid, str(found).strip("<>")) for rid, found in zip(called, ids, strict=True)]


def _listed(document: Any, rids: Mapping[str, str], sought: Sought, offset: int) -> look_up.Page:
    """Return the mails of a page with the offset of the next; without events the document may be empty."""
    listed = document.get("events", [])
    receipts = list(_requested(listed, rids, sought))
    return receipts, str(offset + len(listed)) if len(listed) == MOST_LISTED else ""


def _requested(listed: Sequence[Mapping[str, Any]], rids: Mapping[str, str], sought: Sought) -> Iterator[Receipt]:
    """Who is in doubt may have other mails: what names another call, or none, is not believed to be of this one."""
    for event in listed:
        rid = rids.get(event["email"].lower())
        at = events.from_text(event["date"])
        tags = carriage.RID.findall(str(event.get("tag")))
        if event["event"] == "requests" and rid and sought.call in tags and (at is None or at >= sought.since):
            yield Receipt(rid, str(event["messageId"]).strip("<>"))


def _event(event: Mapping[str, Any]) -> Event:
    epoch = event.get("ts_epoch")
    return Event(
        word=event["event"],
        kind=KINDS.get(event["event"]),
        rid=event.get(RID),
        at=events.from_seconds(epoch / 1000) if epoch else None,  # its other times are in the account's own zone
        said=(event.get("reason"),),
    )
