"""Webhooks over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest
from sqlalchemy import select

from outreach.errors import OutreachError, ProviderError, TokenRefused
from outreach.model.provider_report import ProviderReport
from outreach.model.report import Figure
from outreach.model.wave import Kind
from outreach.receiver import create
from outreach.services import Services
from outreach.store.tables import WebhookRow
from tests.builders_engagement import CELL, figures, sent
from tests.conftest import NOON
from tests.fakes import FakeProvider
from tests.receiver.client import Client


@dataclass
class Reporting(FakeProvider):
    """An email API whose webhook says `delivered` of the one rid in its body, signed with a word in a header."""

    refusal: OutreachError | None = None
    seen: list[Mapping[str, str]] = field(default_factory=list)

    def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
        self.seen.append(headers)
        if headers.get("x-signature") != "good":
            raise TokenRefused("the signature is not ours")
        if self.refusal:
            raise self.refusal
        return [ProviderReport("e1", body.decode(), Kind.DELIVERED, now)]


@pytest.fixture
def provider() -> Reporting:
    return Reporting()


def test_reports_are_committed_before_the_answer(services: Services, client: Client) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    answers = [client.post("/webhooks/fake", {"X-Signature": "good"}, content=rid) for _ in range(2)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"news": 1}), (200, {"news": 0})]
    with services.sessions.begin() as session:
        assert session.scalars(select(WebhookRow.event_id)).all() == ["e1"]
    assert figures(services.sessions, mail.wave)[CELL, Figure.DELIVERED] == 1


def test_what_is_not_authentic_is_refused(client: Client) -> None:
    assert client.post("/webhooks/fake", content=b"").status_code == 401


def test_what_cannot_be_read_is_refused(client: Client, provider: Reporting) -> None:
    provider.refusal = ProviderError("not JSON")

    assert client.post("/webhooks/fake", {"X-Signature": "good"}).status_code == 400


def test_only_the_provider_in_use_is_listened_to(services: Services, client: Client) -> None:
    assert client.post("/webhooks/other", {"X-Signature": "good"}).status_code == 404


def test_a_webhook_is_bounded(client: Client) -> None:
    assert client.post("/webhooks/fake", {"X-Signature": "good"}, content=b"x" * 2_000_001).status_code == 413


def test_a_failure_of_ours_is_no_success(services: Services) -> None:
    class Broken(Reporting):
        def reports(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[ProviderReport]:
            raise RuntimeError("the disk is full")

    client = Client(create(replace(services, provider=Broken())))

    assert client.post("/webhooks/fake").status_code == 500


def test_reports_of_mails_that_are_not_ours_are_let_go(services: Services, client: Client) -> None:
    answer = client.post("/webhooks/fake", {"X-Signature": "good"}, content=b"stranger")

    assert (answer.status_code, answer.json()) == (200, {"news": 0})
    assert services.clock() == NOON
