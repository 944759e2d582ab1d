"""The embedded outbox, our own email API (`outreach.demo.outbox`): it merges, keeps and shows, and sends nothing on."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from outreach.model.mail import SLOT, MergePlan, Message, Receipt, Recipient
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers import account, answers, carriage, events, look_up, signature
from outreach.providers.events import Event
from outreach.providers.http import Api
from outreach.providers.port import KEYS_LIVE, SETTLES, Found, Granularity, Limits, Sought

KINDS: Mapping[str, Kind] = {
    "delivered": Kind.DELIVERED,
    "bounced": Kind.BOUNCED,
    "soft_bounced": Kind.SOFT_BOUNCED,
    "complained": Kind.COMPLAINED,
    "unsubscribed": Kind.UNSUBSCRIBED,
}

SIGNATURE = "x-outbox-signature"
MOST_LISTED = 1000


class Outbox:
    """The message travels once a call, with the values of each recipient's slots beside it."""

    name = "outbox"
    describes = "on this machine, for trying things out: it shows every mail and sends none"
    limits = Limits(recipients=1000, body_bytes=25_000_000)
    rate = None
    merges = True
    granularity = Granularity.MAIL
    keys_live = KEYS_LIVE
    looks_up = True
    settles = SETTLES
    listens = True

    def __init__(self, *, url: str, token: str, webhook_secret: str, idempotency: bool, seconds: float) -> None:
        self.replays = idempotency
        self._secret = webhook_secret
        self.account = account.named(self.name, url)
        self._api = Api("outbox", url, {"Authorization": f"Bearer {token}"}, seconds)

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the message and the values of its slots; values that no slot asks for stay at home."""
        carriage.check(self.name, self.limits, plan)
        in_html, elsewhere = _slots(plan.message)
        recipients = [_recipient(recipient, in_html, elsewhere) for recipient in plan.recipients]
        return carriage.as_body(self.name, self.limits, {"message": _message(plan.message), "recipients": recipients})

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:
        """Make the call; the answer has to speak of every rid, in order."""
        document = self._api.post("/v1/messages", body, {"Idempotency-Key": key}).taken()
        with answers.fitting("outbox"):
            return list(_receipts(document, rids))

    def find(self, sought: Sought) -> Found:
        """Read the list of all its mails, from the first on."""
        return look_up.by_pages(sought, lambda mark: self._page(mark or "0", sought.since))

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate; a webhook holds several events."""
        signature.verify(self._secret, headers.get(SIGNATURE, ""), body, now)
        return events.read("outbox", body, lambda document: map(_event, document["events"]), now)

    def close(self) -> None:
        """Let go of connections."""
        self._api.close()

    def _page(self, mark: str, since: datetime) -> look_up.Page:
        document = self._api.get("/v1/messages", {"after": mark, "limit": MOST_LISTED}).taken()
        with answers.fitting("outbox"):
            return _listed(document, since)


def _slots(message: Message) -> tuple[list[str], list[str]]:
    """Names of the slots in the HTML, and of those in all the rest."""
    rest = " ".join((message.subject, message.text, *message.headers.values()))
    return sorted(set(SLOT.findall(message.html))), sorted(set(SLOT.findall(rest)))


def _message(message: Message) -> dict[str, object]:
    return {
        "from": {"email": message.sender.email, "name": message.sender.name},
        "reply_to": message.reply_to,
        "subject": message.subject,
        "html": message.html,
        "text": message.text,
        "headers": dict(message.headers),
    }


def _recipient(recipient: Recipient, in_html: list[str], elsewhere: list[str]) -> dict[str, object]:
    escaped = recipient.escaped()
    return {
        "to": recipient.email,
        "rid": recipient.rid,
        "variables": {name: recipient.values[name] for name in elsewhere},
        "html_variables": {name: escaped[name] for name in in_html},
    }


def _receipts(document: object, rids: Sequence[str]) -> Iterator[Receipt]:
    if not isinstance(document, dict):
        raise TypeError("it is not an object")
    for rid, result in zip(rids, document["results"], strict=True):
        if result["rid"] != rid:
            raise ValueError(f"{result['rid']!r} stands where {rid!r} should")
        refused = "" if result["status"] == "accepted" else result["error"] or result["status"]
        yield Receipt(rid, result["id"] or "", refused)


def _listed(document: Any, since: datetime) -> look_up.Page:
    receipts = [
        Receipt(item["rid"], item["id"])
        for item in document["messages"]
        if (at := events.from_text(item["at"])) is not None and at >= since
    ]
    return receipts, str(document["next"] or "")


def _event(event: Mapping[str, str]) -> Event:
    return Event(
        word=event["type"],
        kind=KINDS.get(event["type"]),
        rid=event.get("rid"),
        at=events.from_text(event.get("at")),
        said=(event.get("detail"),),
        id=event.get("id", ""),
    )
