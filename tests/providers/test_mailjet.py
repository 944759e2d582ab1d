"""Mailjet's adapter against a server that enforces its documented contract."""

import json
from datetime import datetime
from typing import Any

import pytest

from outreach.errors import AccessRefused, DefinitionError
from outreach.model.wave import Kind
from outreach.providers.mailjet import Mailjet
from tests.builders_providers import plan, rids
from tests.conftest import NOON
from tests.providers.contract import AnswersEachMail, HttpContract, send, sought
from tests.providers.fake_api import ApiUnderTest
from tests.providers.look_up_contract import LooksUp
from tests.providers.mailjet_server import MailjetServer
from tests.providers.webhook_contract import SECRET, BasicAuthContract

KEY = "mailjet-secret-key"
SERVER = MailjetServer(KEY)


def make(url: str = "http://127.0.0.1:1", token: str = KEY, seconds: float = 20, secret: str = SECRET) -> Mailjet:
    return Mailjet(url=url, key="public", secret_key=token, webhook_secret=secret, seconds=seconds)


class TestMailjet(LooksUp, AnswersEachMail, HttpContract):
    no_list_cases = (
        *LooksUp.no_list_cases,
        b"{}",
        b'{"Data": []}',
        b'{"Count": 1, "Data": []}',
        b'{"Count": 1, "Data": [{"CustomID": ""}]}',
        b'{"Count": 1, "Data": [{"ID": 1, "Status": "sent", "CustomID": "another"}]}',
    )
    misfit_cases = (
        *HttpContract.misfit_cases,
        b'{"Messages": []}',
        b'{"Messages": [3]}',
        b'{"Messages": [{"Status": "success", "To": []}]}',
        b'{"Messages": [{"Status": "success", "To": [{}]}]}',
        b'{"Messages": [{"Status": "success", "CustomID": "another", "To": [{"MessageID": 1}]}]}',
        b'{"Messages": [{"Status": "error", "Errors": [3]}]}',
    )
    turned_away_cases = tuple(
        ({"ErrorCode": code, "StatusCode": status, "ErrorMessage": "closed"}, AccessRefused)
        for code, status in (("mj-0001", 401), ("send-0008", 403))
    )

    def test_what_mailjet_blocked_after_it_took_it_is_refused(self, api: ApiUnderTest, monkeypatch: Any) -> None:
        merge = plan("anna@example.com")
        send(api, merge)
        monkeypatch.setattr(api.server, "status", "blocked")

        (receipt,) = api.provider.find(sought(merge)).receipts

        assert receipt.refused == "Mailjet: blocked"

    def test_nothing_is_tracked_there_and_only_the_rid_is_known_there(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com")

        (item,) = json.loads(api.provider.prepare(merge))["Messages"]

        assert (item["TrackOpens"], item["TrackClicks"], item["TemplateLanguage"]) == ("disabled", "disabled", False)
        assert (item["CustomID"], "EventPayload" in item) == (rids(merge)[0], False)

    def test_ids_are_kept_to_the_last_digit(self, api: ApiUnderTest) -> None:
        (provider_id,) = send(api, plan("anna@example.com"))

        assert len(provider_id) == 17

    def test_its_own_list_id_is_left_to_mailjet_and_the_rest_is_carried(self, api: ApiUnderTest) -> None:
        send(api, plan(headers={"List-Id": "<news.example.org>", "Feedback-ID": "a:b:c:d"}))

        assert [dict(mail.headers) for mail in api.taken()] == [{"Feedback-ID": "a:b:c:d"}]

    @pytest.mark.parametrize("name", ["X-MJ-CustomID", "x-mailjet-prio", "X-Feedback-Id", "Reply-To", "Date"])
    def test_headers_that_mailjet_forbids_are_refused(self, api: ApiUnderTest, name: str) -> None:
        with pytest.raises(DefinitionError, match=f"header {name}: mailjet writes it itself"):
            api.provider.prepare(plan(headers={name: "x"}))

    @pytest.mark.parametrize("place", ["subject", "html", "text"])
    def test_a_message_with_variables_of_mailjets_own_is_refused(self, api: ApiUnderTest, place: str) -> None:
        with pytest.raises(DefinitionError, match="write it another way"):
            api.provider.prepare(plan(**{place: "[[data:firstname]]"}))

    def test_a_subject_that_is_too_long_is_refused(self, api: ApiUnderTest) -> None:
        with pytest.raises(DefinitionError, match="255 characters"):
            api.provider.prepare(plan(subject="x" * 256))


class TestMailjetWebhooks(BasicAuthContract):
    make = staticmethod(make)
    batches = True
    kinds = {  # noqa: RUF012
        "sent": Kind.DELIVERED,
        "bounce": Kind.BOUNCED,
        "blocked": Kind.REFUSED,
        "spam": Kind.COMPLAINED,
        "unsub": Kind.UNSUBSCRIBED,
    }
    ignored = ("open", "click")

    def event(self, word: str, rid: object = "r1", at: datetime | None = NOON) -> dict[str, Any]:
        hard = {"hard_bounce": True, "error": "user unknown"} if word == "bounce" else {}
        when = {"time": int(at.timestamp())} if at else {}
        return {"event": word, **when, "MessageID": 1, "CustomID": rid, "Payload": "", **hard}

    def bounced(self, said: str) -> dict[str, Any]:
        return {**self.event("bounce"), "comment": said}

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
