"""The sender is killed at random moments and started again: nobody gets the wave twice, nobody is left out."""

import multiprocessing
import queue
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach.delivery.queries import settle
from outreach.demo.outbox import create
from outreach.model.delivery import Outcome
from outreach.model.wave import BatchState
from outreach.store.tables import BatchRow, DeliveryRow
from tests.builders_delivery import sending_wave
from tests.conftest import KEY
from tests.faults import sender
from tests.providers.serving import serving

PEOPLE = 300
BATCH = 5
KILLS = 10

SENDERS = multiprocessing.get_context("forkserver")  # a real process each, without importing everything anew
SENDERS.set_forkserver_preload(["tests.faults.sender"])


class Moment(StrEnum):
    """When the sender is killed, seen from the email API."""

    UNREAD = "the call has come and is not read"
    TAKEN = "the call is taken and not answered"
    ANSWERED = "the answer is on its way"
    LATER = "somewhere between two calls"


class Killer:
    """The email API with a finger on the sender's life: it kills at a chosen call, at a chosen moment."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.calls_left = 0
        self.moment = Moment.UNREAD
        self.delay = 0.0
        self.victim: queue.SimpleQueue[BaseProcess] = queue.SimpleQueue()

    def at(self, call: int, moment: Moment, delay: float) -> None:
        self.calls_left, self.moment, self.delay = call, moment, delay

    def kill(self) -> None:
        process = self.victim.get()
        process.kill()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/v1/messages" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        self.calls_left -= 1
        if self.calls_left != 0:
            await self.app(scope, receive, send)
            return
        if self.moment is Moment.UNREAD:
            self.kill()
            return
        if self.moment is Moment.TAKEN:
            await self.app(scope, receive, _into_the_void)
            self.kill()
            return
        await self.app(scope, receive, send)
        if self.moment is Moment.LATER:
            threading.Timer(self.delay, self.kill).start()
        else:
            self.kill()


async def _into_the_void(message: Message) -> None:
    pass


@pytest.fixture(params=[True, False], ids=["with keys", "without keys"])
def keys(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def killer(tmp_path: Path, keys: bool) -> Killer:
    return Killer(create(tmp_path / "outbox", token="outbox", webhook_secret="secret", idempotency=keys))


@pytest.fixture
def outbox(killer: Killer) -> Iterator[str]:
    with serving(killer) as url:
        yield url


def start(wave_id: int, database_url: str, outbox: str, keys: bool) -> BaseProcess:
    process = SENDERS.Process(target=sender.send, args=(wave_id, database_url, outbox, KEY, keys))
    process.start()
    return process


def taken(outbox: str) -> list[str]:
    """The rids of all mails the outbox took, one for each time."""
    rids: list[str] = []
    after: int | None = 0
    with httpx.Client(base_url=outbox, headers={"Authorization": "Bearer outbox"}) as client:
        while after is not None:
            page = client.get("/v1/messages", params={"after": after, "limit": 1000}).json()
            rids += [mail["rid"] for mail in page["messages"]]
            after = page["next"]
    return rids


def test_a_killed_sender_sends_nobody_the_wave_twice_and_leaves_nobody_out(
    services, database_url, killer, outbox, keys
):
    services.provider.limits = type(services.provider.limits)(recipients=BATCH, body_bytes=1_000_000)
    wave_id = sending_wave(services, PEOPLE)
    chance = random.Random(7)

    for number in range(KILLS):
        killer.at(chance.randint(1, 5), list(Moment)[number % len(Moment)], delay=chance.uniform(0, 0.02))
        victim = start(wave_id, database_url, outbox, keys)
        killer.victim.put(victim)
        victim.join(60)
        assert victim.exitcode == -signal.SIGKILL

    last = start(wave_id, database_url, outbox, keys)
    last.join(60)
    assert last.exitcode == 0

    rids = taken(outbox)
    with services.sessions() as session:
        outcome = settle.outcome(session, wave_id)
        unsure = set(
            session.scalars(
                select(DeliveryRow.id)
                .join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
                .where(BatchRow.state == BatchState.UNKNOWN)
            )
        )
    everybody = {services.tokens.rid(number) for number in range(1, PEOPLE + 1)}
    assert [rid for rid, times in Counter(rids).items() if times > 1] == []
    assert everybody - set(rids) <= {services.tokens.rid(delivery) for delivery in unsure}
    if keys:
        assert outcome == Outcome(accepted=PEOPLE, refused=0, unknown=0, waiting=0)
    else:
        assert outcome == Outcome(accepted=PEOPLE - len(unsure), refused=0, unknown=len(unsure), waiting=0)
