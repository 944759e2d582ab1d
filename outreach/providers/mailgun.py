"""Mailgun (mailgun.com; its EU host unless told otherwise). It merges: the message travels once, slots are variables.

One id answers for all recipients of a call, and one address it does not take refuses the call, so addresses that no API
takes are left out of it and refused here. A repeated call sends again: it knows no keys.
"""

import dataclasses
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from outreach.errors import AccessRefused, TokenRefused
from outreach.model.mail import MergePlan, Receipt
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers import account, answers, basic_auth, carriage, events, look_up, mailgun_form
from outreach.providers.events import Event
from outreach.providers.http import Answer, Api, Query
from outreach.providers.port import SETTLES, Found, Granularity, Limits, NoReplays, Sought

KINDS: Mapping[str, Kind] = {
    "accepted": Kind.ACCEPTED,
    "delivered": Kind.DELIVERED,
    "failed": Kind.BOUNCED,
    "rejected": Kind.REFUSED,
    "complained": Kind.COMPLAINED,
    "unsubscribed": Kind.UNSUBSCRIBED,
}

RETRIED_FOR, AHEAD = 8 * 3600, 300
"""Seconds that a webhook may be old (they are repeated for 7.5 hours) or ahead of our clock."""

LAST_TEMPORARY_CODE = 499

MOST_LISTED = 300

_SECONDS = re.compile(r"after ([0-9]{1,6}) second")
_STAMP = re.compile(r"[0-9]{1,12}")
_MARK = re.compile(r"[A-Za-z0-9_=-]+")


class Mailgun(NoReplays):
    """One domain of an account."""

    name = "mailgun"
    describes = "in the EU or the United States, as its URL says"
    limits = Limits(recipients=1000, body_bytes=25_000_000)
    rate = None
    merges = True
    granularity = Granularity.CALL
    looks_up = True
    settles = 2 * SETTLES  # its own manual takes events for complete after half an hour
    listens = True

    def __init__(self, *, url: str, domain: str, key: str, signing_key: str, seconds: float) -> None:
        self._signing_key = signing_key
        self.account = account.named(self.name, url, domain.lower())
        self._path = f"/v3/{quote(domain, safe='')}/messages"
        self._events = f"/v3/{quote(domain, safe='')}/events"
        self._api = Api("Mailgun", url, {"Authorization": basic_auth.header(key, "api")}, seconds)

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the form with the message, its variables, and everybody who can be written to in this call."""
        carriage.check(self.name, self.limits, plan)
        return mailgun_form.written(plan, self.limits)

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:  # noqa: ARG002 - it knows no keys
        """Make the call for those who are in it. The others count as untried, and as refused once they stand alone.

        So a second recipient at one address goes out in a call of their own, and nobody is left out without a word.
        """
        called = mailgun_form.called(body, rids)
        if not called:
            return answers.nobody_called(
                rids, "Mailgun takes no such address, or would fill in the recipient's name itself"
            )
        answer = self._api.post(self._path, body, {"Content-Type": mailgun_form.content_type(body)})
        message_id = _message_id(answer)
        return [Receipt(rid, message_id) if rid in called else Receipt(rid, untried=True) for rid in rids]

    def find(self, sought: Sought) -> Found:
        """Read the domain's events of the call's tag: one says of each mail that it was accepted.

        It needs a key that may read events; a sending key may not. Events are kept for 1 to 30 days, by plan.
        """
        return look_up.by_pages(sought, lambda mark: self._page(sought, mark))

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:  # noqa: ARG002
        """Verify and translate; a webhook holds one event.

        The signature covers time and token, not the event. The token is the event's id and taken once, so what was
        overheard cannot be told again with another story.
        """
        token = _verified(self._signing_key, body, now)
        return events.read("Mailgun", body, lambda document: [_event(document["event-data"], token)], now)

    def close(self) -> None:
        """Let go of connections."""
        self._api.close()

    def _page(self, sought: Sought, mark: str) -> look_up.Page:
        query: Query = {
            "tags": sought.call,
            "event": "accepted",
            "begin": int(sought.since.timestamp()),
            "ascending": "yes",
            "limit": MOST_LISTED,
        }
        answer = self._api.get(f"{self._events}/{mark}", {}) if mark else self._api.get(self._events, query)
        document = answer.taken()
        with answers.fitting("Mailgun"):
            return _listed(document)


def _message_id(answer: Answer) -> str:
    if answer.status == HTTPStatus.NOT_FOUND or (
        answer.status == HTTPStatus.OK and b"Mailgun Magnificent API" in answer.body
    ):
        raise AccessRefused(f"{answer.words()}; the host, the domain or the region of the account is another")
    told = _SECONDS.search(answer.words())
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS and told and not answer.retry_after:
        answer = dataclasses.replace(answer, retry_after=told[1])
    document = answer.taken()
    with answers.fitting("Mailgun"):
        return str(document["id"]).strip("<>")  # type: ignore[index]


def _listed(document: Any) -> look_up.Page:
    """Return the mails of a page with the last part of the next one's address; behind the last page is an empty one."""
    items = document["items"]
    receipts = [
        Receipt(str(item["user-variables"]["rid"]), str(item["message"]["headers"]["message-id"]).strip("<>"))
        for item in items
        if item["event"] == "accepted"
    ]
    mark = str(document["paging"]["next"]).rpartition("/")[2] if items else ""
    if mark and not _MARK.fullmatch(mark):
        raise ValueError(f"{mark!r} leads to no next page")
    return receipts, mark


def _verified(signing_key: str, body: bytes, now: datetime) -> str:
    """Return the token of an authentic webhook."""
    if not signing_key:
        raise TokenRefused("no webhook signing key is set, so nothing can be believed")
    try:
        block = json.loads(body)["signature"]
        stamp, token, found = (str(block[name]) for name in ("timestamp", "token", "signature"))
    except (KeyError, TypeError, ValueError):
        raise TokenRefused("the webhook carries no signature with timestamp and token") from None
    expected = hmac.new(signing_key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), found.lower().encode()):
        raise TokenRefused("the webhook's signature does not fit its time and token")
    age = now.timestamp() - int(stamp) if _STAMP.fullmatch(stamp) else RETRIED_FOR + 1
    if not -AHEAD <= age <= RETRIED_FOR:
        raise TokenRefused(f"the webhook's signature is older than {RETRIED_FOR} s, or of a time to come")
    return token


def _event(event: Mapping[str, Any], token: str) -> Event:
    status = event.get("delivery-status") or {}
    said = (status.get("code"), status.get("enhanced-code"), status.get("description"), status.get("message"))
    return Event(
        word=" ".join(str(part) for part in (event["event"], event.get("severity")) if part),
        kind=_kind(event, status.get("code")),
        rid=(event.get("user-variables") or {}).get("rid"),
        at=events.from_seconds(event.get("timestamp")),
        said=(*said, event.get("reason"), (event.get("reject") or {}).get("reason")),
        id=token,
    )


def _kind(event: Mapping[str, Any], code: object) -> Kind | None:
    kind = KINDS.get(event["event"])
    if kind is not Kind.BOUNCED:
        return kind
    if event.get("severity") == "temporary":
        return Kind.DEFERRED
    reason = str(event.get("reason", ""))
    if reason.startswith("suppress"):
        return Kind.REFUSED  # its own list, from an earlier bounce or complaint
    gave_up = reason == "old" or (isinstance(code, int) and code <= LAST_TEMPORARY_CODE)
    return Kind.SOFT_BOUNCED if gave_up else kind
