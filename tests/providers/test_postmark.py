"""Postmark's adapter against a server that enforces its documented contract."""

import json
from datetime import datetime
from typing import Any

import pytest

from outreach.errors import DefinitionError, NotTaken, OutcomeUnknown, ProviderError
from outreach.model.mail import Receipt
from outreach.model.wave import Kind
from outreach.providers.postmark import TURNED_AWAY, TYPES, Postmark
from tests.builders_providers import plan, rids
from tests.conftest import NOON
from tests.providers.contract import AnswersEachMail, HttpContract, Said, new_key, send_to
from tests.providers.fake_api import ApiUnderTest
from tests.providers.look_up_contract import LooksUp
from tests.providers.postmark_server import PostmarkServer
from tests.providers.webhook_contract import SECRET, BasicAuthContract

TOKEN = "server-token"
SERVER = PostmarkServer(TOKEN)


def make(url: str = "http://127.0.0.1:1", token: str = TOKEN, seconds: float = 20, secret: str = SECRET) -> Postmark:
    return Postmark(url=url, token=token, stream="broadcast", webhook_secret=secret, seconds=seconds)


class TestPostmark(LooksUp, AnswersEachMail, HttpContract):
    no_list_cases = (
        *LooksUp.no_list_cases,
        b"{}",
        b'{"Messages": []}',
        b'{"TotalCount": 1, "Messages": []}',
        b'{"TotalCount": 1, "Messages": [{}]}',
        b'{"TotalCount": 1, "Messages": [{"MessageID": "m", "Metadata": {"rid": "another"}}]}',
    )
    misfit_cases = (*HttpContract.misfit_cases, b'[{"ErrorCode": 0}]', b'[{"Message": "OK"}]')
    busy_cases = (
        *HttpContract.busy_cases,
        (Said(429, {"ErrorCode": 429, "Message": "slow"}, {"Retry-After": "5"}), 5.0),
    )
    locked_cases = (*HttpContract.locked_cases, Said(422, {"ErrorCode": 405, "Message": "closed"}))
    turned_away_cases = tuple(({"ErrorCode": code, "Message": "closed"}, error) for code, error in TURNED_AWAY.items())

    def test_nothing_is_tracked_there_and_only_the_rid_is_known_there(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com")

        (item,) = json.loads(api.provider.prepare(merge))

        assert (item["TrackOpens"], item["TrackLinks"], item["MessageStream"]) == (False, "None", "broadcast")
        assert (item["Metadata"], "Tag" in item) == ({"rid": rids(merge)[0]}, False)

    @pytest.mark.parametrize("part", ["html", "text"])
    def test_a_part_larger_than_5_mb_is_refused(self, api: ApiUnderTest, part: str) -> None:
        with pytest.raises(DefinitionError, match="takes 5,000,000 bytes of"):
            api.provider.prepare(plan(**{part: "é" * 2_500_001}))

    def test_a_mail_that_will_be_late_was_taken_although_no_code_says_so(self, api: ApiUnderTest) -> None:
        late = {"Message": "Message accepted, but delivery may be delayed.", "MessageID": "m1"}

        (receipt,) = send_to(api, Said(200, [late]))

        assert receipt == Receipt(receipt.rid, "m1")

    def test_a_mail_taken_for_nobody_is_refused(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com")
        api.server.results["anna@example.com"] = {
            "Message": "Message OK, but will not deliver to these inactive addresses: anna@example.com."
        }

        (receipt,) = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert receipt.refused.startswith("Postmark: 0 Message OK, but will not deliver")

    @pytest.mark.parametrize(("status", "error"), [(422, NotTaken), (503, OutcomeUnknown)])
    def test_a_call_turned_away_as_a_whole(self, api: ApiUnderTest, status: int, error: type[ProviderError]) -> None:
        with pytest.raises(error, match=f"answered {status}: 100; closed"):
            send_to(api, Said(status, {"ErrorCode": 100, "Message": "closed"}))


class TestPostmarkWebhooks(BasicAuthContract):
    make = staticmethod(make)
    kinds = {  # noqa: RUF012
        "Delivery": Kind.DELIVERED,
        "Bounce": Kind.SOFT_BOUNCED,
        "SpamComplaint": Kind.COMPLAINED,
        "SubscriptionChange": Kind.UNSUBSCRIBED,
    }
    ignored = ("Open", "Click")

    def event(self, word: str, rid: object = "r1", at: datetime | None = NOON) -> dict[str, Any]:
        times = {"Delivery": "DeliveredAt", "SubscriptionChange": "ChangedAt"}
        ids = {"ID": 901542550} if word in ("Bounce", "SpamComplaint") else {}
        when = {times.get(word, "BouncedAt"): "2026-11-20T08:00:00.0000000-04:00"} if at else {}
        return {"RecordType": word, "MessageID": "m1", "Metadata": {"rid": rid}, **when, **ids}

    def bounced(self, said: str) -> dict[str, Any]:
        return {**self.event("Bounce"), "Type": "HardBounce", "Details": said}

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
