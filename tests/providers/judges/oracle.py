"""django-anymail, which has read these webhooks for others for years: what it makes of one, and where we differ.

It is an oracle of the tests and nothing else; `facts` below means the facts page on email APIs, email-apis.md.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from outreach.model.wave import Kind
from outreach.providers.events import one_or_many
from outreach.providers.port import Provider
from tests.conftest import NOON
from tests.providers import test_brevo, test_mailgun, test_mailjet, test_postmark, test_resend, test_ses
from tests.providers.webhook_contract import SECRET, WebhookContract

MEANS: Mapping[str, tuple[Kind, ...]] = {
    "queued": (Kind.ACCEPTED,),
    "sent": (Kind.ACCEPTED,),
    "delivered": (Kind.DELIVERED,),
    "deferred": (Kind.DEFERRED,),
    "bounced": (Kind.BOUNCED, Kind.SOFT_BOUNCED),  # it does not tell them apart
    "rejected": (Kind.REFUSED,),
    "failed": (Kind.REFUSED,),
    "complained": (Kind.COMPLAINED,),
    "unsubscribed": (Kind.UNSUBSCRIBED,),
}
"""Its words and ours. Whatever else it says, as that a mail was opened, is no report to us."""

WRITTEN, SIGNED = ("raw_event", "raw_events", "raw_ses_event"), "mailgun_sign_payload"
"""The names under which anymail's tests write webhooks down, and what signs them."""

OWN_LIST = "facts, Bounces: a drop by the provider's own list is refused, no new bounce"
POLICY = "facts, Bounces: policy is not about the address, and no address is suppressed for it"
NEWER = "anymail's list is older than the event"


@dataclass(frozen=True, eq=False)
class Difference:
    """Events that hold *which* are *theirs* to anymail, with its reason where that tells, and *ours* to us, if any."""

    which: Mapping[str, Any]
    theirs: str
    ours: Kind | None
    why: str


def _bounce(type_: str, theirs: str, ours: Kind | None, why: str) -> Difference:
    return Difference({"RecordType": "Bounce", "Type": type_}, theirs, ours, why)


DIFFERENCES: Mapping[str, tuple[Difference, ...]] = {
    "postmark": (
        _bounce("Blocked", "rejected", Kind.SOFT_BOUNCED, POLICY),
        _bounce("DMARCPolicy", "rejected", Kind.SOFT_BOUNCED, POLICY),
        _bounce("BadEmailAddress", "rejected", Kind.BOUNCED, "facts, Bounces: 5.1.3 is hard, about the address"),
        _bounce("SpamNotification", "complained", Kind.SOFT_BOUNCED, "a filter's word; a reader's is SpamComplaint"),
        _bounce("Unknown", "unknown", Kind.SOFT_BOUNCED, "it came back, whatever for"),
        _bounce("OpenRelayTest", "deferred", None, "a server tries Postmark out; it says nothing of the mail"),
    ),
    "mailgun": tuple(
        Difference({"event": "failed", "severity": "permanent", "reason": reason}, "bounced", Kind.REFUSED, OWN_LIST)
        for reason in ("suppress-bounce", "suppress-complaint", "suppress-unsubscribe")
    ),
    "brevo": (
        Difference({"event": "unsubscribed"}, "unknown", Kind.UNSUBSCRIBED, "Brevo documents it beside `unsubscribe`"),
    ),
    "resend": (
        Difference({"data": {"bounce": {"subType": "Suppressed"}}}, "bounced", Kind.REFUSED, OWN_LIST),
        Difference({"type": "email.bounced"}, "bounced as blocked", Kind.REFUSED, OWN_LIST),
        Difference({"type": "email.suppressed"}, "unknown", Kind.REFUSED, NEWER),
        Difference({"type": "email.failed"}, "unknown", Kind.REFUSED, NEWER),
    ),
    "mailjet": (),
    "ses": (
        Difference({"bounce": {"bounceSubType": "Suppressed"}}, "bounced", Kind.REFUSED, OWN_LIST),
        Difference({"bounce": {"bounceSubType": "OnAccountSuppressionList"}}, "bounced", Kind.REFUSED, OWN_LIST),
        Difference(
            {"complaint": {"complaintSubType": "OnAccountSuppressionList"}}, "complained", Kind.REFUSED, OWN_LIST
        ),
        Difference({"eventType": "DeliveryDelay"}, "unknown", Kind.DEFERRED, NEWER),
    ),
}


@dataclass(frozen=True)
class Api:
    """An API that both know: what writes and proves its webhooks here, and the view that reads them there."""

    webhooks: WebhookContract
    view: str
    mark: Mapping[str, Any]
    """What makes an event one of a mail of ours."""
    place: str = ""
    """Where the mark stands, if not at the top."""
    inside: str = ""
    """Where the whole event stands, if not at the top."""
    one_time: bool = True
    """Whether both take the time from the same place. anymail takes SES's from the envelope, when SNS sent it."""

    def marked(self, document: Any) -> Any:
        """The webhook as one about a mail of ours."""
        if not self.place:
            return {**document, **self.mark}
        return {**document, self.place: {**document[self.place], **self.mark}}


