"""The outbox's adapter against the real outbox, and its webhooks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from outreach.demo.outbox import create
from outreach.demo.outbox.box import Box
from outreach.demo.outbox.faults import Fault, FaultKind, Faults
from outreach.demo.outbox.mails import after, whole
from outreach.errors import DefinitionError, OutcomeUnknown, ProviderError, TokenRefused
from outreach.model.mail import Mail, MergePlan
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers.outbox import Outbox
from outreach.providers.port import Provider
from outreach.providers.signature import sign
from tests.builders_providers import message, plan, rids
from tests.conftest import NOON
from tests.providers.contract import KeysContract
from tests.providers.serving import serving
from tests.providers.test_http import answering

SECRET = "webhook-secret"


def outbox(url: str = "http://127.0.0.1:1", token: str = "token", secret: str = SECRET, seconds: float = 20) -> Outbox:
    return Outbox(url=url, token=token, webhook_secret=secret, seconds=seconds, replays=True)


@dataclass
class OutboxUnderTest:
    url: str
    box: Box
    faults: Faults
    provider: Provider
    since: int

    def taken(self) -> list[Mail]:
        kept = [whole(self.box, line.id) for line in after(self.box, self.since, 1000)]
        return [found.mail for found in kept if found]

    def fail(self, kind: FaultKind, times: int = 1, seconds: float = 1) -> None:
        self.faults.ask_for(Fault(kind, seconds), times)

    def like_this(self, url: str = "", token: str = "", seconds: float = 20) -> Provider:
        return outbox(url or self.url, token or "token", seconds=seconds)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutboxUnderTest]:
    app = create(tmp_path_factory.mktemp("outbox"), token="token", webhook_secret=SECRET)
    with serving(app) as url:
        provider = outbox(url)
        yield OutboxUnderTest(url, app.state.desk.box, app.state.desk.faults, provider, 0)
        provider.close()


@pytest.fixture
def api(running: OutboxUnderTest) -> OutboxUnderTest:
    running.faults.forget()
    running.since = max((line.number for line in after(running.box, running.since, 1_000_000)), default=running.since)
    return running


class TestOutbox(KeysContract):
    def test_values_that_no_slot_asks_for_stay_at_home(self, api: OutboxUnderTest) -> None:
        merge = plan(
            "anna@example.com", html="<p>@@first_name@@</p>", text="t", subject="s", headers={"X-R": "@@rid@@"}
        )

        (sent,) = json.loads(api.provider.prepare(merge))["recipients"]

        assert sent == {
            "to": "anna@example.com",
            "rid": rids(merge)[0],
            "variables": {"rid": rids(merge)[0]},
            "html_variables": {"first_name": "Anna &lt;b&gt;"},
        }

    def test_the_message_travels_once_however_many_get_it(self, api: OutboxUnderTest) -> None:
        merge = plan("anna@example.com", "bo@example.com", html="<p>only once</p>")

        assert api.provider.prepare(merge).count(b"only once") == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b'"ok"',
        b'{"results": 3}',
        b'{"results": [{"rid": "other", "id": "1", "status": "accepted", "error": null}]}',
        b'{"results": [{"id": "1"}]}',
        b"\xff",
        b"<html>Magnificent API</html>",
    ],
)
def test_a_2xx_that_does_not_answer_the_call_is_unknown(answer: bytes) -> None:
    with answering(200, answer) as url:
        provider = outbox(url)
        with pytest.raises(OutcomeUnknown):
            provider.send(b"{}", "key", ["r1"])
        provider.close()


@pytest.mark.parametrize("url", ["", "127.0.0.1:8410", "ftp://example.org", "http://", "http://example.org:port"])
def test_an_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(DefinitionError, match="address of outbox"):
        outbox(url)


@pytest.mark.parametrize("token", ["", "a\n", "ä"])
def test_a_token_that_cannot_travel_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(DefinitionError, match="copy it anew"):
        outbox(token=token)


LISTENER = outbox()


def event(**changes: object) -> dict[str, object]:
    return {"id": "e1", "type": "delivered", "rid": "r1", "at": "2026-11-20T12:00:00+00:00", "detail": "250", **changes}


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"x-outbox-signature": sign(secret, body, NOON)}


def hook(*events: dict[str, object]) -> bytes:
    return json.dumps({"events": events}).encode()


def test_events_are_translated_and_unknown_kinds_are_left_out() -> None:
    body = hook(event(), event(id="e2", type="bounced", detail="550 5.1.1"), event(id="e3", type="opened"))

    assert LISTENER.reports(signed(body), body, NOON) == [
        ProviderReport("e1", "r1", Kind.DELIVERED, NOON, "250"),
        ProviderReport("e2", "r1", Kind.BOUNCED, NOON, "550 5.1.1"),
    ]


def test_a_forged_or_stale_webhook_is_refused() -> None:
    body = hook(event())

    for headers, told, now in (
        ({}, body, NOON),
        (signed(body, "other"), body, NOON),
        (signed(body), body + b" ", NOON),
        (signed(body), body, NOON + timedelta(seconds=301)),
    ):
        with pytest.raises(TokenRefused):
            LISTENER.reports(headers, told, now)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"events": [{}]}', hook(event(at="today"))])
def test_an_authentic_webhook_that_cannot_be_read_is_an_error(body: bytes) -> None:
    with pytest.raises(ProviderError, match="cannot be read"):
        LISTENER.reports(signed(body), body, NOON)


def test_without_idempotency_the_adapter_says_that_it_cannot_replay() -> None:
    provider = Outbox(url="http://127.0.0.1:1", token="t", webhook_secret="s", seconds=1, replays=False)

    assert provider.replays is False
    provider.close()


def test_a_plan_needs_a_recipient() -> None:
    with pytest.raises(DefinitionError, match="1 to 1000"):
        outbox().prepare(MergePlan(message(), ()))
