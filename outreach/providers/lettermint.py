"""Lettermint (NL, lettermint.co), by its documented API of SDK 3.2. It has no merge, so mails are filled here."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from outreach.errors import OutcomeUnknown, ProviderError, ProviderRefused, TokenRefused
from outreach.model.mail import Address, Mail, MergePlan, Receipt, one_line
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers import carriage, signature
from outreach.providers.http import Answer, Api
from outreach.providers.port import Limits

KINDS: Mapping[str, Kind] = {
    "message.created": Kind.ACCEPTED,
    "message.sent": Kind.ACCEPTED,
    "message.delivered": Kind.DELIVERED,
    "message.hard_bounced": Kind.BOUNCED,
    "message.soft_bounced": Kind.SOFT_BOUNCED,
    "message.spam_complaint": Kind.COMPLAINED,
    "message.unsubscribed": Kind.UNSUBSCRIBED,
    "message.failed": Kind.REFUSED,
    "message.suppressed": Kind.REFUSED,
    "message.policy_rejected": Kind.REFUSED,
}

NOT_ABOUT_THE_ADDRESS = ("5.7.", "5.2.2", "5.2.3", "5.3.4")
"""Permanent failures of ours: policy, a full mailbox, size. The address works; it must not be suppressed for them."""

DROPPED = frozenset({"suppressed", "blocked", "policy_rejected", "failed", "canceled"})
"""Statuses of a message that was taken and will not be sent."""

SIGNATURE = "x-lettermint-signature"
DELIVERY = "x-lettermint-delivery"


class Lettermint:
    """Every mail travels whole. Its rid is its idempotency key too: within 24 h no rid is sent twice by any call."""

    name = "lettermint"
    limits = Limits(recipients=500, body_bytes=25_000_000)
    replays = True

    def __init__(self, *, url: str, token: str, webhook_secret: str, seconds: float) -> None:
        self._secret = webhook_secret
        self._api = Api("Lettermint", url, {"x-lettermint-token": token}, seconds)

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the finished mails as the bare array that the API asks for."""
        carriage.check(self.name, self.limits, plan)
        return carriage.as_body(self.name, self.limits, [_item(mail) for mail in plan.mails()])

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:
        """Make the call. Mails are taken in order: at the first refused one the API stops, and says which it took."""
        answer = self._api.post("/send/batch", body, {"Idempotency-Key": key})
        accepted = _accepted(answer)
        if accepted:
            return _part(answer, accepted, rids)
        document = answer.taken()
        try:
            return list(_receipts(document, rids))
        except (KeyError, TypeError, ValueError) as error:
            raise OutcomeUnknown(f"Lettermint took the call, but its answer does not fit it: {error}") from error

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate; a webhook holds one event. What is not about a mail of ours is left out."""
        stamp = signature.verify(self._secret, headers.get(SIGNATURE, ""), body, now)
        if headers.get(DELIVERY, stamp).strip() != stamp:
            raise TokenRefused("the webhook's delivery time is not the one that was signed")
        try:
            event = json.loads(body)
            rid = _rid(event) if event["event"] in KINDS else ""
            return [_report(event, rid, now)] if rid else []
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ProviderError(
                f"Lettermint sent a webhook that cannot be read: {type(error).__name__} {error}"
            ) from error

    def close(self) -> None:
        """Let go of connections."""
        self._api.close()


def _item(mail: Mail) -> dict[str, object]:
    carriage.check_headers(mail.headers)
    item: dict[str, object] = {
        "from": _mailbox(mail.sender),
        "to": [mail.recipient],
        "subject": mail.subject,
        "html": mail.html,
        "text": mail.text,
        "headers": dict(mail.headers),
        "metadata": {"rid": mail.rid},
        "tags": [{"name": "rid", "value": mail.rid}],
        "settings": {"track_opens": False, "track_clicks": False},
        "idempotency_key": mail.rid,
    }
    return item | ({"reply_to": [mail.reply_to]} if mail.reply_to else {})


def _mailbox(address: Address) -> str:
    """The API encodes names itself; they only need quotes where a character has a meaning in addresses."""
    name = one_line(address.name)
    if not name:
        return address.email
    if set(name) & set('()<>[]:;@\\,."'):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address.email}>'
    return f"{name} <{address.email}>"


def _receipts(document: object, rids: Sequence[str]) -> Iterator[Receipt]:
    if not isinstance(document, list):
        raise TypeError("it is not an array")
    for rid, result in zip(rids, document, strict=True):
        status = result["status"]
        yield Receipt(rid, str(result["message_id"]), f"Lettermint: {status}" if status in DROPPED else "")


def _accepted(answer: Answer) -> dict[int, str]:
    """What a failed call had taken before it failed: position to message id."""
    document = answer.json()
    try:
        taken: Any = document["error"]["details"]["accepted"]  # type: ignore[index]
        return {int(entry["index"]): str(entry["message_id"]) for entry in taken}
    except (KeyError, TypeError, ValueError):
        return {}


def _part(answer: Answer, accepted: Mapping[int, str], rids: Sequence[str]) -> list[Receipt]:
    """Receipts of a call that was taken in part; a replay tells more unless the API refused a mail for good."""
    try:
        answer.taken()
    except ProviderError as error:
        first = next((n for n in range(len(rids)) if n not in accepted), len(rids))
        if not isinstance(error, ProviderRefused) or first == len(rids) or not set(accepted) <= set(range(len(rids))):
            raise OutcomeUnknown(f"{error}; {len(accepted)} of {len(rids)} mails had been taken") from error
        return [_partly(n, rid, accepted, first, str(error)) for n, rid in enumerate(rids)]
    raise OutcomeUnknown(f"{answer.words()}; it speaks of mails taken and of an error at once")


def _partly(position: int, rid: str, accepted: Mapping[int, str], first: int, why: str) -> Receipt:
    if position in accepted:
        return Receipt(rid, accepted[position])
    if position == first:
        return Receipt(rid, refused=why)
    return Receipt(rid, untried=True)  # mails after the refused one were not looked at


def _rid(event: Mapping[str, Any]) -> str:
    rid = (event["data"].get("metadata") or {}).get("rid", "")
    return rid if isinstance(rid, str) and carriage.RID.fullmatch(rid) else ""


def _report(event: Mapping[str, Any], rid: str, now: datetime) -> ProviderReport:
    data = event["data"]
    response = data.get("response") or {}
    said = (data.get("reason"), response.get("enhanced_status_code"), response.get("content"))
    at = datetime.fromisoformat(event["timestamp"]) if event.get("timestamp") else now
    return ProviderReport(
        event_id=str(event.get("id") or _digest(rid, event["event"], event.get("timestamp", ""))),
        rid=rid,
        kind=_kind(event["event"], str(response.get("enhanced_status_code") or "")),
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        detail=one_line(" ".join(str(part) for part in said if part))[:500],
    )


def _kind(event: str, code: str) -> Kind:
    kind = KINDS[event]
    return Kind.SOFT_BOUNCED if kind is Kind.BOUNCED and code.startswith(NOT_ABOUT_THE_ADDRESS) else kind


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
