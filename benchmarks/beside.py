"""Letters beside a wave: a confirmation is asked for every half second while one worker sends.

Readers, receiver and its postman are a process of their own: the form is loaded and posted, and the letter leaves after
the answer. Seconds are from before the form is loaded until the ledger says that the letter was accepted.
"""

import multiprocessing
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event
from statistics import median
from typing import Any

from sqlalchemy import select

from benchmarks import mailing
from benchmarks.report import say, stopwatch
from benchmarks.sending import api, check_all_accepted, heard, running, started
from outreach.delivery.queries import letter as letters
from outreach.model.wave import BatchState
from outreach.services import open_services
from outreach.settings import Settings
from outreach.store import Sessions, reading
from outreach.store.tables import BatchRow, DeliveryRow
from tests.builders_subscriptions import Visitor

EVERY = 0.5
LOOK_EVERY = 0.05
BAR = 5.0


def measure(sessions: Sessions, url: str, n: int, database: str, lanes: int) -> None:
    """Send a wave to *n* people and letters beside it; say how long the letters took."""
    context = multiprocessing.get_context("spawn")
    go, over, told = context.Event(), context.Event(), context.Queue()
    with api("merge") as settings:
        assert settings is not None
        settings = {**settings, "database_url": url}  # noqa: PLW2901 - the same, with the database
        wave_id = mailing.planned(sessions, settings["batch_size"], n)
        receiver = context.Process(target=_receive, args=(settings, go, over, told))
        with running([receiver]):
            heard(told, [receiver])
            with started(sessions, settings, wave_id, workers=1, lanes=lanes) as done, stopwatch() as watch:
                go.set()
                done()
            over.set()
            waits = heard(told, [receiver])
    check_all_accepted(sessions, wave_id, n)
    say("send: a letter beside a wave, longest", max(waits), "s", floor=BAR, n=n, database=database,
        letters=len(waits), median_seconds=round(median(waits), 3), wave_seconds=round(watch.seconds, 2))  # fmt: skip


def _receive(settings: Mapping[str, Any], go: Event, over: Event, told: Any) -> None:
    with open_services(Settings(_env_file=None, **settings)) as services, ThreadPoolExecutor(16) as threads:
        visitor = Visitor(services, options={"form_seconds": 0, "forms_per_hour": 1_000_000})
        visitor.subscribe("first@example.org")  # what is read and compiled once is, in a receiver that runs
        told.put("ready")
        go.wait()
        asked: dict[str, float] = {}
        seen = threads.submit(_seen, services.sessions, asked, over)
        while not asked or not over.wait(EVERY):
            email = f"new{len(asked)}@example.org"
            asked[email] = time.perf_counter()
            threads.submit(visitor.subscribe, email)
        told.put([moment - asked[email] for email, moment in seen.result().items()])


def _seen(sessions: Sessions, asked: Mapping[str, float], over: Event) -> dict[str, float]:
    """Return when each letter was seen to be accepted, by looking again and again until all are."""
    letter = select(DeliveryRow.email).join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
    seen: dict[str, float] = {}
    while not over.is_set() or len(seen) < len(asked):
        with reading(sessions) as session:
            of_letters = DeliveryRow.wave_id.in_(letters.waves(session).values())
            accepted = session.scalars(letter.where(of_letters, BatchRow.state == BatchState.ACCEPTED)).all()
        now = time.perf_counter()
        for email in set(accepted) & asked.keys():
            seen.setdefault(email, now)
        time.sleep(LOOK_EVERY)
    return seen