RID = {"rid": "r1"}
APIS: Mapping[str, Api] = {
    "postmark": Api(test_postmark.TestPostmarkWebhooks(), "postmark.PostmarkTrackingWebhookView", {"Metadata": RID}),
    "mailgun": Api(
        test_mailgun.TestMailgunWebhooks(),
        "mailgun.MailgunTrackingWebhookView",
        {"user-variables": RID},
        place="event-data",
        inside="event-data",
    ),
    "brevo": Api(
        test_brevo.TestBrevoWebhooks(),
        "brevo.BrevoTrackingWebhookView",
        {"X-Mailin-custom": "1"},  # anymail writes JSON there and stumbles over a rid that is none
    ),
    "resend": Api(test_resend.TestResendWebhooks(), "resend.ResendTrackingWebhookView", {"tags": RID}, place="data"),
    "mailjet": Api(test_mailjet.TestMailjetWebhooks(), "mailjet.MailjetTrackingWebhookView", {"CustomID": "r1"}),
    "ses": Api(
        test_ses.TestSesWebhooks(),
        "amazon_ses.AmazonSESTrackingWebhookView",
        {"tags": {"rid": ["r1"]}},
        place="mail",
        one_time=False,
    ),
}


@dataclass(frozen=True)
class Finding:
    """What came of comparing: a *disagreement* in words, or the known *difference* that it met."""

    disagreement: str = ""
    difference: Difference | None = None


def compared(name: str, document: Any) -> Finding:
    """What we and anymail make of a webhook about one mail of ours."""
    api = APIS[name]
    document = api.marked(document)
    body = api.webhooks.wrapped(document, SECRET, NOON)
    headers = api.webhooks.proof(body, SECRET, NOON)
    report = next(iter(_listener(name).reports(headers, body, NOON)), None)
    told = next(iter(_read(name, body, headers)), NOTHING)
    known = _known(name, told, document[api.inside] if api.inside else document)
    ours = report.kind if report else None
    if ours not in _expected(told, known):
        return Finding(f"{told.event_type} to anymail, {ours} to us: {document}")
    if report and api.one_time and told.timestamp and abs(report.at - told.timestamp) > timedelta(milliseconds=1):
        return Finding(f"{told.timestamp} to anymail, {report.at} to us: {document}")
    if report and told.event_id and not report.event_id.endswith(told.event_id):
        return Finding(f"event {told.event_id} to anymail, {report.event_id} to us: {document}")
    return Finding(difference=known)


def _expected(told: Any, known: Difference | None) -> tuple[Kind | None, ...]:
    if known:
        return MEANS["bounced"] if known.ours is Kind.BOUNCED else (known.ours,)  # a code may soften it
    return MEANS.get(told.event_type, (None,))


def _known(name: str, told: Any, event: object) -> Difference | None:
    theirs = (told.event_type, f"{told.event_type} as {told.reject_reason}")
    met = (one for one in DIFFERENCES[name] if one.theirs in theirs and _holds(event, one.which))
    return next(met, None)


def _holds(event: Any, which: Mapping[str, Any]) -> bool:
    return all(
        _holds(event.get(name) or {}, value) if isinstance(value, Mapping) else event.get(name) == value
        for name, value in which.items()
    )


@cache
def _listener(name: str) -> Provider:
    return APIS[name].webhooks.listener


NOTHING = SimpleNamespace(event_type="", reject_reason="", timestamp=None, event_id=None)


def _read(name: str, body: bytes, headers: Mapping[str, str]) -> list[Any]:
    view = object.__new__(_class(name))  # reading needs none of its settings
    from anymail.exceptions import AnymailConfigurationError

    try:
        return list(view.parse_events(_request(body, headers)))
    except AnymailConfigurationError:  # it is about mails that come in, and belongs to another address
        return []


def anymail_believes(name: str, body: bytes, **settings: str) -> bool:
    """Whether anymail takes a webhook for authentic, given its secrets."""
    view = _class(name)(**settings)
    from anymail.exceptions import AnymailWebhookValidationFailure

    try:
        view.validate_request(_request(body, {}))
    except AnymailWebhookValidationFailure:
        return False
    return True


def _request(body: bytes, headers: Mapping[str, str]) -> Any:
    from django.test import RequestFactory

    return RequestFactory().post("/", body, content_type="application/json", headers=dict(headers))


@cache
def _class(name: str) -> Any:
    from django.conf import settings

    if not settings.configured:
        settings.configure(ANYMAIL={}, USE_TZ=True)
    module, _, view = APIS[name].view.partition(".")
    return getattr(import_module(f"anymail.webhooks.{module}"), view)


def written_down(path: Path) -> Iterator[tuple[str, Any]]:
    """The webhooks that anymail's tests of an API write down, each with its test's name; nothing there is run.

    What is signed there is signed anew here. Mailgun's webhooks of before 2018, which were forms, are left out: we do
    not read them, and Mailgun writes them no more.
    """
    for test in ast.walk(ast.parse(path.read_text())):
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            assigned = [node for node in ast.walk(test) if isinstance(node, ast.Assign)]
            for node in assigned:
                if isinstance(node.targets[0], ast.Name) and node.targets[0].id in WRITTEN:
                    for document in one_or_many(_literal(node.value)):
                        yield test.name, document


def _literal(node: ast.expr) -> Any:
    while isinstance(node, ast.Call):
        node = node.args[0] if isinstance(node.func, ast.Name) and node.func.id == SIGNED else ast.Constant([])
    return ast.literal_eval(node)
