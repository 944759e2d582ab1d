"""Amazon SES, API v2 (amazon.com, in the region of choice). It merges: the message travels once, slots are variables.

Its variables are filled in as they are, so values come escaped where they stand in HTML. Every mail has an answer of
its own; a repeated call sends again: it knows no keys, and it has no list of its mails, so that only its Send events
tell of a call that gave no answer. Events come over an SNS topic, from the configuration set.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from outreach.errors import AccessRefused, DefinitionError, NotTaken, ProviderBusy, ProviderError
from outreach.model.mail import SLOT, MergePlan, Message, Pieces, Receipt, Recipient, one_line
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers import account, answers, basic_auth, carriage, envelope, events, http, sns
from outreach.providers.events import Event
from outreach.providers.http import Answer, Api
from outreach.providers.port import Granularity, Limits, NoLookUp, NoReplays
from outreach.providers.rate import Counted, Rate

KINDS: Mapping[str, Kind] = {
    "Send": Kind.ACCEPTED,
    "Delivery": Kind.DELIVERED,
    "DeliveryDelay": Kind.DEFERRED,
    "Bounce": Kind.BOUNCED,
    "Complaint": Kind.COMPLAINED,
    "Reject": Kind.REFUSED,
    "Rendering Failure": Kind.REFUSED,
}

TURNED_AWAY: Mapping[str, type[ProviderError]] = {
    "TooManyRequestsException": ProviderBusy,
    "ThrottlingException": ProviderBusy,  # both with HTTP 400 too
    "LimitExceededException": AccessRefused,
    "AccountSuspendedException": AccessRefused,
    "SendingPausedException": AccessRefused,
    "MailFromDomainNotVerifiedException": AccessRefused,
    "NotFoundException": AccessRefused,  # the configuration set
    "ACCOUNT_THROTTLED": ProviderBusy,
    "TRANSIENT_FAILURE": NotTaken,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": AccessRefused,
    "CONFIGURATION_SET_NOT_FOUND": AccessRefused,
    "ACCOUNT_SUSPENDED": AccessRefused,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": AccessRefused,
    "INVALID_SENDING_POOL_NAME": AccessRefused,
    "ACCOUNT_SENDING_PAUSED": AccessRefused,
    "CONFIGURATION_SET_SENDING_PAUSED": AccessRefused,
}
"""Errors of a call, and statuses of a mail, that are not about the mail."""

ABOUT: Mapping[str, str] = {"Rendering Failure": "failure"}
"""Where an event tells more, if not under its own name."""

OWN_LIST = frozenset({"Suppressed", "OnAccountSuppressionList"})
"""Sub-types of bounces and complaints that its own list of addresses made up."""

PATH = "/v2/email/outbound-bulk-emails"
MOST_HEADERS, LONGEST_HEADER, LONGEST_VALUE = 15, 996, 995
MOST_OF_A_TEMPLATE = 500_000
VALIDATED = "Successfully validated SNS topic"
"""How the text begins that SES sends when a topic is set up; it is no event."""

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]")
_RIDS = re.compile(rb'"Name":"rid","Value":"([A-Za-z0-9_-]+)"')
_PLACES = re.compile(SLOT.pattern + r"|(?<=@@)[{}\\]+|[{}\\]+(?=@@[a-z])|[{}\\]{2,}")
"""Slots, and braces that would be taken for a variable's or change what one means."""


