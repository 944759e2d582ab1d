"""Webhooks of the outbox: what is told, signed, tried again, and gone on with after a restart."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outreach.demo.outbox import call as calls
from outreach.demo.outbox import create
from outreach.demo.outbox.box import Box
from outreach.demo.outbox.mails import after
from outreach.demo.outbox.postman import Postman
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers.outbox import Outbox
from tests.builders_providers import plan, rids
from tests.conftest import NOON, FakeClock
from tests.demo.outbox.conftest import call
from tests.providers.serving import free_port, serving


@dataclass
class Receiver:
    """Takes webhooks; answers *statuses* first, then 200. *wanted* posts make it say so."""

    statuses: list[int] = field(default_factory=list)
    wanted: int = 1
    enough: threading.Event = field(default_factory=threading.Event)
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.posts.append((dict(request.headers), await request.body()))
        if len(self.posts) >= self.wanted:
            self.enough.set()
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/hook", self.take, methods=["POST"])])


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def url(receiver: Receiver) -> Iterator[str]:
    with serving(receiver.app()) as address:
        yield f"{address}/hook"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path)
    yield box
    box.close()


def keep(box: Box, *emails: str) -> None:
    body = json.dumps(call(*emails)).encode()
    box.take(body, calls.read(body), "", NOON)


def ended(postman: Postman, receiver: Receiver) -> None:
    assert receiver.enough.wait(10)
    postman.stop()


def test_each_mail_is_reported_and_the_adapter_believes_it(box: Box, url: str, receiver: Receiver) -> None:
    keep(box, "anna@example.com", "bounce.bo@example.com", "full.cleo@example.com", "refused.dan@example.com")
    postman = Postman(box, url, "secret", FakeClock())
    adapter = Outbox(url="http://127.0.0.1:1", token="t", webhook_secret="secret", seconds=1, idempotency=True)
    postman.start()
    ended(postman, receiver)

    (headers, body) = receiver.posts[0]
    reports = adapter.reports(headers, body, NOON)
    ids = [line.id for line in after(box, 0, 10)]
    adapter.close()

    assert reports == [
        ProviderReport(f"{ids[0]}.delivered", "rid-0-anna", Kind.DELIVERED, NOON, "250 2.0.0 kept in the outbox"),
        ProviderReport(f"{ids[1]}.bounced", "rid-1-bounce-bo", Kind.BOUNCED, NOON, "550 5.1.1 no such mailbox"),
        ProviderReport(f"{ids[2]}.soft_bounced", "rid-2-full-cleo", Kind.SOFT_BOUNCED, NOON, "452 4.2.2 mailbox full"),
    ]


def test_events_travel_two_hundred_at_a_time(box: Box, url: str, receiver: Receiver) -> None:
    receiver.wanted = 3
    keep(box, *(f"p{n}@example.com" for n in range(401)))
    postman = Postman(box, url, "secret", FakeClock())
    postman.start()
    ended(postman, receiver)

    assert [len(json.loads(body)["events"]) for _, body in receiver.posts] == [200, 200, 1]


def test_what_is_taken_later_is_reported_when_woken(box: Box, url: str, receiver: Receiver) -> None:
    postman = Postman(box, url, "secret", FakeClock())
    postman.start()
    keep(box, "anna@example.com")
    postman.wake()
    ended(postman, receiver)

    assert box.stats().pending_webhooks == 0


def test_a_webhook_that_is_not_taken_is_posted_again_the_same(box: Box, url: str, receiver: Receiver) -> None:
    receiver.statuses, receiver.wanted = [500, 403], 3
    keep(box, "anna@example.com")
    postman = Postman(box, url, "secret", FakeClock(), pauses=(0, 0, 0))
    postman.start()
    ended(postman, receiver)

    assert len({body for _, body in receiver.posts}) == 1
    assert (box.stats().pending_webhooks, box.stats().given_up_webhooks) == (0, 0)


def test_after_too_many_tries_the_events_are_given_up_and_counted(box: Box, url: str, receiver: Receiver) -> None:
    receiver.statuses, receiver.wanted = [500, 500], 2
    keep(box, "anna@example.com", "bo@example.com")
    postman = Postman(box, url, "secret", FakeClock(), pauses=(0,))
    postman.start()
    ended(postman, receiver)

    assert (box.stats().pending_webhooks, box.stats().given_up_webhooks) == (0, 2)


def test_a_restart_goes_on_with_what_was_pending(tmp_path: Path, url: str, receiver: Receiver) -> None:
    before = Box(tmp_path)
    keep(before, "anna@example.com")
    unheard = Postman(before, f"http://127.0.0.1:{free_port()}/hook", "secret", FakeClock(), pauses=(60,))
    unheard.start()
    unheard.stop()
    pending = before.stats().pending_webhooks
    before.close()

    again = Box(tmp_path)
    postman = Postman(again, url, "secret", FakeClock())
    postman.start()
    ended(postman, receiver)

    assert (pending, again.stats().pending_webhooks) == (1, 0)
    again.close()


def test_the_outbox_reports_what_it_takes(tmp_path: Path, url: str, receiver: Receiver) -> None:
    app = create(tmp_path, token="token", webhook_secret="secret", webhook_url=url)
    with serving(app) as address:
        adapter = Outbox(url=address, token="token", webhook_secret="secret", seconds=20, idempotency=True)
        merge = plan("anna@example.com")
        adapter.send(adapter.prepare(merge), "k", rids(merge))
        heard = receiver.enough.wait(10)
        adapter.close()

    assert heard
    assert [event["rid"] for event in json.loads(receiver.posts[0][1])["events"]] == rids(merge)
