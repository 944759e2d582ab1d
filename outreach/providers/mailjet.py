"""Mailjet (FR, mailjet.com), Send API 3.1. Mails are filled here: its merge is not sure to leave values as they are.

Each mail has an answer of its own; its rid is its CustomID, by which it can be looked up. A repeated call sends again:
it knows no keys.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

from outreach.errors import AccessRefused, DefinitionError, ProviderError
from outreach.model.mail import Address, Mail, MergePlan, Message, Receipt, one_line
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers import account, answers, basic_auth, carriage, events, look_up
from outreach.providers.events import Event
from outreach.providers.http import Answer, Api, Query
from outreach.providers.port import SETTLES, Found, Granularity, Limits, NoReplays, Sought

log = logging.getLogger(__name__)

KINDS: Mapping[str, Kind] = {
    "sent": Kind.DELIVERED,  # taken by the recipient's server
    "bounce": Kind.BOUNCED,
    "blocked": Kind.REFUSED,
    "spam": Kind.COMPLAINED,
    "unsub": Kind.UNSUBSCRIBED,
}

NOT_ABOUT_THE_ADDRESS = frozenset(
    [
        "quota exceeded", "relay/access denied", "greylisted", "sender blocked", "content blocked", "policy issue",
        "system issue", "protocol issue", "connection issue", "bad or empty template", "error in template language",
    ]
)  # fmt: skip
"""Errors of bounces, however hard, for which no address must be suppressed."""

WRITTEN_BY_MAILJET = frozenset({"list-id"})
"""Headers of which Mailjet writes one of its own and refuses ours; they stay at home, everything else is carried."""

FORBIDDEN = re.compile(
    r"x-mj-.*|x-mailjet-.*|x-feedback-id|x-csa-complaints|x-mailer|user-agent|delivered-to|authentication-results"
    r"|received-spf|domainkey-status",
    re.IGNORECASE,
)

LIST = "/v3/REST/message"
"""Where its mails are listed: by the version before that of the Send API."""

MOST_LISTED = 50
LONGEST_SUBJECT = 255
LOCKED_OUT = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_ITS_OWN = re.compile(r"\[\[(?:data|var):", re.IGNORECASE)


class Mailjet(NoReplays):
    """Every mail travels whole."""

    name = "mailjet"
    describes = "in France; it writes List-Id itself, in place of ours"
    limits = Limits(recipients=50, body_bytes=15_000_000)
    rate = None
    merges = False
    granularity = Granularity.MAIL
    looks_up = True
    settles = SETTLES
    listens = True

    def __init__(self, *, url: str, key: str, secret_key: str, webhook_secret: str, seconds: float) -> None:
        self._secret = webhook_secret
        self.account = account.named(self.name, url, key)  # the public one; the secret beside it may be renewed
        self._list = urljoin(url, LIST)
        self._api = Api("Mailjet", url, {"Authorization": basic_auth.header(secret_key, key)}, seconds)

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the finished mails."""
        carriage.check(self.name, self.limits, plan)
        _check(plan.message)
        return carriage.as_body(self.name, self.limits, {"Messages": [_item(mail) for mail in plan.mails()]})

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:  # noqa: ARG002 - it knows no keys
        """Make the call; each mail has an answer of its own, whatever the status of the whole."""
        answer = self._api.post("/send", body, {})
        document = _document(answer)
        with answers.fitting("Mailjet"):
            return answers.settled(rids, _results(document, rids))

    def find(self, sought: Sought) -> Found:
        """Look each mail up by its rid."""
        return look_up.one_by_one(sought, lambda rid: self._known(rid, sought.since))

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate; a webhook holds one event, or several where they are grouped."""
        basic_auth.verify(self._secret, headers.get("authorization", ""))
        return events.read("Mailjet", body, lambda document: map(_event, events.one_or_many(document)), now)

    def close(self) -> None:
        """Let go of connections."""
        self._api.close()

    def _known(self, rid: str, since: datetime) -> Receipt | None:
        query: Query = {"CustomID": rid, "ShowCustomID": "true", "FromTS": int(since.timestamp()), "Limit": MOST_LISTED}
        document = self._api.get(self._list, query).taken()
        with answers.fitting("Mailjet"):
            return _listed(document, rid)


def _check(message: Message) -> None:
    for name in message.headers:
        if FORBIDDEN.fullmatch(name):
            raise DefinitionError(f"header {name}: mailjet writes it itself; take it out of the mail's headers")
        if name.lower() in WRITTEN_BY_MAILJET:
            log.info("Mailjet writes header %s itself, ours stays at home", name)
    for place, text in (("subject", message.subject), ("HTML", message.html), ("text", message.text)):
        found = _ITS_OWN.search(text)
        if found:
            raise DefinitionError(
                f"{place} of the mail: Mailjet reads {found[0]!r} as a variable; write it another way"
            )
    if len(message.subject) > LONGEST_SUBJECT:
        raise DefinitionError(f"mailjet takes {LONGEST_SUBJECT} characters of subject; shorten it")


def _item(mail: Mail) -> dict[str, object]:
    carriage.check_headers(mail.headers)
    item: dict[str, object] = {
        "From": _mailbox(mail.sender),
        "To": [{"Email": mail.recipient}],
        "Subject": mail.subject,
        "HTMLPart": mail.html,
        "TextPart": mail.text,
        "Headers": {name: value for name, value in mail.headers.items() if name.lower() not in WRITTEN_BY_MAILJET},
        "CustomID": mail.rid,
        "TemplateLanguage": False,
        "TrackOpens": "disabled",
        "TrackClicks": "disabled",
    }
    return item | ({"ReplyTo": {"Email": mail.reply_to}} if mail.reply_to else {})


def _mailbox(address: Address) -> dict[str, str]:
    name = one_line(address.name)
    return {"Email": address.email, "Name": name} if name else {"Email": address.email}


def _document(answer: Answer) -> Any:
    """Return the answers of all mails; also a refused call has them, where some of its mails went out."""
    document = answer.json()
    told = isinstance(document, dict) and "Messages" in document
    if told and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status != HTTPStatus.TOO_MANY_REQUESTS:
        return document
    return answer.taken()


def _results(document: Any, rids: Sequence[str]) -> Iterator[Receipt | ProviderError]:
    for rid, result in zip(rids, document["Messages"], strict=True):
        if result.get("CustomID") not in (None, "", rid):
            raise ValueError(f"{result['CustomID']!r} stands where {rid!r} should")
        if result["Status"] == "success":
            yield Receipt(rid, str(result["To"][0]["MessageID"]))
        elif _is_locked_out(result):
            yield AccessRefused(f"Mailjet: {_words(result)}")
        else:
            yield Receipt(rid, refused=f"Mailjet: {_words(result)}")


def _is_locked_out(result: Mapping[str, Any]) -> bool:
    """Whether the account or the sender was refused, not the mail."""
    return any(error.get("StatusCode") in LOCKED_OUT for error in result.get("Errors") or [])


def _listed(document: Any, rid: str) -> Receipt | None:
    """Return the mail of *rid*; Mailjet may have blocked it after it took it."""
    listed = document["Data"]
    if len(listed) != document["Count"]:
        raise ValueError(f"it counts {document['Count']} mails and lists {len(listed)}")
    if any(item.get("CustomID") not in (None, "", rid) for item in listed):
        raise ValueError(f"it was asked for {rid!r} and lists another")
    receipts = [
        Receipt(rid, str(item["ID"]), "Mailjet: blocked" if item["Status"] == "blocked" else "") for item in listed
    ]
    return next(iter(receipts), None)


def _words(result: Mapping[str, Any]) -> str:
    said = [f"{error.get('ErrorCode', '')} {error.get('ErrorMessage', '')}" for error in result.get("Errors") or []]
    return one_line("; ".join(said) or str(result.get("Status")))[: events.LONGEST_DETAIL]


def _event(event: Mapping[str, Any]) -> Event:
    return Event(
        word=event["event"],
        kind=_kind(event),
        rid=event.get("CustomID"),
        at=events.from_seconds(event.get("time")),
        said=(event.get("error_related_to"), event.get("error"), event.get("comment"), event.get("smtp_reply")),
    )


def _kind(event: Mapping[str, Any]) -> Kind | None:
    kind = KINDS.get(event["event"])
    if kind is not Kind.BOUNCED:
        return kind
    if not event.get("hard_bounce"):
        return Kind.DEFERRED if event.get("error") == "greylisted" else Kind.SOFT_BOUNCED
    return Kind.SOFT_BOUNCED if event.get("error") in NOT_ABOUT_THE_ADDRESS else kind