class Ses(NoReplays, NoLookUp):
    """Slots become `{{x}}`: `h_` escaped for HTML, `t_` as they are, `c_` braces of the message's own."""

    name = "ses"
    describes = "Amazon, in the region you choose; events need a configuration set with an SNS topic"
    limits = Limits(recipients=50, body_bytes=10_000_000)
    rate = Rate(14, Counted.MAILS)  # of an account outside the sandbox; its console shows its own
    merges = True
    granularity = Granularity.MAIL
    listens = True

    def __init__(
        self,
        *,
        region: str,
        url: str,
        key_id: str,
        secret_key: str,
        session_token: str,
        configuration_set: str,
        topic: str,
        webhook_secret: str,
        seconds: float,
        fetch: sns.Fetch = http.fetch,
    ) -> None:
        """*url* is the region's own where it is empty; *fetch* gets what Amazon shows at its addresses."""
        if not _REGION.fullmatch(region):
            raise DefinitionError(f"OUTREACH_SES_REGION: {region!r} is no region; one looks like eu-central-1")
        url = (url or f"https://email.{region}.amazonaws.com").rstrip("/")
        self._api = Api("SES", url, {}, seconds)
        self._signed = _signer(f"{url}{PATH}", region, key_id, secret_key, session_token)
        self._configuration_set = configuration_set
        self._secret = webhook_secret
        self.account = account.named(self.name, url, region, key_id)
        self._topic = sns.Topic(topic, fetch)

    def prepare(self, plan: MergePlan) -> bytes:
        """Return the template with an entry for everybody who can be written to in this call."""
        carriage.check(self.name, self.limits, plan)
        _check(plan.message)
        message, form = plan.message, _Form(plan.message)
        document: dict[str, object] = {
            "FromEmailAddress": envelope.ascii_mailbox(message.sender),
            "DefaultContent": {"Template": form.template()},
            "BulkEmailEntries": [entry for who in plan.recipients if (entry := form.entry(who))],
            "ConfigurationSetName": self._configuration_set,
            "ConfigurationOverrides": {
                "Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}
            },
        }
        if message.reply_to:
            document["ReplyToAddresses"] = [message.reply_to]
        return carriage.as_body(self.name, self.limits, document)

    def send(self, body: bytes, key: str, rids: Sequence[str]) -> list[Receipt]:  # noqa: ARG002 - it knows no keys
        """Make the call for those who are in it. The others count as untried, and as refused once they stand alone."""
        called = {rid.decode() for rid in _RIDS.findall(body)}
        if b'"BulkEmailEntries":[]' in body and not called:
            return answers.nobody_called(rids, "SES takes no such address, or no such header")
        answer = self._api.post(PATH, body, self._signed(body))
        _let_in(answer)
        document = answer.taken()
        in_call = [rid for rid in rids if rid in called]
        with answers.fitting("SES"):
            return answers.with_left_out(rids, answers.settled(in_call, _results(document, in_call)))

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        """Verify and translate; a webhook holds one event. A subscription of ours is confirmed on the way."""
        basic_auth.verify(self._secret, headers.get("authorization", ""))
        message = self._topic.opened(body, now)
        if message["Type"] == sns.CONFIRMATION:
            self._topic.confirm(message)
        if message["Type"] != sns.NOTIFICATION or message["Message"].startswith(VALIDATED):
            return []
        told = message["Message"].encode(errors="replace")
        return events.read("SES", told, lambda document: [_event(document, message["MessageId"])], now)

    def close(self) -> None:
        """Let go of connections."""
        self._api.close()


class _Form:
    """A message as SES fills it in."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._braces: dict[str, str] = {}
        self._content = {
            "Subject": self._with_variables(message.subject, "t_"),
            "Html": self._with_variables(message.html, "h_"),
            "Text": self._with_variables(message.text, "t_"),
        }
        self._own = {name: Pieces(value) for name, value in sorted(message.headers.items()) if SLOT.search(value)}
        self._in_html = sorted(set(SLOT.findall(message.html)))
        self._in_text = sorted(set(SLOT.findall(f"{message.subject} {message.text}")))
        if sum(map(len, self._content.values())) * 4 > MOST_OF_A_TEMPLATE:
            self._check_size()

    def template(self) -> dict[str, object]:
        """The message with its variables, and the headers that all have in common."""
        common = {name: value for name, value in sorted(self._message.headers.items()) if name not in self._own}
        return {"TemplateContent": self._content, "TemplateData": "{}", "Headers": _headers(common)}

    def entry(self, who: Recipient) -> dict[str, object] | None:
        """What is one recipient's own; nothing where SES would not carry it."""
        own = {name: pieces.fill(who.values) for name, pieces in self._own.items()}
        carriage.check_headers(own)
        if not envelope.is_plain(who.email) or not all(_is_carried(name, value) for name, value in own.items()):
            return None
        escaped = who.escaped()
        values = {
            **self._braces,
            **{f"h_{name}": escaped[name] for name in self._in_html},
            **{f"t_{name}": who.values[name] for name in self._in_text},
        }
        data = json.dumps(values, ensure_ascii=False, sort_keys=True)
        return {
            "Destination": {"ToAddresses": [who.email]},
            "ReplacementTags": [{"Name": "rid", "Value": who.rid}],
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
            "ReplacementHeaders": _headers(own),
        }

    def _with_variables(self, template: str, prefix: str) -> str:
        def variable(found: re.Match[str]) -> str:
            if found[1]:
                return f"{{{{{prefix}{found[1]}}}}}"
            name = next((name for name, braces in self._braces.items() if braces == found[0]), "")
            name = name or f"c_{len(self._braces)}"
            self._braces[name] = found[0]
            return f"{{{{{name}}}}}"

        return _PLACES.sub(variable, template)

    def _check_size(self) -> None:
        with carriage.whole_characters():
            size = sum(len(part.encode()) for part in self._content.values())
        if size > MOST_OF_A_TEMPLATE:
            raise DefinitionError(f"ses takes {MOST_OF_A_TEMPLATE:,} bytes of a mail, not {size:,}; make it smaller")


