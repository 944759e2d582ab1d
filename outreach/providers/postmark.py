"""Postmark (US, postmarkapp.com). It has no inline merge, so mails are filled here; a repeated call sends again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from outreach.errors import AccessRefused, DefinitionError, NotTaken, ProviderBusy, ProviderError
from outreach.model.mail import Mail, MergePlan, Receipt, one_line
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers import account, answers, basic_auth, carriage, envelope, events, look_up
from outreach.providers.events import Event
from outreach.providers.http import Answer, Api, Query
from outreach.providers.port import SETTLES, Found, Granularity, Limits, NoReplays, Sought

KINDS: Mapping[str, Kind] = {
    "Delivery": Kind.DELIVERED,
    "Bounce": Kind.SOFT_BOUNCED,
    "SpamComplaint": Kind.COMPLAINED,
    "SubscriptionChange": Kind.UNSUBSCRIBED,
}
"""By RecordType; a bounce and a change of subscription say more by their type and reason (`TYPES`)."""

TYPES: Mapping[str, Kind | None] = {
    "HardBounce": Kind.BOUNCED,
    "BadEmailAddress": Kind.BOUNCED,
    "SoftBounce": Kind.SOFT_BOUNCED,
    "Blocked": Kind.SOFT_BOUNCED,
    "DMARCPolicy": Kind.SOFT_BOUNCED,
    "VirusNotification": Kind.SOFT_BOUNCED,
    "SpamNotification": Kind.SOFT_BOUNCED,  # a filter's words; a person's are SpamComplaint
    "Unknown": Kind.SOFT_BOUNCED,
    "Transient": Kind.DEFERRED,
    "DnsError": Kind.DEFERRED,
    "SpamComplaint": Kind.COMPLAINED,
    "Unsubscribe": Kind.UNSUBSCRIBED,
    "ManualSuppression": Kind.UNSUBSCRIBED,
    "ManuallyDeactivated": Kind.REFUSED,
    "Unconfirmed": Kind.REFUSED,
    "SMTPApiError": Kind.REFUSED,
    "TemplateRenderingFailed": Kind.REFUSED,
    "Subscribe": None,
    "AutoResponder": None,
    "AddressChange": None,
    "ChallengeVerification": None,
    "OpenRelayTest": None,
    "InboundError": None,
}

TURNED_AWAY: Mapping[int, type[ProviderError]] = {
    10: AccessRefused,  # token
    100: NotTaken,  # maintenance
    400: AccessRefused,  # sender unknown
    401: AccessRefused,  # sender not confirmed
    405: AccessRefused,  # out of credits
    412: AccessRefused,  # account pending
    413: AccessRefused,  # account may not send
    429: ProviderBusy,
    1235: AccessRefused,  # no such message stream
}
"""ErrorCodes that are not about the mail: the same mail may go out once the cause is gone."""

TIMES = ("DeliveredAt", "BouncedAt", "ChangedAt")
UNDELIVERABLE = "will not deliver to these inactive addresses"
MOST_OF_A_PART = 5_000_000
MOST_LISTED = 50


class Postmark(NoReplays):
    """Every mail travels whole and is answered for itself. Its rid is its metadata, by which it can be looked up."""

    name = "postmark"
    describes = "in the United States; a newsletter needs a broadcast stream of its own"
    limits = Limits(recipients=500, body_bytes=50_000_000)
    rate = None
    merges = False
    granularity = Granularity.MAIL
    looks_up = True
    settles = SETTLES
    listens = True

    def __init__(self, *, url: str, token: str, stream: str, webhook_secret: str, seconds: float) -> None:
        self._stream = stream
        self._secret = webhook_secret
        self.account = account.named(self.name, url, token, stream)  # it lists one stream of one server
        self._api = Api("Postmark", url, {"X-Postmark-Server-Token": token}, seconds)

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the finished mails as the bare array that the API asks for."""
        carriage.check(self.name, self.limits, plan)
        return carriage.as_body(self.name, self.limits, [_item(mail, self._stream) for mail in plan.mails()])

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:  # noqa: ARG002 - it knows no keys
        """Make the call; each mail has an answer of its own. What only met a closed account may be tried again."""
        answer = self._api.post("/email/batch", body, {})
        _let_in(answer)
        document = answer.taken()
        with answers.fitting("Postmark"):
            return answers.settled(rids, _results(document, rids))

    def find(self, sought: Sought) -> Found:
        """Look each mail up by its rid, in the stream that it went by."""
        return look_up.one_by_one(sought, lambda rid: self._known(rid, sought.since))

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate; a webhook holds one event."""
        basic_auth.verify(self._secret, headers.get("authorization", ""))
        return events.read("Postmark", body, lambda document: [_event(document)], now)

    def close(self) -> None:
        """Let go of connections."""
        self._api.close()

    def _known(self, rid: str, since: datetime) -> Receipt | None:
        query: Query = {"count": MOST_LISTED, "offset": 0, "messagestream": self._stream, "metadata_rid": rid}
        answer = self._api.get("/messages/outbound", query)
        _let_in(answer)
        document = answer.taken()
        with answers.fitting("Postmark"):
            return _listed(document, rid, since)


def _item(mail: Mail, stream: str) -> dict[str, object]:
    carriage.check_headers(mail.headers)
    for part, text in (("HTML", mail.html), ("text", mail.text)):
        if len(text) * 4 > MOST_OF_A_PART and len(text.encode(errors="replace")) > MOST_OF_A_PART:
            raise DefinitionError(f"postmark takes {MOST_OF_A_PART:,} bytes of {part} a mail; make it smaller")
    item: dict[str, object] = {
        "From": envelope.mailbox(mail.sender),
        "To": mail.recipient,
        "Subject": mail.subject,
        "HtmlBody": mail.html,
        "TextBody": mail.text,
        "Headers": [{"Name": name, "Value": value} for name, value in sorted(mail.headers.items())],
        "Metadata": {"rid": mail.rid},
        "MessageStream": stream,
        "TrackOpens": False,
        "TrackLinks": "None",
    }
    return item | ({"ReplyTo": mail.reply_to} if mail.reply_to else {})


def _let_in(answer: Answer) -> None:
    """Raise where the whole call was turned away for a reason that is not in its mails; 429 and 5xx speak already."""
    document = answer.json()
    telling = answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status != HTTPStatus.TOO_MANY_REQUESTS
    if telling and isinstance(document, dict) and document.get("ErrorCode") in TURNED_AWAY:
        raise answers.turned_away(TURNED_AWAY[document["ErrorCode"]], answer.words())


def _results(document: object, rids: Sequence[str]) -> Iterator[Receipt | ProviderError]:
    if not isinstance(document, list):
        raise TypeError("it is not an array")
    for rid, result in zip(rids, document, strict=True):
        code = result.get("ErrorCode", 0)  # it may be missing where Postmark only says that it will be late
        if code in TURNED_AWAY:
            yield answers.turned_away(TURNED_AWAY[code], _words(result))
        elif code or UNDELIVERABLE in result["Message"]:
            yield Receipt(rid, refused=_words(result))
        else:
            yield Receipt(rid, str(result["MessageID"]))


def _listed(document: Any, rid: str, since: datetime) -> Receipt | None:
    """Return the mail of *rid* among those listed; an earlier call may have sent one too."""
    listed = document["Messages"]
    if len(listed) < min(document["TotalCount"], MOST_LISTED):
        raise ValueError(f"it counts {document['TotalCount']} mails and lists {len(listed)}")
    for item in listed:
        if item.get("Metadata", {"rid": rid}).get("rid") != rid:
            raise ValueError(f"it was asked for {rid!r} and lists another")
        at = events.from_text(item.get("ReceivedAt"))
        if at is None or at >= since:
            return Receipt(rid, str(item["MessageID"]))
    return None


def _words(result: Mapping[str, Any]) -> str:
    return one_line(f"Postmark: {result.get('ErrorCode', 0)} {result.get('Message', '')}")[: events.LONGEST_DETAIL]


def _event(event: Mapping[str, Any]) -> Event:
    record = event["RecordType"]
    told = event.get("ID")
    return Event(
        word=" ".join(str(part) for part in (record, event.get("Type"), event.get("SuppressionReason")) if part),
        kind=_kind(record, event),
        rid=(event.get("Metadata") or {}).get("rid"),
        at=events.from_text(next((event[name] for name in TIMES if name in event), None)),
        said=(event.get("Description"), event.get("Details")),
        id=f"{record}-{told}" if told else "",
    )


def _kind(record: str, event: Mapping[str, Any]) -> Kind | None:
    """A resubscription is none of the provider's business: consent is given here."""
    if record == "SubscriptionChange":
        reason = event.get("SuppressionReason")
        return TYPES.get(str(reason), KINDS[record]) if event.get("SuppressSending", True) else None
    if record == "Bounce":
        return TYPES.get(str(event.get("Type")), KINDS[record])
    return KINDS.get(record)
