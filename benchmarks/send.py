"""Sending on PostgreSQL: from a planned wave to every recipient accepted, through an email API on loopback.

`merge` hands the API a template with variables (Mailgun, 1,000 recipients a call), `filled` every mail written out
(Lettermint, 500 a call), `smtp` single mails to postfix's smtp-sink. Message: two languages, 8 kB of HTML, ten tracked
links and a pixel; ledger, suppression and consent are looked at for every batch. The floor is the least that a ledger
costs: the same rows inserted, read once and updated per batch. `workers` are processes that share the wave, with an API
that takes 50 ms a call; their floor is one of them. Memory is the sender's at its peak.
"""

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from shutil import which
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.report import say, stopwatch, tell
from benchmarks.segment import SERVER, VARIANTS
from benchmarks.server import cluster
from outreach.campaigns import queries as campaigns
from outreach.clock import now
from outreach.delivery.queries import freeze, plan, settle
from outreach.model.mail import Address, Link, Message, Salutation
from outreach.model.wave import WaveStep
from outreach.services import open_services
from outreach.settings import Settings
from outreach.steps import sending
from outreach.store import Sessions, migrate, open_engine, open_sessions
from tests.builders_delivery import campaign, everyone

KEYS = {"secret": "a-secret-for-benchmarks-that-is-long-enough"}
APIS: Mapping[str, Mapping[str, Any]] = {
    "merge": {"provider": "mailgun", "mailgun_key": "key", "mailgun_domain": "example.org", "batch_size": 1000},
    "filled": {"provider": "lettermint", "lettermint_token": "token", "batch_size": 500},
    "smtp": {"provider": "smtp", "batch_size": 500},
}
BYTES = 8000
LINKS = 10


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="make bench NAME=send", description=__doc__)
    parser.add_argument("--n", type=int, default=100_000, help="recipients")
    parser.add_argument("--only", choices=(*APIS, "workers"), help="one of the measurements alone")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder), SERVER) as server:
        url = server.url("outreach")
        engine = open_engine(url)
        migrate.upgrade(engine)
        sessions = open_sessions(engine)
        with stopwatch() as filling, sessions.begin() as session:
            _people(session, asked.n)
        tell(f"{asked.n} contacts made in {filling.seconds:.0f} s")
        for name in APIS:
            if asked.only in (None, name):
                _measure(name, sessions, url, asked.n)
        if asked.only in (None, "workers"):
            _workers(sessions, url, min(asked.n, 100_000))
        engine.dispose()


def _people(session: Session, n: int) -> None:
    people = """
        INSERT INTO contact (id, email, first_name, last_name, language, kind, attributes, created_at, updated_at)
        SELECT g, 'person' || g || '@example.org', 'Voornaam' || g % 5000, 'Organisatie ' || g % 900,
               (ARRAY['nl', 'de'])[1 + g % 2], 'personal', '{}', now(), now()
        FROM generate_series(1, :n) AS g
    """
    session.execute(text(people), {"n": n})
    for table in ("consent (contact_id, topic, act, basis, evidence, source, at)", "subscription"):
        words = "'given', 'consent', 'a form', 'bench', now()" if table.startswith("consent") else "'consent', now()"
        session.execute(text(f"INSERT INTO {table} SELECT id, 'social-work', {words} FROM contact"))


def _measure(name: str, sessions: Sessions, url: str, n: int) -> None:
    with _api(name) as settings:
        if settings is None:
            tell("smtp-sink is missing: apt-get install postfix")
            return
        wave_id = _planned(sessions, settings["batch_size"])
        batch = settings["batch_size"]
        floor = _floor(sessions, wave_id, batch)
        seconds, memory = _sent(sessions, {**settings, "database_url": url}, wave_id, workers=1)
        _all_accepted(sessions, wave_id, n)
    say(f"send: {name}", n / seconds, "recipients/s", floor=n / floor, n=n, database="postgresql",
        seconds=round(seconds, 2), floor_seconds=round(floor, 2), times_floor=round(seconds / floor, 2),
        memory_mb=round(memory), microseconds_each=round(seconds / n * 1e6, 1))  # fmt: skip


def _workers(sessions: Sessions, url: str, n: int) -> None:
    taken: dict[int, float] = {}
    for workers in (1, 4):
        with _api("merge", latency=0.05) as settings:
            assert settings is not None
            settings = {**settings, "batch_size": 50, "database_url": url}  # noqa: PLW2901 - calls enough to share
            wave_id = _planned(sessions, settings["batch_size"])
            taken[workers], _ = _sent(sessions, settings, wave_id, workers=workers)
            _all_accepted(sessions, wave_id, n)
    say("send: four workers, an API that takes 50 ms", n / taken[4], "recipients/s", floor=n / taken[1], n=n,
        database="postgresql", seconds=round(taken[4], 2), one_worker_seconds=round(taken[1], 2))  # fmt: skip


