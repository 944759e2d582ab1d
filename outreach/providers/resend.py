"""Resend (resend.com). It has no inline merge, so mails are filled here; a replay within 24 h is not sent again."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from outreach.errors import AccessRefused, TokenRefused
from outreach.model.mail import Mail, MergePlan, Receipt, one_line
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers import account, answers, carriage, envelope, events
from outreach.providers.events import Event
from outreach.providers.http import Answer, Api
from outreach.providers.port import KEYS_LIVE, Granularity, Limits, NoLookUp
from outreach.providers.rate import Counted, Rate

KINDS: Mapping[str, Kind] = {
    "email.sent": Kind.ACCEPTED,
    "email.delivered": Kind.DELIVERED,
    "email.delivery_delayed": Kind.DEFERRED,
    "email.bounced": Kind.BOUNCED,
    "email.complained": Kind.COMPLAINED,
    "email.failed": Kind.REFUSED,
    "email.suppressed": Kind.REFUSED,
}

BOUNCES: Mapping[str, Kind] = {
    "Permanent": Kind.BOUNCED,
    "Transient": Kind.SOFT_BOUNCED,
    "Undetermined": Kind.SOFT_BOUNCED,
}

LOCKED_OUT = frozenset({"daily_quota_exceeded", "monthly_quota_exceeded"})
"""Answers with 429 that waiting a little does not change."""

TOLERANCE = 300
"""Seconds that a webhook may be old, or ahead of our clock; a repeated one is signed anew."""

_STAMP = re.compile(r"[0-9]{1,12}")
_SECRET = "whsec_"  # noqa: S105 - the mark before it


class Resend(NoLookUp):
    """Its tracking is switched off with the domain: no call can do it."""

    name = "resend"
    describes = "in the United States; its own tracking is switched off with the domain"
    limits = Limits(recipients=100, body_bytes=40_000_000)
    rate = Rate(2, Counted.CALLS)
    merges = False
    granularity = Granularity.MAIL
    replays = True
    keys_live = KEYS_LIVE
    listens = True

    def __init__(self, *, url: str, key: str, webhook_secret: str, seconds: float) -> None:
        self._secret = webhook_secret
        self.account = account.named(self.name, url, key)
        waits = ("retry-after", "ratelimit-reset")
        self._api = Api("Resend", url, {"Authorization": f"Bearer {key}"}, seconds, waits)

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the finished mails as the bare array that the API asks for."""
        carriage.check(self.name, self.limits, plan)
        return carriage.as_body(self.name, self.limits, [_item(mail) for mail in plan.mails()])

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:
        """Make the call; a mail that is not valid is refused by itself, the others go out."""
        answer = self._api.post("/emails/batch", body, {"Idempotency-Key": key, "x-batch-validation": "permissive"})
        _let_in(answer)
        document = answer.taken()
        with answers.fitting("Resend"):
            return list(_receipts(document, rids))

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate; a webhook holds one event."""
        event_id = _verified(self._secret, headers, body, now)
        return events.read("Resend", body, lambda document: [_event(document, event_id)], now)

    def close(self) -> None:
        """Let go of connections."""
        self._api.close()


def _item(mail: Mail) -> dict[str, object]:
    carriage.check_headers(mail.headers)
    item: dict[str, object] = {
        "from": envelope.mailbox(mail.sender),
        "to": [mail.recipient],
        "subject": mail.subject,
        "html": mail.html,
        "text": mail.text,
        "headers": dict(mail.headers),
        "tags": [{"name": "rid", "value": mail.rid}],
    }
    return item | ({"reply_to": [mail.reply_to]} if mail.reply_to else {})


def _let_in(answer: Answer) -> None:
    document = answer.json() if answer.status == HTTPStatus.TOO_MANY_REQUESTS else None
    if isinstance(document, dict) and document.get("name") in LOCKED_OUT:
        raise AccessRefused(answer.words())


def _receipts(document: Any, rids: Sequence[str]) -> Iterator[Receipt]:
    """The answer lists the ids of those it took, in order, and beside them who was refused, by position."""
    refused = {int(error["index"]): str(error["message"]) for error in document.get("errors") or []}
    if not set(refused) <= set(range(len(rids))):
        raise ValueError("it refuses mails that were not in the call")
    taken = [rid for position, rid in enumerate(rids) if position not in refused]
    ids = dict(zip(taken, document["data"], strict=True))
    for position, rid in enumerate(rids):
        if position in refused:
            yield Receipt(rid, refused=one_line(f"Resend: {refused[position]}")[: events.LONGEST_DETAIL])
        else:
            yield Receipt(rid, str(ids[rid]["id"]))


def _verified(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the id of an authentic webhook, signed as Svix signs: `v1,<base64>`, with one or several."""
    event_id, stamp = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
    if not event_id or not _STAMP.fullmatch(stamp):
        raise TokenRefused("the webhook carries no svix-id and svix-timestamp")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE:
        raise TokenRefused(f"the webhook's signature is more than {TOLERANCE} s from our clock")
    mac = hmac.new(_key(secret), f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    pairs = [part.partition(",")[::2] for part in headers.get("svix-signature", "").split()]
    expected = base64.b64encode(mac)
    fits = [hmac.compare_digest(expected, found.encode()) for version, found in pairs if version == "v1"]
    if not any(fits):
        raise TokenRefused("the webhook's signature does not fit its body")
    return event_id


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise TokenRefused("no webhook secret of the form whsec_… is set, so nothing can be believed")
    return key


def _event(event: Mapping[str, Any], event_id: str) -> Event:
    data = event.get("data") or {}
    bounce, suppressed = data.get("bounce") or {}, data.get("suppressed") or {}
    said = (bounce.get("type"), bounce.get("subType"), *_diagnoses(bounce), bounce.get("message"))
    return Event(
        word=event["type"],
        kind=_kind(event["type"], bounce),
        rid=_rid(data.get("tags")),
        at=events.from_text(event.get("created_at")),
        said=(*said, (data.get("failed") or {}).get("reason"), suppressed.get("reason"), suppressed.get("message")),
        id=event_id,
    )


def _diagnoses(bounce: Mapping[str, Any]) -> list[object]:
    """The words of the recipient's server: an array by the API's document, one by its library."""
    told = bounce.get("diagnosticCode") or []
    return told if isinstance(told, list) else [told]


def _kind(word: str, bounce: Mapping[str, Any]) -> Kind | None:
    kind = KINDS.get(word)
    if kind is not Kind.BOUNCED:
        return kind
    told = f"{bounce.get('subType', '')} {bounce.get('message', '')}".lower()
    if "suppress" in told:
        return Kind.REFUSED  # its own list, from an earlier bounce or complaint
    return BOUNCES.get(str(bounce.get("type")), Kind.SOFT_BOUNCED)


def _rid(tags: object) -> object:
    """Tags come back as an object, or as they were sent."""
    if isinstance(tags, list):
        return next((tag["value"] for tag in tags if tag["name"] == "rid"), None)
    return tags.get("rid") if isinstance(tags, dict) else None
