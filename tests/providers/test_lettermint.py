"""Lettermint's adapter against a server that enforces its documented contract, and against the official SDK."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import lettermint as sdk
import pytest

from outreach import clock
from outreach.errors import OutcomeUnknown, ProviderError, TokenRefused
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers.lettermint import KINDS, Lettermint
from outreach.providers.signature import sign
from tests.builders_providers import plan, rids
from tests.conftest import NOON
from tests.providers.contract import Said, new_key, send, send_to
from tests.providers.fake_api import ApiUnderTest
from tests.providers.keys_contract import KeysContract
from tests.providers.lettermint_server import LettermintServer
from tests.providers.webhook_contract import SECRET, WebhookContract

TOKEN = "lm_token"
SERVER = LettermintServer(TOKEN)


def make(url: str = "http://127.0.0.1:1", token: str = TOKEN, seconds: float = 20, secret: str = SECRET) -> Lettermint:
    return Lettermint(url=url, token=token, webhook_secret=secret, seconds=seconds)


class TestLettermint(KeysContract):
    misfit_cases = (*KeysContract.misfit_cases, b'[{"status": "pending"}]')

    def test_the_official_sdk_makes_the_same_request(self, api: ApiUnderTest) -> None:
        merge, key = plan("anna@example.com", "bo@example.com"), new_key()
        body = api.provider.prepare(merge)

        api.provider.send(body, key, rids(merge))
        with sdk.Lettermint(sending_token=TOKEN, base_url=api.url) as official:
            official.emails.send_batch(json.loads(body), idempotency_key=key)

        ours, theirs = api.server.requests
        named = ("accept", "content-type", "idempotency-key", "x-lettermint-token")
        assert ours[1] == body
        assert json.loads(ours[1]) == json.loads(theirs[1])
        assert {name: ours[0][name] for name in named} == {name: theirs[0][name] for name in named}

    def test_nothing_is_tracked_there_and_only_the_rid_is_known_there(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com")

        (item,) = json.loads(api.provider.prepare(merge))

        (rid,) = rids(merge)
        assert item["settings"] == {"track_opens": False, "track_clicks": False}
        assert (item["metadata"], item["tags"]) == ({"rid": rid}, [{"name": "rid", "value": rid}])

    def test_mails_behind_a_refused_one_are_said_not_to_have_been_tried(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com", "refused.bo@example.com", "cleo@example.com")

        anna, bo, cleo = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert anna.refused == ""
        assert bo.refused == "Lettermint answered 422: RECIPIENT_REFUSED; messages[1] was refused"
        assert (cleo.untried, cleo.refused) == (True, "")

    def test_a_rid_is_not_sent_twice_even_under_another_key(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com")

        assert send(api, merge, new_key()) == send(api, merge, new_key())
        assert api.taken() == list(merge.mails())

    def test_after_a_day_the_api_has_forgotten(self, api: ApiUnderTest) -> None:
        merge, key = plan("anna@example.com"), new_key()
        send(api, merge, key)
        api.server.clock.forward(hours=24)
        send(api, merge, key)

        assert api.taken() == 2 * list(merge.mails())

    def test_a_mail_that_was_taken_and_dropped_is_refused(self, api: ApiUnderTest) -> None:
        merge = plan("anna@example.com")
        api.server.status = "suppressed"

        (receipt,) = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert (bool(receipt.provider_id), receipt.refused) == (True, "Lettermint: suppressed")

    @pytest.mark.parametrize("status", [200, 429, 500, 503, 409])
    def test_a_call_taken_in_part_is_unknown_where_a_replay_can_tell_more(self, api: ApiUnderTest, status: int) -> None:
        with pytest.raises(OutcomeUnknown):
            send_to(api, refusal(status, 0), "anna@example.com", "bo@example.com")

    @pytest.mark.parametrize("accepted", [(9,), (0, 1)])
    def test_a_refusal_that_speaks_of_other_mails_is_unknown(
        self, api: ApiUnderTest, accepted: tuple[int, ...]
    ) -> None:
        with pytest.raises(OutcomeUnknown, match="had been taken"):
            send_to(api, refusal(422, *accepted), "anna@example.com", "bo@example.com")


def refusal(status: int, *accepted: int) -> Said:
    """A failed call of which the mails at these positions had been taken."""
    details = {"accepted": [{"index": index, "message_id": "m"} for index in accepted]}
    return Said(status, {"error": {"code": "X", "message": "no", "details": details}})


class TestLettermintWebhooks(WebhookContract):
    make = staticmethod(make)
    ages = True
    covers_the_body = True
    kinds = {  # noqa: RUF012
        "message.created": Kind.ACCEPTED,
        "message.sent": Kind.ACCEPTED,
        "message.delivered": Kind.DELIVERED,
        "message.hard_bounced": Kind.BOUNCED,
        "message.soft_bounced": Kind.SOFT_BOUNCED,
        "message.spam_complaint": Kind.COMPLAINED,
        "message.unsubscribed": Kind.UNSUBSCRIBED,
        "message.failed": Kind.REFUSED,
        "message.suppressed": Kind.REFUSED,
        "message.policy_rejected": Kind.REFUSED,
    }
    ignored = ("message.opened", "message.clicked", "suppression.added", "webhook.test")

    def event(self, word: str, rid: object = "r1", at: datetime | None = NOON) -> dict[str, Any]:
        data = {"message_id": "m1", "recipient": "anna@example.com", "metadata": {"rid": rid}}
        when = {"id": f"e-{word}", "timestamp": "2026-11-20T12:00:00.000000Z"} if at else {}
        return {"event": word, **when, "data": data}

    def bounced(self, said: str) -> dict[str, Any]:
        event = self.event("message.hard_bounced")
        return {**event, "data": {**event["data"], "response": {"status_code": 550, "content": said}}}

    def proof(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        stamp = str(int(at.timestamp()))
        return {"x-lettermint-signature": sign(secret, body, at), "x-lettermint-delivery": stamp}

    def test_the_whole_of_an_event(self) -> None:
        event = self.event("message.delivered")
        response = {"status_code": 250, "content": "said"}

        told = self.reports({**event, "data": {**event["data"], "reason": "why", "response": response}})

        assert told == [ProviderReport("e-message.delivered", "r1", Kind.DELIVERED, NOON, "why said")]

    def test_every_event_we_know_is_one_of_theirs(self) -> None:
        documented = sdk.types.WebhookEvent.__args__[0].__args__

        assert (set(KINDS) - set(documented), KINDS) == (set(), self.kinds)

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            ("5.1.1", Kind.BOUNCED),
            ("5.7.26", Kind.SOFT_BOUNCED),
            ("5.2.2", Kind.SOFT_BOUNCED),
            ("5.2.1", Kind.BOUNCED),
            ("5.3.4", Kind.SOFT_BOUNCED),
            (None, Kind.BOUNCED),
        ],
    )
    def test_a_bounce_says_more_by_its_code(self, code: str | None, kind: Kind) -> None:
        event = self.event("message.hard_bounced")
        response = {"status_code": 550, "enhanced_status_code": code}

        (report,) = self.reports({**event, "data": {**event["data"], "response": response}})

        assert report.kind is kind

    @pytest.mark.parametrize("data", [{}, {"metadata": []}, {"metadata": None}])
    def test_events_of_mails_without_our_mark_are_left_out(self, data: dict[str, object]) -> None:
        assert self.reports({**self.event("message.sent"), "data": data}) == []

    @pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{}", b'{"event": "message.sent"}', b'{"event": [1]}'])
    def test_an_authentic_webhook_that_cannot_be_read_is_an_error(self, body: bytes) -> None:
        with pytest.raises(ProviderError, match="cannot be read"):
            self.reports(body)

    def test_an_event_without_an_id_gets_the_same_each_time(self) -> None:
        once, again = (self.reports(self.event("message.sent", at=None))[0] for _ in range(2))

        assert (once.event_id, len(once.event_id)) == (again.event_id, 64)

    def test_a_time_without_zone_is_utc(self) -> None:
        (report,) = self.reports({**self.event("message.sent"), "timestamp": "2026-11-20T12:00:00"})

        assert report.at == datetime(2026, 11, 20, 12, tzinfo=UTC)

    def test_a_delivery_time_other_than_the_signed_one_is_refused(self) -> None:
        body = json.dumps(self.event("message.sent")).encode()

        with pytest.raises(TokenRefused, match="delivery time"):
            self.listener.reports({**self.proof(body, SECRET, NOON), "x-lettermint-delivery": "1"}, body, NOON)

    def test_a_webhook_is_believed_for_five_minutes(self) -> None:
        body = json.dumps(self.event("message.sent")).encode()

        with pytest.raises(TokenRefused, match="300 s"):
            self.listener.reports(self.proof(body, SECRET, NOON), body, NOON + timedelta(seconds=301))

    def test_the_official_sdk_believes_the_same_signatures(self) -> None:
        body, now = json.dumps(self.event("message.delivered")).encode(), clock.now()
        headers = self.proof(body, SECRET, now)

        theirs = sdk.Webhook(SECRET).verify(body, headers)

        assert theirs["event"] == "message.delivered"
        assert [report.kind for report in self.listener.reports(headers, body, now)] == [Kind.DELIVERED]
