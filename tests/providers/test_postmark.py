"""Postmark's adapter against a server that enforces its documented contract."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from starlette.responses import JSONResponse

from outreach.demo.outbox.faults import FaultKind
from outreach.errors import (
    AccessRefused,
    DefinitionError,
    NotTaken,
    OutcomeUnknown,
    ProviderBusy,
    ProviderError,
    TokenRefused,
)
from outreach.model.mail import Address, Mail, Receipt
from outreach.model.wave import Kind
from outreach.providers import basic_auth
from outreach.providers.port import Provider
from outreach.providers.postmark import TURNED_AWAY, TYPES, Postmark
from tests.builders_providers import plan, rids
from tests.conftest import NOON
from tests.providers.contract import ProviderContract, new_key, send
from tests.providers.postmark_server import PostmarkServer
from tests.providers.serving import serving
from tests.providers.test_http import answering
from tests.providers.webhook_contract import SECRET, WebhookContract

TOKEN = "server-token"


def postmark(url: str = "http://127.0.0.1:1", token: str = TOKEN, seconds: float = 20) -> Postmark:
    return Postmark(url=url, token=token, stream="broadcast", webhook_secret=SECRET, seconds=seconds)


@dataclass
class PostmarkUnderTest:
    url: str
    server: PostmarkServer
    provider: Provider

    def taken(self) -> list[Mail]:
        return self.server.mails

    def fail(self, kind: FaultKind, times: int = 1, seconds: float = 1) -> None:
        self.server.fail(kind, times, seconds)

    def like_this(self, url: str = "", token: str = "", seconds: float = 20) -> Provider:
        return postmark(url or self.url, token or TOKEN, seconds)


@pytest.fixture(scope="module")
def running() -> Iterator[PostmarkUnderTest]:
    server = PostmarkServer(TOKEN)
    with serving(server.app()) as url:
        provider = postmark(url)
        yield PostmarkUnderTest(url, server, provider)
        provider.close()


@pytest.fixture
def api(running: PostmarkUnderTest) -> PostmarkUnderTest:
    running.server.forget()
    return running


class TestPostmark(ProviderContract):
    def test_nothing_is_tracked_there_and_only_the_rid_is_known_there(self, api: PostmarkUnderTest) -> None:
        merge = plan("anna@example.com")

        (item,) = json.loads(api.provider.prepare(merge))

        assert (item["TrackOpens"], item["TrackLinks"], item["MessageStream"]) == (False, "None", "broadcast")
        assert (item["Metadata"], "Tag" in item) == ({"rid": rids(merge)[0]}, False)

    def test_a_mail_without_reply_to_has_none(self, api: PostmarkUnderTest) -> None:
        assert "ReplyTo" not in json.loads(api.provider.prepare(plan(reply_to="")))[0]

    @pytest.mark.parametrize("part", ["html", "text"])
    def test_a_part_larger_than_5_mb_is_refused(self, api: PostmarkUnderTest, part: str) -> None:
        with pytest.raises(DefinitionError, match="takes 5,000,000 bytes of"):
            api.provider.prepare(plan(**{part: "é" * 2_500_001}))

    def test_headers_that_postmark_writes_itself_are_refused(self, api: PostmarkUnderTest) -> None:
        with pytest.raises(DefinitionError, match="header Reply-To: postmark writes it itself"):
            api.provider.prepare(plan(headers={"Reply-To": "a@example.org"}))

    def test_a_mail_that_will_be_late_was_taken_although_no_code_says_so(self, api: PostmarkUnderTest) -> None:
        late = {"Message": "Message accepted, but delivery may be delayed.", "MessageID": "m1"}
        with answering(200, json.dumps([late]).encode()) as url:
            provider = postmark(url)
            receipts = provider.send(b"[]", "key", ["r1"])
            provider.close()

        assert receipts == [Receipt("r1", "m1")]

    def test_a_mail_taken_for_nobody_is_refused(self, api: PostmarkUnderTest) -> None:
        merge = plan("anna@example.com")
        api.server.results["anna@example.com"] = {
            "Message": "Message OK, but will not deliver to these inactive addresses: anna@example.com."
        }

        (receipt,) = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert receipt.refused.startswith("Postmark: 0 Message OK, but will not deliver")

    def test_credits_that_end_within_a_call_lose_nobody(self, api: PostmarkUnderTest) -> None:
        merge = plan("anna@example.com", "bo@example.com", "cleo@example.com")
        for late in ("bo@example.com", "cleo@example.com"):
            api.server.results[late] = {"ErrorCode": 405, "Message": "Not allowed to send"}

        anna, *others = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert anna.provider_id != ""
        assert others == [Receipt(rid, untried=True) for rid in rids(merge)[1:]]

    @pytest.mark.parametrize(("code", "error"), TURNED_AWAY.items())
    def test_a_call_turned_away_for_every_mail_says_why_and_lost_nobody(
        self, api: PostmarkUnderTest, code: int, error: type[ProviderError]
    ) -> None:
        for email in ("anna@example.com", "bo@example.com"):
            api.server.results[email] = {"ErrorCode": code, "Message": "closed"}

        with pytest.raises(error, match=f"{code} closed"):
            send(api, plan("anna@example.com", "bo@example.com"))

        assert api.taken() == []

    @pytest.mark.parametrize(
        ("status", "code", "error"), [(422, 405, AccessRefused), (422, 100, NotTaken), (503, 100, OutcomeUnknown)]
    )
    def test_a_call_turned_away_as_a_whole(
        self, api: PostmarkUnderTest, status: int, code: int, error: type[ProviderError]
    ) -> None:
        api.server.instead = JSONResponse({"ErrorCode": code, "Message": "closed"}, status)

        with pytest.raises(error, match=f"answered {status}: {code}; closed"):
            send(api, plan())

    def test_429_with_a_code_keeps_to_the_wait_that_was_told(self, api: PostmarkUnderTest) -> None:
        api.server.instead = JSONResponse({"ErrorCode": 429, "Message": "slow"}, 429, {"Retry-After": "5"})

        with pytest.raises(ProviderBusy) as busy:
            send(api, plan())

        assert busy.value.seconds == 5.0

    def test_names_of_senders_are_quoted_where_they_must(self, api: PostmarkUnderTest) -> None:
        (item,) = json.loads(api.provider.prepare(plan(sender=Address("a@example.org", 'Die "Guten", e.V.'))))

        assert item["From"] == '"Die \\"Guten\\", e.V." <a@example.org>'


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"[1]", b'[{"ErrorCode": 0}]', b'[{"Message": "OK"}]', b"null"])
def test_a_2xx_that_does_not_answer_the_call_is_unknown(answer: bytes) -> None:
    with answering(200, answer) as url:
        provider = postmark(url)
        with pytest.raises(OutcomeUnknown):
            provider.send(b"[]", "key", ["r1"])
        provider.close()


class TestPostmarkWebhooks(WebhookContract):
    listener = postmark()
    kinds = {  # noqa: RUF012
        "Delivery": Kind.DELIVERED,
        "Bounce": Kind.SOFT_BOUNCED,
        "SpamComplaint": Kind.COMPLAINED,
        "SubscriptionChange": Kind.UNSUBSCRIBED,
    }
    ignored = ("Open", "Click")

    def event(self, word: str, rid: object = "r1") -> dict[str, Any]:
        times = {"Delivery": "DeliveredAt", "SubscriptionChange": "ChangedAt"}
        ids = {"ID": 901542550} if word in ("Bounce", "SpamComplaint") else {}
        at = "2026-11-20T08:00:00.0000000-04:00"
        return {
            "RecordType": word,
            "MessageID": "m1",
            "Metadata": {"rid": rid},
            times.get(word, "BouncedAt"): at,
            **ids,
        }

    def proof(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return {"authorization": basic_auth.header(secret)}

    @pytest.mark.parametrize(("type_", "kind"), TYPES.items())
    def test_a_bounce_says_more_by_its_type(self, type_: str, kind: Kind | None) -> None:
        told = self.reports({**self.event("Bounce"), "Type": type_})

        assert [report.kind for report in told] == ([kind] if kind else [])

    @pytest.mark.parametrize(
        ("change", "kinds"),
        [
            ({"SuppressSending": True, "SuppressionReason": "ManualSuppression"}, [Kind.UNSUBSCRIBED]),
            ({"SuppressSending": True, "SuppressionReason": "HardBounce"}, [Kind.BOUNCED]),
            ({"SuppressSending": True, "SuppressionReason": "SpamComplaint"}, [Kind.COMPLAINED]),
            ({"SuppressSending": True, "SuppressionReason": None}, [Kind.UNSUBSCRIBED]),
            ({"SuppressSending": True}, [Kind.UNSUBSCRIBED]),
            ({"SuppressSending": False, "SuppressionReason": None}, []),
        ],
    )
    def test_a_change_of_subscription_says_more_by_its_reason(
        self, change: dict[str, object], kinds: list[Kind]
    ) -> None:
        told = self.reports({**self.event("SubscriptionChange"), **change})

        assert [report.kind for report in told] == kinds

    def test_a_bounce_that_is_our_own_fault_does_not_condemn_the_address(self) -> None:
        details = ("smtp;550 5.1.1 no such user", "smtp;550 5.7.26 DMARC", "smtp;552 5.2.2 full", "smtp;550 gone")

        told = [
            self.reports({**self.event("Bounce"), "Type": "HardBounce", "Details": detail})[0] for detail in details
        ]

        assert [report.kind for report in told] == [
            Kind.BOUNCED, Kind.SOFT_BOUNCED, Kind.SOFT_BOUNCED, Kind.BOUNCED
        ]  # fmt: skip
        assert told[0].detail == "smtp;550 5.1.1 no such user"

    def test_an_event_without_a_time_happened_now(self) -> None:
        (report,) = self.reports({"RecordType": "Delivery", "Metadata": {"rid": "r1"}})

        assert (report.at, len(report.event_id)) == (NOON, 64)

    @pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Digest webhook-secret", "webhook-secret"])
    def test_another_authorization_is_refused(self, header: str) -> None:
        with pytest.raises(TokenRefused, match="does not show our secret"):
            self.listener.reports({"authorization": header}, b"{}", NOON)

    def test_without_a_secret_nothing_is_believed(self) -> None:
        silent = Postmark(url="http://127.0.0.1:1", token="t", stream="s", webhook_secret="", seconds=1)

        with pytest.raises(TokenRefused, match="no webhook secret"):
            silent.reports({"authorization": basic_auth.header("")}, b"{}", NOON)
