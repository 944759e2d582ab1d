"""Brevo's adapter against a server that enforces its documented contract."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from starlette.responses import JSONResponse

from outreach.demo.outbox.faults import FaultKind
from outreach.errors import AccessRefused, DefinitionError, OutcomeUnknown, ProviderBusy, TokenRefused
from outreach.model.mail import Address, Mail, MergePlan, Receipt
from outreach.model.wave import Kind
from outreach.providers import basic_auth
from outreach.providers.brevo import Brevo
from outreach.providers.port import Provider
from tests.builders_providers import message, plan, recipient, rids
from tests.conftest import NOON
from tests.providers.brevo_server import BrevoServer
from tests.providers.contract import ProviderContract, new_key, send
from tests.providers.serving import serving
from tests.providers.test_http import answering
from tests.providers.webhook_contract import SECRET, WebhookContract

KEY = "xkeysib-key"


def brevo(url: str = "http://127.0.0.1:1", token: str = KEY, seconds: float = 20) -> Brevo:
    return Brevo(url=url, key=token, webhook_secret=SECRET, seconds=seconds)


@dataclass
class BrevoUnderTest:
    url: str
    server: BrevoServer
    provider: Provider

    def taken(self) -> list[Mail]:
        return self.server.mails

    def fail(self, kind: FaultKind, times: int = 1, seconds: float = 1) -> None:
        self.server.fail(kind, times, seconds)

    def like_this(self, url: str = "", token: str = "", seconds: float = 20) -> Provider:
        return brevo(url or self.url, token or KEY, seconds)


@pytest.fixture(scope="module")
def running() -> Iterator[BrevoUnderTest]:
    server = BrevoServer(KEY)
    with serving(server.app()) as url:
        provider = brevo(f"{url}/v3")
        yield BrevoUnderTest(f"{url}/v3", server, provider)
        provider.close()


@pytest.fixture
def api(running: BrevoUnderTest) -> BrevoUnderTest:
    running.server.forget()
    return running


class TestBrevo(ProviderContract):
    refuses_whole_calls = True
    ascii_headers = True

    def test_what_every_version_replaces_is_nobodys_mail(self, api: BrevoUnderTest) -> None:
        call = json.loads(api.provider.prepare(plan("anna@example.com")))

        assert (call["subject"], call["textContent"]) == ("-", "-")
        assert call["htmlContent"] == "<html><body></body></html>"

    def test_only_the_rid_is_known_there(self, api: BrevoUnderTest) -> None:
        merge = plan("anna@example.com", "bo@example.com")

        call = json.loads(api.provider.prepare(merge))

        assert [version["headers"]["X-Mailin-custom"] for version in call["messageVersions"]] == rids(merge)
        assert [version["to"] for version in call["messageVersions"]] == [
            [{"email": "anna@example.com"}],
            [{"email": "bo@example.com"}],
        ]
        assert call["tags"] == rids(merge)[:1]

    @pytest.mark.parametrize("words", ["{{ params.x }}", "{% if %}", "{# x #}"])
    @pytest.mark.parametrize("place", ["subject", "html", "text"])
    def test_a_message_that_brevo_would_read_as_a_template_is_refused(
        self, api: BrevoUnderTest, place: str, words: str
    ) -> None:
        with pytest.raises(DefinitionError, match="as a template; write it another way"):
            api.provider.prepare(plan(**{place: words}))

    @pytest.mark.parametrize(
        "odd",
        [
            recipient("zoë@example.com"),
            recipient("a@localhost"),
            recipient("anna@example.com", first_name="{{ contact.EMAIL }}"),
        ],
    )
    def test_who_cannot_be_written_to_does_not_keep_the_others_from_their_mail(
        self, api: BrevoUnderTest, odd: Any
    ) -> None:
        merge = MergePlan(message(), (odd, recipient("bo@example.com")))

        first, bo = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert (first, bool(bo.provider_id)) == (Receipt(odd.rid, untried=True), True)
        assert [mail.recipient for mail in api.taken()] == ["bo@example.com"]

    def test_alone_they_are_refused_without_a_call(self, api: BrevoUnderTest) -> None:
        merge = plan("zoë@example.com")

        (receipt,) = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert (receipt.refused.split(",")[0], api.server.requests) == ("Brevo takes no such address", [])

    def test_a_header_beyond_ascii_is_refused_or_its_recipient_left_for_later(self, api: BrevoUnderTest) -> None:
        merge = plan("anna@example.com", headers={"X-Name": "@@first_name@@"})
        odd = MergePlan(merge.message, (recipient("zoe@example.com", first_name="Zoë"), *merge.recipients))

        with pytest.raises(DefinitionError, match="header X-A: Brevo garbles 'ä'; write it in ASCII"):
            api.provider.prepare(plan(headers={"X-A": "ä"}))
        receipts = api.provider.send(api.provider.prepare(odd), new_key(), rids(odd))

        assert [receipt.untried for receipt in receipts] == [True, False]

    def test_text_that_looks_like_an_id_adds_nobody_to_the_call(self, api: BrevoUnderTest) -> None:
        merge = plan("zoë@example.com", "bo@example.com", text='"X-Mailin-custom":"@@rid@@"')

        receipts = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert [receipt.untried for receipt in receipts] == [True, False]

    @pytest.mark.parametrize(
        ("name", "written"),
        [
            ("", None),
            ("Überall", "Überall"),
            ("Verein, e.V.", "Verein, e.V."),
            ("Überall e.V.", "=?utf-8?b?w5xiZXJhbGwgZS5WLg==?="),
        ],
    )
    def test_names_of_senders(self, api: BrevoUnderTest, name: str, written: str | None) -> None:
        call = json.loads(api.provider.prepare(plan(sender=Address("a@example.org", name))))

        assert call["sender"].get("name") == written

    def test_a_name_that_is_too_long_is_refused(self, api: BrevoUnderTest) -> None:
        with pytest.raises(DefinitionError, match="takes 70 characters; shorten it"):
            api.provider.prepare(plan(sender=Address("a@example.org", "x" * 71)))

    def test_the_wait_is_until_the_limit_is_reset(self, api: BrevoUnderTest) -> None:
        api.server.instead = JSONResponse({"code": "too_many_requests"}, 429, {"x-sib-ratelimit-reset": "41"})

        with pytest.raises(ProviderBusy) as busy:
            send(api, plan())

        assert busy.value.seconds == 41.0

    @pytest.mark.parametrize(
        ("status", "code"), [(402, "not_enough_credits"), (400, "account_under_validation"), (403, "permission_denied")]
    )
    def test_an_account_that_may_not_send_locks_out_and_loses_nobody(
        self, api: BrevoUnderTest, status: int, code: str
    ) -> None:
        api.server.instead = JSONResponse({"code": code, "message": "no"}, status)

        with pytest.raises(AccessRefused, match=f"answered {status}: {code}; no"):
            send(api, plan())

    def test_one_mail_may_be_answered_by_one_id(self, api: BrevoUnderTest) -> None:
        merge = plan()
        api.server.instead = JSONResponse({"messageId": "<m1@example.org>"}, 201)

        receipts = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert receipts == [Receipt(rids(merge)[0], "m1@example.org")]

    def test_a_mail_without_reply_to_has_none(self, api: BrevoUnderTest) -> None:
        assert "replyTo" not in json.loads(api.provider.prepare(plan(reply_to="")))


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"[1]", b'"x"', b"null", b'{"messageIds": []}', b'{"messageIds": 3}'])
def test_a_2xx_that_does_not_answer_the_call_is_unknown(answer: bytes) -> None:
    merge = plan()
    with answering(201, answer) as url:
        provider = brevo(url)
        with pytest.raises(OutcomeUnknown):
            provider.send(provider.prepare(merge), "key", rids(merge))
        provider.close()


class TestBrevoWebhooks(WebhookContract):
    listener = brevo()
    batches = True
    kinds = {  # noqa: RUF012
        "request": Kind.ACCEPTED,
        "delivered": Kind.DELIVERED,
        "deferred": Kind.DEFERRED,
        "soft_bounce": Kind.SOFT_BOUNCED,
        "hard_bounce": Kind.BOUNCED,
        "invalid_email": Kind.BOUNCED,
        "spam": Kind.COMPLAINED,
        "complaint": Kind.COMPLAINED,
        "unsubscribe": Kind.UNSUBSCRIBED,
        "unsubscribed": Kind.UNSUBSCRIBED,
        "blocked": Kind.REFUSED,
        "error": Kind.REFUSED,
    }
    ignored = ("opened", "unique_opened", "proxy_open", "unique_proxy_open", "click", "list_addition")

    def event(self, word: str, rid: object = "r1") -> dict[str, Any]:
        return {"event": word, "email": "anna@example.com", "ts_epoch": NOON.timestamp() * 1000, "X-Mailin-custom": rid}

    def proof(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return {"authorization": basic_auth.header(secret)}

    def test_a_bearer_is_as_good_as_a_user_with_password(self) -> None:
        body = json.dumps(self.event("delivered")).encode()

        assert len(self.listener.reports({"authorization": f"Bearer {SECRET}"}, body, NOON)) == 1
        with pytest.raises(TokenRefused):
            self.listener.reports({"authorization": "Bearer another"}, body, NOON)

    def test_a_bounce_that_is_our_own_fault_does_not_condemn_the_address(self) -> None:
        reasons = ("550 5.1.1 no such user", "550 5.7.1 blocked by policy")

        told = [self.reports({**self.event("hard_bounce"), "reason": reason})[0] for reason in reasons]

        assert [report.kind for report in told] == [Kind.BOUNCED, Kind.SOFT_BOUNCED]
        assert [report.detail for report in told] == list(reasons)

    def test_an_event_without_a_time_happened_now(self) -> None:
        (report,) = self.reports({"event": "delivered", "X-Mailin-custom": "r1"})

        assert report.at == NOON