@contextmanager
def _api(name: str, latency: float = 0.0) -> Iterator[dict[str, Any] | None]:
    """Run an API and yield the settings that lead to it; None where what it needs is not installed."""
    if name == "smtp":
        with _smtp_sink() as port:
            yield {**KEYS, **APIS[name], "smtp_url": f"smtp://127.0.0.1:{port}"} if port else None
        return
    command = [sys.executable, "-m", "benchmarks.loopback", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as api:
        assert api.stdout is not None
        address = f"http://127.0.0.1:{api.stdout.readline().strip()}"
        urls = {"mailgun_url": address, "lettermint_url": f"{address}/v1"}
        try:
            yield {**KEYS, **APIS[name], **urls}
        finally:
            api.kill()


@contextmanager
def _smtp_sink() -> Iterator[int | None]:
    program = which("smtp-sink", path="/usr/sbin:/usr/bin")
    if program is None:
        yield None
        return
    port = 20250
    user = ["-u", "nobody"] if Path("/proc/self").stat().st_uid == 0 else []
    with subprocess.Popen([program, *user, f"127.0.0.1:{port}", "200"], stderr=subprocess.DEVNULL) as sink:
        try:
            yield port
        finally:
            sink.kill()


def _planned(sessions: Sessions, most: int) -> int:
    with sessions.begin() as session:
        number = session.scalar(text("SELECT count(*) FROM wave"))
        wave = campaigns.register(session, *campaign(f"bench{number}"), now())
        plan.freeze_messages(session, wave.id, [_message(variant) for variant in ("nl", "de", "nl+de")])
        freeze.gather(session, {"members": everyone()}, VARIANTS)
        plan.start_counters(session, wave.id, freeze.freeze(session, wave.id, most))
        campaigns.take(session, wave.id, WaveStep.PLAN, now())
        campaigns.take(session, wave.id, WaveStep.APPROVE, now())
    return wave.id


def _message(variant: str) -> Message:
    link = '<p><a href="https://mail.example.org/c/@@rid@@/{0}">Lees meer</a> {1}</p>'
    filler = "woorden over sociaal werk in de wijk " * ((BYTES - 1500) // (37 * LINKS))
    body = "".join(link.format(number, filler) for number in range(LINKS))
    foot = "https://mail.example.org/u/@@unsubscribe@@ https://mail.example.org/preferences/@@preferences@@"
    return Message(
        variant=variant,
        languages=tuple(variant.split("+")),
        sender=Address("nieuws@example.org", "Vereniging"),
        reply_to="vraag@example.org",
        subject="Zes van de tien: wie maakt het rond?",
        html=f'<html><body><p>@@salutation_nl@@</p>{body}<a href="{foot.split()[0]}">x</a>'
        f'<a href="{foot.split()[1]}">y</a><img src="https://mail.example.org/@@pixel@@.gif" alt=""></body></html>',
        text=f"@@salutation_nl@@\n\n{filler}\n{foot}\n",
        headers={
            "List-Unsubscribe": "<https://mail.example.org/u/@@unsubscribe@@>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        links=tuple(Link(f"https://www.example.org/{number}", "Lees meer") for number in range(LINKS)),
        salutations={"nl": Salutation("Beste {name},", "Beste lezer,")},
    )


def _floor(sessions: Sessions, wave_id: int, most: int) -> float:
    """Insert the same rows, read each once in batches, update once per batch, each batch in a transaction."""
    with sessions() as session:
        session.execute(text("CREATE TABLE bare AS SELECT * FROM delivery WHERE false"))
        session.execute(text("CREATE TABLE bare_batch (id int primary key, state text)"))
        batches = f"INSERT INTO bare_batch SELECT id, 'planned' FROM batch WHERE wave_id = {wave_id}"
        session.execute(text(batches))
        session.commit()
        with stopwatch() as watch:
            session.execute(text("INSERT INTO bare SELECT * FROM delivery WHERE wave_id = :wave"), {"wave": wave_id})
            session.execute(text("CREATE INDEX ON bare (batch_id)"))
            session.commit()
            for (batch_id,) in session.execute(text("SELECT id FROM bare_batch")).all():
                session.execute(text("SELECT * FROM bare WHERE batch_id = :id"), {"id": batch_id}).all()
                session.execute(text("UPDATE bare_batch SET state = 'accepted' WHERE id = :id"), {"id": batch_id})
                session.commit()
        session.execute(text("DROP TABLE bare, bare_batch"))
        session.commit()
    tell(f"floor: {watch.seconds:.2f} s in batches of {most}")
    return watch.seconds


def _sent(sessions: Sessions, settings: Mapping[str, Any], wave_id: int, workers: int) -> tuple[float, float]:
    """Return the seconds from the start of the wave to the last worker's end, and the most memory of one in MB."""
    context = multiprocessing.get_context("spawn")
    go, ready, told = context.Event(), context.Semaphore(0), context.Queue()
    team = [context.Process(target=_send, args=(dict(settings), wave_id, go, ready, told)) for _ in range(workers)]
    for worker in team:
        worker.start()
    for _ in team:
        ready.acquire()
    with sessions.begin() as session:
        campaigns.take(session, wave_id, WaveStep.START, now())
    with stopwatch() as watch:
        go.set()
        results = [json.loads(told.get()) for _ in team]
    for worker in team:
        worker.join()
    return watch.seconds, max(result["memory"] for result in results)


def _send(settings: dict[str, Any], wave_id: int, go: Event, ready: Any, told: Any) -> None:
    with open_services(Settings(_env_file=None, **settings)) as services:
        ready.release()
        go.wait()
        sent = sending.send_batches(services, wave_id, _wait)
    told.put(json.dumps({"sent": sent, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def _wait(seconds: float) -> None:
    raise RuntimeError(f"the API asked to wait {seconds} s")


def _all_accepted(sessions: Sessions, wave_id: int, n: int) -> None:
    with sessions() as session:
        outcome = settle.outcome(session, wave_id)
    if outcome.accepted != n:
        sys.exit(f"not all {n} recipients were accepted: {outcome}")
