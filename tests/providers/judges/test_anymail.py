"""Webhooks as we read them and as django-anymail does, but where it is known to be wrong (`oracle.DIFFERENCES`).

Everywhere: webhooks made up here of all the words that the APIs document, one that they do not, and all that goes with
them. And, where its own tests are at hand, all webhooks that these write down. No package index carries them, so
nothing can fetch them: check its repository out and point ANYMAIL_TESTS at the folder `tests`.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from outreach.errors import TokenRefused
from outreach.providers import postmark
from tests.conftest import NOON
from tests.providers.judges.oracle import APIS, DIFFERENCES, anymail_believes, compared, written_down
from tests.providers.webhook_contract import SECRET

LOUD = "!!! ANYMAIL'S OWN TESTS ARE NOT HERE: only made up webhooks are compared (ANYMAIL_TESTS=checkout/tests) !!!"

SAID = ("", "smtp; 550 5.1.1 no such user", "550 5.7.26 DMARC", "552 5.2.2 full", "450 4.2.1 later")
SECONDS = 1_795_176_000.125
AT = "2026-11-20T12:00:00.125Z"

Documents = Iterator[dict[str, Any]]


def of_postmark() -> Documents:
    at = "2026-11-20T08:00:00.1250000-04:00"
    for type_, said in product((*postmark.TYPES, "Invented"), SAID):
        yield {"RecordType": "Bounce", "Type": type_, "ID": 42, "Details": said, "BouncedAt": at}
    for suppressed, reason in product((True, False), ("HardBounce", "SpamComplaint", "ManualSuppression", None)):
        change = {"SuppressSending": suppressed, "SuppressionReason": reason}
        yield {"RecordType": "SubscriptionChange", "ChangedAt": at, **change}
    yield {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": 42, "BouncedAt": at}
    yield {"RecordType": "Delivery", "Details": "250 OK", "DeliveredAt": at}
    yield from ({"RecordType": record, "ReceivedAt": at} for record in ("Open", "Click", "Invented"))


def of_mailgun() -> Documents:
    severities = ("permanent", "temporary")
    reasons = ("bounce", "generic", "old", "suppress-bounce", "suppress-complaint", "suppress-unsubscribe")
    for severity, reason, code, said in product(severities, reasons, (421, 498, 550, 605), SAID):
        yield mailgun(
            "failed", severity=severity, reason=reason, **{"delivery-status": {"code": code, "message": said}}
        )
    yield mailgun("rejected", reject={"reason": "Sandbox subdomain"})
    yield mailgun("delivered", **{"delivery-status": {"code": 250, "message": "OK"}})
    for event in ("accepted", "delivered", "complained", "unsubscribed", "opened", "clicked", "stored", "invented"):
        yield mailgun(event, **{"delivery-status": None})


def mailgun(event: str, **more: object) -> dict[str, Any]:
    return {"event-data": {"event": event, "timestamp": SECONDS, **more}}


def of_brevo() -> Documents:
    ignored = ("opened", "unique_opened", "proxy_open", "unique_proxy_open", "click", "list_addition", "invented")
    for event, said in product((*APIS["brevo"].webhooks.kinds, *ignored), SAID):
        yield {"event": event, "ts_epoch": int(SECONDS * 1000), "reason": said}


def of_resend() -> Documents:
    types = ("Permanent", "Transient", "Undetermined")
    subtypes = ("General", "NoEmail", "MailboxFull", "Suppressed", "Undetermined", "")
    for type_, subtype, said in product(types, subtypes, (*SAID, "Resend has suppressed sending to this address")):
        yield resend("email.bounced", bounce={"type": type_, "subType": subtype, "message": said})
        yield resend(
            "email.bounced", bounce={"type": type_, "subType": subtype, "message": "-", "diagnosticCode": [said]}
        )
    yield resend("email.failed", failed={"reason": "reached_daily_quota"})
    yield resend("email.suppressed", suppressed={"reason": "previous_bounce", "message": "-", "type": "Suppressed"})
    for word in ("sent", "delivered", "delivery_delayed", "complained", "opened", "clicked", "scheduled", "invented"):
        yield resend(f"email.{word}")


def resend(word: str, **more: object) -> dict[str, Any]:
    return {"type": word, "created_at": AT, "data": {"email_id": "m1", "to": ["anna@example.com"], **more}}


def of_mailjet() -> Documents:
    errors = ("user unknown", "mailbox inactive", "quota exceeded", "invalid domain", "greylisted", "policy issue", "")
    for hard, error, said in product((True, False), errors, SAID):
        yield {"event": "bounce", "time": int(SECONDS), "hard_bounce": hard, "error": error, "comment": said}
    for error in ("preblocked", "blacklisted", "spam reporter", "duplicate in campaign"):
        yield {"event": "blocked", "time": int(SECONDS), "error": error}
    for event in ("sent", "spam", "unsub", "open", "click", "invented"):
        yield {"event": event, "time": int(SECONDS), "Payload": ""}


def of_ses() -> Documents:
    anna, lists = "anna@example.com", ("Suppressed", "OnAccountSuppressionList")
    subtypes = ("General", "NoEmail", "MailboxFull", *lists)
    for type_, subtype, said in product(("Permanent", "Transient", "Undetermined"), subtypes, SAID):
        who = {"emailAddress": anna, "diagnosticCode": said}
        yield ses("Bounce", bounce={"bounceType": type_, "bounceSubType": subtype, "bouncedRecipients": [who]})
    for word in (None, "OnAccountSuppressionList"):
        yield ses("Complaint", complaint={"complaintSubType": word, "complainedRecipients": [{"emailAddress": anna}]})
    yield ses("Delivery", delivery={"recipients": [anna], "smtpResponse": "250 OK"})
    yield ses(
        "DeliveryDelay", deliveryDelay={"delayType": "MailboxFull", "delayedRecipients": [{"emailAddress": anna}]}
    )
    yield ses("Reject", reject={"reason": "Bad content"})
    yield ses("Rendering Failure", failure={"templateName": "t", "errorMessage": "no such attribute"})
    yield from (ses(word) for word in ("Send", "Open", "Click", "Subscription", "Invented"))


def ses(word: str, **more: Mapping[str, object]) -> dict[str, Any]:
    about = {name: {"timestamp": AT, **value} for name, value in more.items()}
    return {"eventType": word, "mail": {"timestamp": AT, "destination": ["anna@example.com"]}, **about}


MADE_UP: Mapping[str, Callable[[], Documents]] = {
    "postmark": of_postmark,
    "mailgun": of_mailgun,
    "brevo": of_brevo,
    "resend": of_resend,
    "mailjet": of_mailjet,
    "ses": of_ses,
}


@pytest.mark.parametrize("api", APIS)
def test_all_that_an_api_may_say_means_the_same_to_both(api: str) -> None:
    findings = [compared(api, document) for document in MADE_UP[api]()]

    assert [finding.disagreement for finding in findings if finding.disagreement] == []
    assert {finding.difference for finding in findings} - {None} == set(DIFFERENCES[api])


def test_all_that_anymails_own_tests_write_down_means_the_same_to_both() -> None:
    folder = os.environ.get("ANYMAIL_TESTS")
    if not folder:
        print(f"\n{LOUD}\n")
        pytest.skip(LOUD)

    found, counted = [], {}
    for name, api in APIS.items():
        written = list(written_down(Path(folder) / f"test_{api.view.partition('.')[0]}_webhooks.py"))
        counted[name] = len(written)
        found += [(test, why) for test, document in written if (why := compared(name, document).disagreement)]

    assert (found, min(counted.values()) > 7) == ([], True)


def test_anymail_believes_the_signatures_of_mailgun_that_we_do_and_no_others() -> None:
    webhooks = APIS["mailgun"].webhooks
    body = webhooks.wrapped(webhooks.event("delivered"), SECRET, NOON)
    forged = body.replace(b'"token": "', b'"token": "0')

    assert anymail_believes("mailgun", body, webhook_signing_key=SECRET) is True
    assert anymail_believes("mailgun", forged, webhook_signing_key=SECRET) is False
    assert webhooks.listener.reports({}, body, NOON) != []
    with pytest.raises(TokenRefused):
        webhooks.listener.reports({}, forged, NOON)
