"""Mailgun's adapter against a server that enforces its documented contract and merges as it documents."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.errors import AccessRefused, DefinitionError, TokenRefused
from outreach.model.mail import MergePlan, Receipt, Recipient
from outreach.model.wave import Kind
from outreach.providers.mailgun import Mailgun
from outreach.providers.port import Granularity
from tests.builders_providers import message, plan, recipient, rids
from tests.conftest import NOON
from tests.providers.contract import HttpContract, Said, new_key, send, sought
from tests.providers.fake_api import ApiUnderTest
from tests.providers.left_out_contract import LeavesSomeOut
from tests.providers.look_up_contract import LooksUp
from tests.providers.mailgun_server import MailgunServer
from tests.providers.webhook_contract import SECRET, WebhookContract

KEY = "key-of-mailgun"
DOMAIN = "mail.example.org"
SERVER = MailgunServer(KEY)


def make(url: str = "http://127.0.0.1:1", token: str = KEY, seconds: float = 20, secret: str = SECRET) -> Mailgun:
    return Mailgun(url=url, domain=DOMAIN, key=token, signing_key=secret, seconds=seconds)


class TestMailgun(LooksUp, LeavesSomeOut, HttpContract):
    odd_cases = (
        *map(recipient, ["zoë@example.com", "a..b@example.com", '"a b"@example.com', "a@localhost", "a"]),
        recipient("anna@example.com", first_name="%recipient.t_unsubscribe%"),
    )
    looks_like_an_id = '"rid": "@@rid@@"'
    no_list_cases = (
        *LooksUp.no_list_cases,
        b"{}",
        b'{"items": [{}]}',
        b'{"items": [{"event": "accepted"}], "paging": {"next": "https://example.org/x"}}',
        b'{"items": [{"event": "opened"}], "paging": {"next": "https://example.org/?x=1"}}',
        b"Mailgun Magnificent API",
    )
    merges = True
    granularity = Granularity.CALL
    refuses_whole_calls = True
    misfit_cases = (*HttpContract.misfit_cases, b'{"message": "Queued"}')
    busy_cases = (
        *HttpContract.busy_cases,
        (Said(429, {"message": "Domain example.com: limit exceeded, try again after 120 seconds"}), 120.0),
    )
    locked_cases = (
        *HttpContract.locked_cases,
        Said(200, b"Mailgun Magnificent API", words="the region of the account is another"),
        Said(404, {"message": "Domain not found: example.org"}, words="the region of the account is another"),
    )

    def test_events_are_read_page_by_page(self, api: ApiUnderTest) -> None:
        merge = plan(*(f"p{n}@example.com" for n in range(5)))
        ids = send(api, merge)
        api.server.page = 2

        found = api.provider.find(sought(merge))

        assert [(receipt.rid, receipt.provider_id) for receipt in found.receipts] == list(
            zip(rids(merge), ids, strict=True)
        )

    def test_many_recipients_get_what_filling_here_would_give(self, api: ApiUnderTest) -> None:
        @settings(max_examples=15, deadline=None)
        @given(names=st.lists(st.text(max_size=20).filter(lambda name: "%" not in name), min_size=1, max_size=5))
        def law(names: list[str]) -> None:
            api.server.forget()
            people = tuple(recipient(f"p{n}@example.com", first_name=name) for n, name in enumerate(names))
            merge = MergePlan(message(html="@@first_name@@@@rid@@%@@first_name@@% 100%"), people)
            send(api, merge)
            assert api.taken() == list(merge.mails())

        law()

    def test_nothing_is_tracked_there_and_only_the_rid_is_known_there(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", "bo@example.com")

        send(api, merge)

        (form,) = api.server.forms
        assert {name: values for name, values in form.items() if name[0] in "ov"} == {
            "o:tracking": ["no"],
            "o:tracking-clicks": ["no"],
            "o:tracking-opens": ["no"],
            "o:tag": [rids(merge)[0]],
            "v:rid": ["%recipient.rid%"],
        }

    def test_values_that_no_slot_asks_for_stay_at_home(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", html="<p>@@first_name@@</p>", text="t", subject="s", headers={})

        send(api, merge)

        variables = json.loads(api.server.forms[0]["recipient-variables"][0])
        assert variables == {"anna@example.com": {"rid": rids(merge)[0], "h_first_name": "Anna &lt;b&gt;"}}

    def test_a_second_recipient_at_one_address_is_not_dropped_but_waits(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", "Anna@example.com", "bo@example.com")

        anna, namesake, bo = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert (bool(anna.provider_id), namesake, bool(bo.provider_id)) == (
            True,
            Receipt(rids(merge)[1], untried=True),
            True,
        )
        assert [mail.recipient for mail in api.taken()] == ["anna@example.com", "bo@example.com"]

    @pytest.mark.parametrize(
        "words", ["%recipient.x%", "%Recipient_Name%", "%unsubscribe_url%", "%tag_unsubscribe_url%"]
    )
    @pytest.mark.parametrize("place", ["subject", "html", "text", "headers"])
    def test_a_message_with_variables_of_mailguns_own_is_refused(
        self, api: ApiUnderTest, place: str, words: str
    ) -> None:
        written: object = {"X-A": words} if place == "headers" else words

        with pytest.raises(DefinitionError, match="write it another way"):
            api.provider.prepare(plan(**{place: written}))

    def test_an_escaped_blank_before_such_a_word_does_no_harm(self, api: ApiUnderTest) -> None:
        merge = plan(html='<a href="https://example.org/?q=a%20recipient%20unsubscribe_url">x</a>')

        send(api, merge)

        assert api.taken() == list(merge.mails())

    def test_headers_larger_than_16_kb_are_refused(self, api: ApiUnderTest) -> None:
        with pytest.raises(DefinitionError, match="takes 16,384 bytes of headers and options"):
            api.provider.prepare(plan(headers={"X-A": "x" * 17_000}))

    def test_a_domain_cannot_lead_elsewhere(self, api: ApiUnderTest) -> None:
        astray = Mailgun(url=api.url, domain="../domains", key=KEY, signing_key=SECRET, seconds=5)

        merge = plan()

        with pytest.raises(AccessRefused, match="404"):
            astray.send(astray.prepare(merge), new_key(), rids(merge))
        astray.close()


class TestMailgunWebhooks(WebhookContract):
    make = staticmethod(make)
    ages = True
    kinds = {  # noqa: RUF012
        "accepted": Kind.ACCEPTED,
        "delivered": Kind.DELIVERED,
        "failed": Kind.BOUNCED,
        "rejected": Kind.REFUSED,
        "complained": Kind.COMPLAINED,
        "unsubscribed": Kind.UNSUBSCRIBED,
    }
    ignored = ("opened", "clicked", "stored")
    secret = SECRET

    def wrapped(self, document: object, secret: str, at: datetime) -> bytes:
        signed = {**document, "signature": _signature(document, secret, at)} if isinstance(document, dict) else document
        return super().wrapped(signed, secret, at)

    def event(self, word: str, rid: object = "r1", at: datetime | None = NOON) -> dict[str, Any]:
        severity = {"severity": "permanent"} if word == "failed" else {}
        when = {"timestamp": at.timestamp()} if at else {}
        data = {"event": word, **when, "user-variables": {"rid": rid}, **severity}
        return {"event-data": {**data, "delivery-status": None}}

    def bounced(self, said: str) -> dict[str, Any]:
        event = self.event("failed")
        return {"event-data": {**event["event-data"], "delivery-status": {"code": 550, "message": said}}}

    def proof(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return {}

    def failed(self, **data: object) -> Kind:
        event = self.event("failed")
        (report,) = self.reports({"event-data": {**event["event-data"], **data}})
        kind: Kind = report.kind
        return kind

    def test_an_old_proof_is_refused_where_it_has_a_time(self) -> None:
        body = self.wrapped(self.event("delivered"), SECRET, NOON)

        assert len(self.listener.reports({}, body, NOON + timedelta(hours=8))) == 1
        for now in (NOON + timedelta(hours=8, seconds=1), NOON - timedelta(seconds=301)):
            with pytest.raises(TokenRefused, match="older than"):
                self.listener.reports({}, body, now)

    def test_another_story_under_an_overheard_signature_has_the_id_that_was_taken_already(self) -> None:
        signature = _signature({}, SECRET, NOON)
        stories = [json.dumps({**self.event(word), "signature": signature}) for word in ("delivered", "complained")]

        ids = [self.listener.reports({}, story.encode(), NOON)[0].event_id for story in stories]

        assert ids == [signature["token"]] * 2

    @pytest.mark.parametrize("changed", ["timestamp", "token", "signature"])
    def test_a_signature_that_was_tampered_with_is_refused(self, changed: str) -> None:
        signature = _signature({}, SECRET, NOON)
        signature[changed] = str(int(NOON.timestamp()) + 1) if changed == "timestamp" else "0" * 64

        with pytest.raises(TokenRefused, match="does not fit"):
            self.listener.reports({}, json.dumps({**self.event("delivered"), "signature": signature}).encode(), NOON)

    def test_a_temporary_failure_is_a_delay(self) -> None:
        assert self.failed(severity="temporary", **{"delivery-status": {"code": 452}}) is Kind.DEFERRED

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            ({"delivery-status": {"code": 550, "message": "5.1.1 no such user"}, "reason": "bounce"}, Kind.BOUNCED),
            ({"delivery-status": {"code": 550, "enhanced-code": "5.7.26"}, "reason": "bounce"}, Kind.SOFT_BOUNCED),
            ({"delivery-status": {"code": 605}, "reason": "suppress-bounce"}, Kind.REFUSED),
            ({"delivery-status": {"code": 607}, "reason": "suppress-complaint"}, Kind.REFUSED),
            ({"delivery-status": {"code": 602}, "reason": "old"}, Kind.SOFT_BOUNCED),
            ({"delivery-status": {"code": 498}, "reason": "generic"}, Kind.SOFT_BOUNCED),
            ({"delivery-status": None}, Kind.BOUNCED),
            ({}, Kind.BOUNCED),
        ],
    )
    def test_a_permanent_failure_is_about_the_address_only_where_it_says_so(
        self, data: dict[str, object], kind: Kind
    ) -> None:
        assert self.failed(**data) is kind


def _signature(event: object, secret: str, at: datetime) -> dict[str, str]:
    stamp, token = str(int(at.timestamp())), hashlib.sha256(json.dumps(event).encode()).hexdigest()[:50]
    mac = hmac.new(secret.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": stamp, "token": token, "signature": mac}


def test_everybody_in_a_plan_may_be_beyond_its_reach() -> None:
    provider = make()
    who = (Recipient("r1", "a", {"rid": "r1", "first_name": "", "unsubscribe": ""}),)

    receipts = provider.send(provider.prepare(MergePlan(message(), who)), "key", ["r1"])

    assert [bool(receipt.refused) for receipt in receipts] == [True]
