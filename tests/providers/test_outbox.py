"""The outbox's adapter against the real outbox, and its webhooks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from outreach.demo.outbox import create
from outreach.demo.outbox.box import Box
from outreach.demo.outbox.faults import Fault, FaultKind, Faults
from outreach.demo.outbox.mails import after, whole
from outreach.errors import DefinitionError, ProviderError
from outreach.model.mail import Mail, MergePlan
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers.outbox import Outbox
from outreach.providers.port import Provider
from outreach.providers.signature import sign
from tests.builders_providers import message, plan, rids
from tests.conftest import NOON
from tests.providers.keys_contract import KeysContract
from tests.providers.look_up_contract import LooksUp
from tests.providers.serving import serving
from tests.providers.webhook_contract import SECRET, WebhookContract

TOKEN = "outbox-token"


def make(url: str = "http://127.0.0.1:1", token: str = TOKEN, seconds: float = 20, secret: str = SECRET) -> Outbox:
    return Outbox(url=url, token=token, webhook_secret=secret, seconds=seconds, idempotency=True)


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
        return make(url or self.url, token or TOKEN, seconds)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutboxUnderTest]:
    app = create(tmp_path_factory.mktemp("outbox"), token=TOKEN, webhook_secret=SECRET)
    with serving(app) as url:
        provider = make(url)
        yield OutboxUnderTest(url, app.state.desk.box, app.state.desk.faults, provider, 0)
        provider.close()


@pytest.fixture
def api(running: OutboxUnderTest) -> OutboxUnderTest:
    running.faults.forget()
    running.since = max((line.number for line in after(running.box, running.since, 1_000_000)), default=running.since)
    return running


class TestOutbox(LooksUp, KeysContract):
    no_list_cases = (*LooksUp.no_list_cases, b"{}", b'{"messages": []}', b'{"messages": [{}], "next": null}')
    merges = True
    misfit_cases = (
        *KeysContract.misfit_cases,
        b'"ok"',
        b'{"results": 3}',
        b'{"results": [{"rid": "other", "id": "1", "status": "accepted", "error": null}]}',
        b'{"results": [{"id": "1"}]}',
    )

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

    def test_a_plan_needs_a_recipient(self, api: OutboxUnderTest) -> None:
        with pytest.raises(DefinitionError, match="1 to 1000"):
            api.provider.prepare(MergePlan(message(), ()))


@pytest.mark.parametrize("url", ["", "127.0.0.1:8410", "ftp://example.org", "http://", "http://example.org:port"])
def test_an_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(DefinitionError, match="address of outbox"):
        make(url)


@pytest.mark.parametrize("token", ["", "a\n", "ä"])
def test_a_token_that_cannot_travel_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(DefinitionError, match="copy it anew"):
        make(token=token)


class TestOutboxWebhooks(WebhookContract):
    make = staticmethod(make)
    batches = True
    ages = True
    covers_the_body = True
    kinds = {  # noqa: RUF012
        "delivered": Kind.DELIVERED,
        "bounced": Kind.BOUNCED,
        "soft_bounced": Kind.SOFT_BOUNCED,
        "complained": Kind.COMPLAINED,
        "unsubscribed": Kind.UNSUBSCRIBED,
    }
    ignored = ("opened",)

    def event(self, word: str, rid: object = "r1", at: datetime | None = NOON) -> dict[str, Any]:
        when = {"at": at.isoformat()} if at else {}
        return {"events": [{"id": f"e-{word}", "type": word, "rid": rid, **when, "detail": "250"}]}

    def bounced(self, said: str) -> dict[str, Any]:
        return {"events": [{**self.event("bounced")["events"][0], "detail": said}]}

    def several(self, *events: dict[str, Any]) -> object:
        return {"events": [event for webhook in events for event in webhook["events"]]}

    def proof(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return {"x-outbox-signature": sign(secret, body, at)}

    def test_the_whole_of_an_event(self) -> None:
        assert self.reports(self.event("delivered")) == [
            ProviderReport("e-delivered", "r1", Kind.DELIVERED, NOON, "250")
        ]

    @pytest.mark.parametrize("event", [{}, {"id": "e1", "type": "bounced", "rid": "r1", "at": "today"}])
    def test_an_authentic_webhook_that_cannot_be_read_is_an_error(self, event: dict[str, object]) -> None:
        with pytest.raises(ProviderError, match="cannot be read"):
            self.reports({"events": [event]})


def test_without_idempotency_the_adapter_says_that_it_cannot_replay() -> None:
    provider = Outbox(url="http://127.0.0.1:1", token="t", webhook_secret="s", seconds=1, idempotency=False)

    assert provider.replays is False
    provider.close()
