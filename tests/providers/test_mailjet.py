"""Mailjet's adapter against a server that enforces its documented contract."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from outreach.demo.outbox.faults import FaultKind
from outreach.errors import AccessRefused, DefinitionError, OutcomeUnknown, ProviderBusy
from outreach.model.mail import Address, Mail, Receipt
from outreach.model.wave import Kind
from outreach.providers import basic_auth
from outreach.providers.mailjet import Mailjet
from outreach.providers.port import Provider
from tests.builders_providers import plan, rids
from tests.conftest import NOON
from tests.providers.contract import ProviderContract, new_key, send
from tests.providers.mailjet_server import MailjetServer
from tests.providers.serving import serving
from tests.providers.test_http import answering
from tests.providers.webhook_contract import SECRET, WebhookContract

KEY = "mailjet-secret-key"


def mailjet(url: str = "http://127.0.0.1:1", token: str = KEY, seconds: float = 20) -> Mailjet:
    return Mailjet(url=url, key="public", secret_key=token, webhook_secret=SECRET, seconds=seconds)


@dataclass
class MailjetUnderTest:
    url: str
    server: MailjetServer
    provider: Provider

    def taken(self) -> list[Mail]:
        return self.server.mails

    def fail(self, kind: FaultKind, times: int = 1, seconds: float = 1) -> None:
        self.server.fail(kind, times, seconds)

    def like_this(self, url: str = "", token: str = "", seconds: float = 20) -> Provider:
        return mailjet(url or self.url, token or KEY, seconds)


@pytest.fixture(scope="module")
def running() -> Iterator[MailjetUnderTest]:
    server = MailjetServer(KEY)
    with serving(server.app()) as url:
        provider = mailjet(f"{url}/v3.1")
        yield MailjetUnderTest(f"{url}/v3.1", server, provider)
        provider.close()


@pytest.fixture
def api(running: MailjetUnderTest) -> MailjetUnderTest:
    running.server.forget()
    return running


class TestMailjet(ProviderContract):
    def test_nothing_is_tracked_there_and_only_the_rid_is_known_there(self, api: MailjetUnderTest) -> None:
        merge = plan("anna@example.com")

        (item,) = json.loads(api.provider.prepare(merge))["Messages"]

        assert (item["TrackOpens"], item["TrackClicks"], item["TemplateLanguage"]) == ("disabled", "disabled", False)
        assert (item["CustomID"], "EventPayload" in item) == (rids(merge)[0], False)

    def test_ids_are_kept_to_the_last_digit(self, api: MailjetUnderTest) -> None:
        (provider_id,) = send(api, plan("anna@example.com"))

        assert len(provider_id) == 17

    def test_its_own_list_id_is_left_to_mailjet_and_the_rest_is_carried(self, api: MailjetUnderTest) -> None:
        send(api, plan(headers={"List-Id": "<news.example.org>", "Feedback-ID": "a:b:c:d"}))

        assert [dict(mail.headers) for mail in api.taken()] == [{"Feedback-ID": "a:b:c:d"}]

    @pytest.mark.parametrize("name", ["X-MJ-CustomID", "x-mailjet-prio", "X-Feedback-Id", "Reply-To", "Date"])
    def test_headers_that_mailjet_forbids_are_refused(self, api: MailjetUnderTest, name: str) -> None:
        with pytest.raises(DefinitionError, match=f"header {name}: mailjet writes it itself"):
            api.provider.prepare(plan(headers={name: "x"}))

    @pytest.mark.parametrize("place", ["subject", "html", "text"])
    def test_a_message_with_variables_of_mailjets_own_is_refused(self, api: MailjetUnderTest, place: str) -> None:
        with pytest.raises(DefinitionError, match="write it another way"):
            api.provider.prepare(plan(**{place: "[[data:firstname]]"}))

    def test_a_subject_that_is_too_long_is_refused(self, api: MailjetUnderTest) -> None:
        with pytest.raises(DefinitionError, match="255 characters"):
            api.provider.prepare(plan(subject="x" * 256))

    def test_a_sender_locked_out_within_a_call_loses_nobody(self, api: MailjetUnderTest) -> None:
        merge = plan("anna@example.com", "bo@example.com")
        api.server.errors["bo@example.com"] = {"ErrorCode": "mj-0001", "StatusCode": 401, "ErrorMessage": "suspended"}

        anna, bo = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert (bool(anna.provider_id), bo) == (True, Receipt(rids(merge)[1], untried=True))

    def test_a_sender_that_is_not_allowed_locks_out_and_loses_nobody(self, api: MailjetUnderTest) -> None:
        for email in ("anna@example.com", "bo@example.com"):
            api.server.errors[email] = {"ErrorCode": "send-0008", "StatusCode": 403, "ErrorMessage": "not authorized"}

        with pytest.raises(AccessRefused, match="send-0008 not authorized"):
            send(api, plan("anna@example.com", "bo@example.com"))

    def test_a_429_need_not_be_json(self, api: MailjetUnderTest) -> None:
        api.server.instead = PlainTextResponse("Too many requests", 429)

        with pytest.raises(ProviderBusy, match="Too many requests"):
            send(api, plan())

    def test_a_mail_without_reply_to_or_name_has_none(self, api: MailjetUnderTest) -> None:
        merge = plan(reply_to="", sender=Address("a@example.org"))

        (item,) = json.loads(api.provider.prepare(merge))["Messages"]

        assert (item["From"], "ReplyTo" in item) == ({"Email": "a@example.org"}, False)


@pytest.mark.parametrize(
    "answer",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"Messages": []}',
        b'{"Messages": [3]}',
        b'{"Messages": [{"Status": "success", "To": []}]}',
        b'{"Messages": [{"Status": "success", "To": [{}]}]}',
        b'{"Messages": [{"Status": "success", "CustomID": "r2", "To": [{"MessageID": 1}]}]}',
    ],
)
def test_a_2xx_that_does_not_answer_the_call_is_unknown(answer: bytes) -> None:
    with answering(200, answer) as url:
        provider = mailjet(url)
        with pytest.raises(OutcomeUnknown):
            provider.send(b"[]", "key", ["r1"])
        provider.close()


def test_a_5xx_is_unknown_whatever_it_says_of_mails() -> None:
    with answering(500, b'{"Messages": [{"Status": "error", "Errors": []}]}') as url:
        provider = mailjet(url)
        with pytest.raises(OutcomeUnknown):
            provider.send(b"[]", "key", ["r1"])
        provider.close()


class TestMailjetWebhooks(WebhookContract):
    listener = mailjet()
    batches = True
    kinds = {  # noqa: RUF012
        "sent": Kind.DELIVERED,
        "bounce": Kind.BOUNCED,
        "blocked": Kind.REFUSED,
        "spam": Kind.COMPLAINED,
        "unsub": Kind.UNSUBSCRIBED,
    }
    ignored = ("open", "click")

    def event(self, word: str, rid: object = "r1") -> dict[str, Any]:
        hard = {"hard_bounce": True, "error": "user unknown"} if word == "bounce" else {}
        return {"event": word, "time": int(NOON.timestamp()), "MessageID": 1, "CustomID": rid, "Payload": "", **hard}

    def proof(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return {"authorization": basic_auth.header(secret)}

    @pytest.mark.parametrize(
        ("bounce", "kind"),
        [
            ({"hard_bounce": True, "error": "user unknown"}, Kind.BOUNCED),
            ({"hard_bounce": True, "error": "no mail host"}, Kind.BOUNCED),
            ({"hard_bounce": True, "error": "policy issue", "error_related_to": "spam"}, Kind.SOFT_BOUNCED),
            ({"hard_bounce": True, "error": "quota exceeded"}, Kind.SOFT_BOUNCED),
            ({"hard_bounce": True, "error": "", "comment": "550 5.7.1 no"}, Kind.SOFT_BOUNCED),
            ({"hard_bounce": False, "error": "user unknown"}, Kind.SOFT_BOUNCED),
            ({"hard_bounce": False, "error": "greylisted"}, Kind.DEFERRED),
        ],
    )
    def test_a_bounce_says_more_by_its_error(self, bounce: dict[str, object], kind: Kind) -> None:
        (report,) = self.reports({**self.event("bounce"), **bounce})

        assert report.kind is kind
