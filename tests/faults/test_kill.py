"""The sender is killed at random moments and started again: nobody gets the wave twice, nobody is left out."""

import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from outreach.delivery.queries import settle
from outreach.demo.outbox import create
from outreach.model.delivery import Outcome
from outreach.model.wave import BatchState
from outreach.store.tables import BatchRow, DeliveryRow
from tests.builders_delivery import sending_wave
from tests.conftest import KEY
from tests.faults import sender
from tests.providers.serving import serving

PEOPLE = 600
BATCH = 10
KILLS = 10

SENDERS = multiprocessing.get_context("forkserver")  # a real process each, without importing everything anew
SENDERS.set_forkserver_preload(["tests.faults.sender"])


@pytest.fixture(params=[True, False], ids=["with keys", "without keys"])
def keys(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def outbox(tmp_path: Path, keys: bool) -> Iterator[str]:
    with serving(create(tmp_path / "outbox", token="outbox", webhook_secret="secret", idempotency=keys)) as url:
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


def kill_when_taken(process: BaseProcess, outbox: str, mails: int) -> None:
    """Kill as soon as the outbox has taken *mails*; the sender is then anywhere between two commits."""
    with httpx.Client(base_url=outbox, headers={"Authorization": "Bearer outbox"}) as client:
        while process.is_alive() and client.get("/v1/stats").json()["messages"] < mails:
            pass
    process.kill()
    process.join()


def test_a_killed_sender_sends_nobody_the_wave_twice_and_leaves_nobody_out(services, database_url, outbox, keys):
    services.provider.limits = type(services.provider.limits)(recipients=BATCH, body_bytes=1_000_000)
    wave_id = sending_wave(services, PEOPLE)
    chance = random.Random(7)

    for moment in sorted(chance.randrange(PEOPLE) for _ in range(KILLS)):
        kill_when_taken(start(wave_id, database_url, outbox, keys), outbox, moment)
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