def _signer(
    url: str, region: str, key_id: str, secret_key: str, session_token: str
) -> Callable[[bytes], dict[str, str]]:
    from botocore.auth import SigV4Auth  # loading it takes a while, and only those who send by SES need it
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    auth = SigV4Auth(Credentials(key_id, secret_key, session_token or None), "ses", region)

    def signed(body: bytes) -> dict[str, str]:
        request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
        auth.add_auth(request)
        return dict(request.headers.items())

    return signed


def _check(message: Message) -> None:
    envelope.check_ascii("SES", message.headers)
    if len(message.headers) > MOST_HEADERS:
        raise DefinitionError(f"ses takes {MOST_HEADERS} headers, not {len(message.headers)}; take some out")
    for name, value in message.headers.items():
        if not SLOT.search(value) and not _is_carried(name, value):
            raise DefinitionError(f"header {name}: SES takes 1 to {LONGEST_VALUE} characters; {value!r} has others")


def _is_carried(name: str, value: str) -> bool:
    return value.isascii() and value.isprintable() and 0 < len(value) <= min(LONGEST_VALUE, LONGEST_HEADER - len(name))


def _headers(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in headers.items()]


def _let_in(answer: Answer) -> None:
    if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.error in TURNED_AWAY:
        raise answers.turned_away(TURNED_AWAY[answer.error], answer.words(), answer.wait())


def _results(document: Any, called: Sequence[str]) -> Iterator[Receipt | ProviderError]:
    for rid, result in zip(called, document["BulkEmailEntryResults"], strict=True):
        status = result["Status"]
        words = one_line(f"SES: {status} {result.get('Error') or ''}")[: events.LONGEST_DETAIL]
        if status == "SUCCESS":
            yield Receipt(rid, str(result["MessageId"]))
        elif status in TURNED_AWAY:
            yield answers.turned_away(TURNED_AWAY[status], words)
        else:
            yield Receipt(rid, refused=words)


def _event(event: Mapping[str, Any], message_id: str) -> Event:
    word = event.get("eventType") or event["notificationType"]  # as an identity's own feedback calls it
    about = event.get(ABOUT.get(word, word[:1].lower() + word[1:])) or {}
    tags = event["mail"].get("tags") or {}
    who = (about.get("bouncedRecipients") or about.get("delayedRecipients") or [{}])[0]
    told = (about.get("bounceType"), about.get("bounceSubType"), about.get("complaintSubType"), about.get("reason"))
    return Event(
        word=word,
        kind=_kind(word, about),
        rid=next(iter(tags.get("rid") or []), None),
        at=events.from_text(about.get("timestamp") or event["mail"].get("timestamp")),
        said=(
            *told,
            who.get("status"),
            who.get("diagnosticCode"),
            about.get("smtpResponse"),
            about.get("errorMessage"),
        ),
        id=message_id,
    )


def _kind(word: str, about: Mapping[str, Any]) -> Kind | None:
    kind = KINDS.get(word)
    if (
        kind in (Kind.BOUNCED, Kind.COMPLAINED)
        and {about.get("bounceSubType"), about.get("complaintSubType")} & OWN_LIST
    ):
        return Kind.REFUSED
    if kind is Kind.BOUNCED and about.get("bounceType") != "Permanent":
        return Kind.SOFT_BOUNCED
    return kind
