"""Brevo's adapter against a server that enforces its documented contract."""

import json
from datetime import datetime
from typing import Any

import pytest

from outreach.errors import DefinitionError
from outreach.model.mail import Address, Receipt
from outreach.model.wave import Kind
from outreach.providers.brevo import Brevo
from tests.builders_providers import plan, recipient, rids
from tests.conftest import NOON
from tests.providers.brevo_server import BrevoServer
from tests.providers.contract import HttpContract, Said, send, send_to, sought
from tests.providers.fake_api import ApiUnderTest
from tests.providers.keys_contract import TakesKeysOnce
from tests.providers.left_out_contract import LeavesSomeOut
from tests.providers.look_up_contract import LooksUp
from tests.providers.webhook_contract import SECRET, BasicAuthContract

KEY = "xkeysib-key"
SERVER = BrevoServer(KEY)


def make(url: str = "http://127.0.0.1:1", token: str = KEY, seconds: float = 20, secret: str = SECRET) -> Brevo:
    return Brevo(url=url, key=token, webhook_secret=secret, seconds=seconds)


class TestBrevo(LooksUp, LeavesSomeOut, TakesKeysOnce):
    odd_cases = (
        recipient("zoë@example.com"),
        recipient("a@localhost"),
        recipient("anna@example.com", first_name="Zoë"),
        recipient("anna@example.com", first_name="{{ contact.EMAIL }}"),
    )
    looks_like_an_id = '"X-Mailin-custom":"@@rid@@"'
    no_list_cases = (*LooksUp.no_list_cases, b'{"events": 3}', b'{"events": [{}]}', b'{"events": [{"email": 3}]}')
    refuses_whole_calls = True
    ascii_headers = True
    misfit_cases = (*HttpContract.misfit_cases, b'{"messageIds": []}', b'{"messageIds": 3}')
    busy_cases = (
        *HttpContract.busy_cases,
        (Said(429, {"code": "too_many_requests"}, {"x-sib-ratelimit-reset": "41"}), 41.0),
    )
    locked_cases = (
        *HttpContract.locked_cases,
        Said(402, {"code": "not_enough_credits", "message": "no"}, words="not_enough_credits; no"),
        Said(400, {"code": "account_under_validation", "message": "no"}, words="account_under_validation; no"),
        Said(403, {"code": "permission_denied", "message": "no"}, words="permission_denied; no"),
    )

    def test_what_every_version_replaces_is_nobodys_mail(self, api: ApiUnderTest) -> None:
        call = json.loads(api.provider.prepare(plan("anna@example.com")))

        assert (call["subject"], call["textContent"]) == ("-", "-")
        assert call["htmlContent"] == "<html><body></body></html>"

    def test_events_are_read_page_by_page(self, api: ApiUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
        merge = plan(*(f"p{n}@example.com" for n in range(5)))
        ids = send(api, merge)
        monkeypatch.setattr("outreach.providers.brevo.MOST_LISTED", 2)

        assert [receipt.provider_id for receipt in api.provider.find(sought(merge)).receipts] == ids

    def test_events_of_another_call_to_the_same_address_say_nothing_of_this_one(self, api: ApiUnderTest) -> None:
        lost = plan("anna@example.com")
        send(api, plan("anna@example.com"))
        api.server.filters = False

        assert api.provider.find(sought(lost)).receipts == ()

    def test_of_two_mails_to_one_address_neither_is_told_apart(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", "Anna@Example.com", "bo@example.com")
        send(api, merge)

        found = api.provider.find(sought(merge))

        assert [receipt.rid for receipt in found.receipts] == rids(merge)[2:]

    def test_only_the_rid_is_known_there(self, api: ApiUnderTest) -> None:
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
        self, api: ApiUnderTest, place: str, words: str
    ) -> None:
        with pytest.raises(DefinitionError, match="as a template; write it another way"):
            api.provider.prepare(plan(**{place: words}))

    def test_a_header_beyond_ascii_is_refused(self, api: ApiUnderTest) -> None:
        with pytest.raises(DefinitionError, match="header X-A: Brevo garbles 'ä'; write it in ASCII"):
            api.provider.prepare(plan(headers={"X-A": "ä"}))

    @pytest.mark.parametrize(
        ("name", "written"),
        [
            ("", None),
            ("Überall", "Überall"),
            ("Verein, e.V.", "Verein, e.V."),
            ("Überall e.V.", "=?utf-8?b?w5xiZXJhbGwgZS5WLg==?="),
        ],
    )
    def test_names_of_senders(self, api: ApiUnderTest, name: str, written: str | None) -> None:
        call = json.loads(api.provider.prepare(plan(sender=Address("a@example.org", name))))

        assert call["sender"].get("name") == written

    def test_a_name_that_is_too_long_is_refused(self, api: ApiUnderTest) -> None:
        with pytest.raises(DefinitionError, match="takes 70 characters; shorten it"):
            api.provider.prepare(plan(sender=Address("a@example.org", "x" * 71)))

    def test_one_mail_may_be_answered_by_one_id(self, api: ApiUnderTest) -> None:
        (receipt,) = send_to(api, Said(201, {"messageId": "<m1@example.org>"}))

        assert receipt == Receipt(receipt.rid, "m1@example.org")


class TestBrevoWebhooks(BasicAuthContract):
    make = staticmethod(make)
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

    def event(self, word: str, rid: object = "r1", at: datetime | None = NOON) -> dict[str, Any]:
        when = {"ts_epoch": at.timestamp() * 1000} if at else {}
        return {"event": word, "email": "anna@example.com", **when, "X-Mailin-custom": rid}

    def bounced(self, said: str) -> dict[str, Any]:
        return {**self.event("hard_bounce"), "reason": said}
