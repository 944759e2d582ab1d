"""Lettermint (NL, lettermint.co), by its documented API of SDK 3.2. It has no merge, so mails are filled here."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from outreach.errors import OutcomeUnknown, ProviderError, ProviderRefused, TokenRefused
from outreach.model.mail import Mail, MergePlan, Receipt
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers import account, answers, carriage, envelope, events, signature
from outreach.providers.events import Event
from outreach.providers.http import Answer, Api
from outreach.providers.port import KEYS_LIVE, Granularity, Limits, NoLookUp

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

DROPPED = frozenset({"suppressed", "blocked", "policy_rejected", "failed", "canceled"})
"""Statuses of a message that was taken and will not be sent."""

SIGNATURE = "x-lettermint-signature"
DELIVERY = "x-lettermint-delivery"


class Lettermint(NoLookUp):
    """Every mail travels whole. Its rid is its idempotency key too: within 24 h no rid is sent twice by any call."""

    name = "lettermint"
    describes = "in the Netherlands"
    limits = Limits(recipients=500, body_bytes=25_000_000)
    rate = None
    merges = False
    granularity = Granularity.MAIL
    replays = True
    keys_live = KEYS_LIVE
    listens = True

    def __init__(self, *, url: str, token: str, webhook_secret: str, seconds: float) -> None:
        self._secret = webhook_secret
        self.account = account.named(self.name, url, token)
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
        with answers.fitting("Lettermint"):
            return list(_receipts(document, rids))

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate; a webhook holds one event."""
        stamp = signature.verify(self._secret, headers.get(SIGNATURE, ""), body, now)
        if headers.get(DELIVERY, stamp).strip() != stamp:
            raise TokenRefused("the webhook's delivery time is not the one that was signed")
        return events.read("Lettermint", body, lambda document: [_event(document)], now)

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
        "metadata": {"rid": mail.rid},
        "tags": [{"name": "rid", "value": mail.rid}],
        "settings": {"track_opens": False, "track_clicks": False},
        "idempotency_key": mail.rid,
    }
    return item | ({"reply_to": [mail.reply_to]} if mail.reply_to else {})


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


def _event(event: Mapping[str, Any]) -> Event:
    kind = KINDS.get(event["event"])
    data = event["data"] if kind else {}  # events about the project hold other things
    response = data.get("response") or {}
    return Event(
        word=event["event"],
        kind=kind,
        rid=(data.get("metadata") or {}).get("rid"),
        at=events.from_text(event.get("timestamp")),
        said=(response.get("enhanced_status_code"), data.get("reason"), response.get("content")),
        id=str(event.get("id") or ""),
    )
