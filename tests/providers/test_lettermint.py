"""Lettermint's adapter against a server that enforces its documented contract, and against the official SDK."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

import lettermint as sdk
import pytest

from outreach import clock
from outreach.demo.outbox.faults import Fault, FaultKind
from outreach.errors import OutcomeUnknown, ProviderError, TokenRefused
from outreach.model.mail import Address, Mail
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers.lettermint import KINDS, Lettermint
from outreach.providers.port import Provider
from outreach.providers.signature import sign
from tests.builders_providers import plan, rids
from tests.conftest import NOON
from tests.providers.contract import KeysContract, new_key, send
from tests.providers.lettermint_server import LettermintServer
from tests.providers.serving import serving
from tests.providers.test_http import answering

TOKEN = "lm_token"
SECRET = "whsec_secret"


def lettermint(url: str = "http://127.0.0.1:1", token: str = TOKEN, seconds: float = 20) -> Lettermint:
    return Lettermint(url=url, token=token, webhook_secret=SECRET, seconds=seconds)


def mail_of(item: dict[str, Any]) -> Mail:
    """The mail that Lettermint would send for *item*."""
    name, email = parseaddr(item["from"])
    return Mail(
        rid=item["metadata"]["rid"],
        recipient=item["to"][0],
        sender=Address(email, name),
        reply_to=item["reply_to"][0],
        subject=item["subject"],
        html=item["html"],
        text=item["text"],
        headers=item["headers"],
    )


@dataclass
class LettermintUnderTest:
    url: str
    server: LettermintServer
    provider: Provider

    def taken(self) -> list[Mail]:
        return [mail_of(item) for item in self.server.mails]

    def fail(self, kind: FaultKind, times: int = 1, seconds: float = 1) -> None:
        self.server.faults.ask_for(Fault(kind, seconds), times)

    def like_this(self, url: str = "", token: str = "", seconds: float = 20) -> Provider:
        return lettermint(url or self.url, token or TOKEN, seconds)


@pytest.fixture(scope="module")
def running() -> Iterator[LettermintUnderTest]:
    server = LettermintServer(TOKEN)
    with serving(server.app()) as url:
        provider = lettermint(f"{url}/v1")
        yield LettermintUnderTest(f"{url}/v1", server, provider)
        provider.close()


@pytest.fixture
def api(running: LettermintUnderTest) -> LettermintUnderTest:
    running.server.faults.forget()
    running.server.mails.clear()
    running.server.requests.clear()
    running.server.status = "pending"
    return running


class TestLettermint(KeysContract):
    def test_the_official_sdk_makes_the_same_request(self, api: LettermintUnderTest) -> None:
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

    def test_nothing_is_tracked_there_and_only_the_rid_is_known_there(self, api: LettermintUnderTest) -> None:
        merge = plan("anna@example.com")

        (item,) = json.loads(api.provider.prepare(merge))

        (rid,) = rids(merge)
        assert item["settings"] == {"track_opens": False, "track_clicks": False}
        assert (item["metadata"], item["tags"]) == ({"rid": rid}, [{"name": "rid", "value": rid}])

    def test_mails_behind_a_refused_one_are_said_not_to_have_been_tried(self, api: LettermintUnderTest) -> None:
        merge = plan("anna@example.com", "refused.bo@example.com", "cleo@example.com")

        anna, bo, cleo = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert anna.refused == ""
        assert bo.refused == "Lettermint answered 422: RECIPIENT_REFUSED; messages[1] was refused"
        assert (cleo.untried, cleo.refused) == (True, "")

    def test_a_rid_is_not_sent_twice_even_under_another_key(self, api: LettermintUnderTest) -> None:
        merge = plan("anna@example.com")

        assert send(api, merge, new_key()) == send(api, merge, new_key())
        assert api.taken() == list(merge.mails())

    def test_after_a_day_the_api_has_forgotten(self, api: LettermintUnderTest) -> None:
        merge, key = plan("anna@example.com"), new_key()
        send(api, merge, key)
        api.server.clock.forward(hours=24)
        send(api, merge, key)

        assert api.taken() == 2 * list(merge.mails())

    def test_a_mail_that_was_taken_and_dropped_is_refused(self, api: LettermintUnderTest) -> None:
        merge = plan("anna@example.com")
        api.server.status = "suppressed"

        (receipt,) = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert (bool(receipt.provider_id), receipt.refused) == (True, "Lettermint: suppressed")

    def test_a_mail_without_reply_to_has_none(self, api: LettermintUnderTest) -> None:
        (item,) = json.loads(api.provider.prepare(plan("anna@example.com", reply_to="")))

        assert "reply_to" not in item

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("", "a@example.org"),
            ("Überall", "Überall <a@example.org>"),
            ("Überall e. V", '"Überall e. V" <a@example.org>'),
            ("Verein, e.V.", '"Verein, e.V." <a@example.org>'),
            ('Die "Guten"', '"Die \\"Guten\\"" <a@example.org>'),
            ("a\r\nBcc: b", '"a  Bcc: b" <a@example.org>'),
        ],
    )
    def test_names_of_senders(self, api: LettermintUnderTest, name: str, shown: str) -> None:
        (item,) = json.loads(api.provider.prepare(plan("anna@example.com", sender=Address("a@example.org", name))))

        assert item["from"] == shown


ACCEPTED = {"details": {"accepted": [{"index": 0, "message_id": "m0"}]}, "code": "X", "message": "no"}


@pytest.mark.parametrize("status", [200, 429, 500, 503, 409])
def test_a_call_taken_in_part_is_unknown_where_a_replay_can_tell_more(status: int) -> None:
    with answering(status, json.dumps({"error": ACCEPTED}).encode()) as url:
        provider = lettermint(url)
        with pytest.raises(OutcomeUnknown):
            provider.send(b"[]", "key", ["r1", "r2"])
        provider.close()


@pytest.mark.parametrize(
    "accepted", [[{"index": 9, "message_id": "m"}], [{"index": n, "message_id": "m"} for n in (0, 1)]]
)
def test_a_refusal_that_speaks_of_other_mails_is_unknown(accepted: list[dict[str, object]]) -> None:
    body = {"error": {**ACCEPTED, "details": {"accepted": accepted}}}
    with answering(422, json.dumps(body).encode()) as url:
        provider = lettermint(url)
        with pytest.raises(OutcomeUnknown, match="had been taken"):
            provider.send(b"[]", "key", ["r1", "r2"])
        provider.close()


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"[1]", b'[{"status": "pending"}]', b"null"])
def test_a_2xx_that_does_not_answer_the_call_is_unknown(answer: bytes) -> None:
    with answering(202, answer) as url:
        provider = lettermint(url)
        with pytest.raises(OutcomeUnknown):
            provider.send(b"[]", "key", ["r1"])
        provider.close()


LISTENER = lettermint()


def event(name: str = "message.delivered", **data: object) -> bytes:
    inside = {"message_id": "m1", "recipient": "anna@example.com", "metadata": {"rid": "r1"}, **data}
    return json.dumps({"id": "e1", "event": name, "timestamp": "2026-11-20T12:00:00.000000Z", "data": inside}).encode()


def signed(body: bytes, at: datetime = NOON) -> dict[str, str]:
    return {"x-lettermint-signature": sign(SECRET, body, at), "x-lettermint-delivery": str(int(at.timestamp()))}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_every_known_event_is_translated(name: str, kind: Kind) -> None:
    body = event(name, reason="why", response={"status_code": 250, "content": "said"})

    assert LISTENER.reports(signed(body), body, NOON) == [ProviderReport("e1", "r1", kind, NOON, "why said")]


def test_every_event_we_know_is_one_of_theirs() -> None:
    documented = sdk.types.WebhookEvent.__args__[0].__args__

    assert set(KINDS) - set(documented) == set()


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
def test_a_bounce_that_is_our_own_fault_does_not_condemn_the_address(code: str | None, kind: Kind) -> None:
    body = event("message.hard_bounced", response={"status_code": 550, "enhanced_status_code": code})

    assert [report.kind for report in LISTENER.reports(signed(body), body, NOON)] == [kind]


@pytest.mark.parametrize(
    "body",
    [
        event("message.opened"),
        event("message.invented_tomorrow"),
        event(metadata=[]),
        event(metadata=None),
        event(metadata={"rid": 3}),
        event(metadata={"rid": "<b>"}),
        b'{"event": "suppression.added", "data": {}}',
        b'{"event": "webhook.test"}',
    ],
)
def test_events_that_are_not_about_a_mail_of_ours_are_left_out(body: bytes) -> None:
    assert LISTENER.reports(signed(body), body, NOON) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{}", b'{"event": "message.sent"}', b'{"event": [1]}'])
def test_an_authentic_webhook_that_cannot_be_read_is_an_error(body: bytes) -> None:
    with pytest.raises(ProviderError, match="cannot be read"):
        LISTENER.reports(signed(body), body, NOON)


def test_an_event_without_id_or_time_gets_the_same_id_each_time() -> None:
    body = json.dumps({"event": "message.sent", "data": {"metadata": {"rid": "r1"}}}).encode()

    once, again = (LISTENER.reports(signed(body), body, NOON)[0] for _ in range(2))

    assert (once.event_id, once.at, len(once.event_id)) == (again.event_id, NOON, 64)


def test_a_time_without_zone_is_utc() -> None:
    body = json.dumps({"event": "message.sent", "timestamp": "2026-11-20T12:00:00", "data": {"metadata": {"rid": "r"}}})

    (report,) = LISTENER.reports(signed(body.encode()), body.encode(), NOON)

    assert report.at == datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_delivery_time_other_than_the_signed_one_is_refused() -> None:
    body = event()

    with pytest.raises(TokenRefused, match="delivery time"):
        LISTENER.reports({**signed(body), "x-lettermint-delivery": "1"}, body, NOON)


def test_a_stale_webhook_is_refused() -> None:
    body = event()

    with pytest.raises(TokenRefused, match="300 s"):
        LISTENER.reports(signed(body), body, NOON + timedelta(seconds=301))


def test_the_official_sdk_believes_the_same_signatures() -> None:
    body, now = event(), clock.now()
    headers = signed(body, now)

    theirs = sdk.Webhook(SECRET).verify(body, headers)

    assert theirs["event"] == "message.delivered"
    assert [report.kind for report in LISTENER.reports(headers, body, now)] == [Kind.DELIVERED]
