"""The judges of requests do judge, and the words of webhooks are those of the vendors' own libraries."""

import json
from typing import Any, get_args

import pytest
from botocore.loaders import Loader

from outreach.providers import postmark, resend, ses
from tests.builders_providers import plan
from tests.providers import test_brevo, test_mailjet, test_postmark, test_resend, vendors


def call(tests: Any) -> Any:
    """What a provider would send to two people, but for what it adds when it sends."""
    return json.loads(tests.make().prepare(plan("anna@example.com", "bo@example.com")))


JUDGED = {
    "brevo": (vendors.brevo, lambda: call(test_brevo), lambda whole: whole["messageVersions"][1]),
    "mailjet": (vendors.mailjet, lambda: call(test_mailjet), lambda whole: whole["Messages"][1]),
    "postmark": (vendors.postmark, lambda: call(test_postmark)[1], lambda whole: whole),
    "resend": (vendors.resend, lambda: call(test_resend)[1], lambda whole: whole["tags"][0]),
}
"""By API: its judge, a document of ours, and the part of it to spoil."""


@pytest.mark.parametrize("api", JUDGED)
def test_a_field_that_the_vendor_does_not_know_is_found(api: str) -> None:
    judge, document, part = JUDGED[api]
    spoilt: Any = document()
    part(spoilt)["invented"] = "x"

    assert judge(document()) == ""
    assert judge(spoilt).endswith("invented: no such field")


@pytest.mark.parametrize("api", JUDGED)
def test_a_value_that_is_no_text_is_found(api: str) -> None:
    judge, document, part = JUDGED[api]
    spoilt: Any = document()
    name = next(name for name, value in part(spoilt).items() if isinstance(value, str))
    part(spoilt)[name] = 3

    assert judge(spoilt).endswith(f"{name}: Input should be a valid string")


def test_a_form_for_mailgun_is_judged_too() -> None:
    form = {"from": ["a@example.org"], "to": ["b@example.com"], "html": ["x"], "recipient-variables": ["{}"]}

    assert vendors.mailgun({**form, "h:X-A": ["x"]}) == ""
    assert vendors.mailgun({**form, "invented": ["x"]}) == "invented: Extra inputs are not permitted"
    assert "CRLF" in vendors.mailgun({**form, "h:X-A": ["x\r\nBcc: c@example.com"]})


def test_a_question_that_brevo_does_not_document_is_found() -> None:
    assert vendors.brevo_query({"tags": '["r1"]', "days": "3", "event": "requests"}) == ""
    assert vendors.brevo_query({"tag": "r1"}) == "tag: no such field"


def test_every_type_of_bounce_that_postmark_knows_means_something_to_us() -> None:
    from postmark.models.bounces.enums import BounceType

    assert {kind.value for kind in BounceType} - set(postmark.TYPES) == set()


def test_every_event_of_a_mail_that_resend_knows_was_thought_of() -> None:
    from resend.webhooks._webhook import WebhookEvent

    mails = {word for word in get_args(WebhookEvent) if word.startswith("email.")}
    assert mails - set(resend.KINDS) == {"email.scheduled", "email.opened", "email.clicked", "email.received"}


def test_every_event_that_amazon_publishes_was_thought_of() -> None:
    shapes = Loader().load_service_model("sesv2", "service-2")["shapes"]
    published = {word.replace("_", "").lower() for word in shapes["EventType"]["enum"]}

    assert published - {word.replace(" ", "").lower() for word in ses.KINDS} == {"open", "click", "subscription"}
