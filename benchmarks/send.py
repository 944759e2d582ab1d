"""Sending: from a planned wave to every recipient accepted, through an email API on loopback, on PostgreSQL.

`merge` hands the API a template with variables (Mailgun, 1,000 recipients a call), `filled` every mail written out
(Lettermint, 500 a call), `smtp` single mails to postfix's smtp-sink. Message: two languages, 8 kB of HTML, ten tracked
links and a pixel; ledger, suppression and consent are looked at for every batch. One process with the lanes that a run
begins with; `two processes`, of a lane each, is what a form with one more worker gives. The floor is the least that a
ledger costs: the same rows inserted into such tables with their keys, read once and updated per batch, a transaction
each. `floor` updates the batch's row, as our ledger does; `floor_of_rows` the recipients' rows.

`workers` are processes with a lane each that share a wave, with an API that takes 50 ms a call; their floor is one of
them. `beside` is a letter of the house while a wave is sent, on both databases; its floor is the bar. `scale` compares
the seconds a recipient of n with those of n/10 in the same database. Memory is the sender's at its peak; `sender` and
`server` are microseconds of processor time a recipient, which say more than the clock where others use the machine.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks import beside, mailing
from benchmarks.report import say, stopwatch, tell
from benchmarks.segment import SERVER
from benchmarks.sending import APIS, api, check_all_accepted, seconds_of_server, send
from benchmarks.server import cluster
from outreach.store import Sessions, migrate, open_engine, open_sessions

OTHERS = ("workers", "beside", "scale")
LANES = 2
"""What the form of a run proposes."""
TEAMS = {"merge": (1, 2)}
"""How many processes share a wave, where not one alone sends it."""

WORKERS = 4


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="make bench NAME=send", description=__doc__)
    parser.add_argument("--n", type=int, default=100_000, help="recipients")
    parser.add_argument("--lanes", type=int, default=LANES, help="lanes of one worker")
    parser.add_argument("--only", choices=(*APIS, *OTHERS), nargs="+", help="some of the measurements")
    asked = parser.parse_args(arguments)
    wanted = asked.only or (*APIS, *OTHERS)
    n: int = asked.n
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder), SERVER) as server:
        url = server.url("outreach")
        engine = _filled(url, n)
        sessions = open_sessions(engine)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))

        def served() -> float:
            return seconds_of_server(server.folder)

        for name in [name for name in APIS if name in wanted]:
            for workers in TEAMS.get(name, (1,)):
                lanes = asked.lanes if workers == 1 else 1
                _measure(name, sessions, url, n, lanes=lanes, served=served, workers=workers)
        if "workers" in wanted:
            _workers(sessions, url, min(n, 100_000))
        if "beside" in wanted:
            beside.measure(sessions, url, n, "postgresql", asked.lanes)
        if "scale" in wanted:
            _scale(sessions, url, n, asked.lanes)
        engine.dispose()
    if "beside" in wanted:
        _beside_on_sqlite(n, asked.lanes)


def _filled(url: str, n: int) -> Engine:
    engine = open_engine(url)
    migrate.upgrade(engine)
    with stopwatch() as filling, open_sessions(engine).begin() as session:
        mailing.add_people(session, n)
    tell(f"{n} contacts made in {filling.seconds:.0f} s")
    return engine


def _measure(
    name: str, sessions: Sessions, url: str, n: int, *, lanes: int, served: Callable[[], float], workers: int = 1
) -> None:
    with api(name) as settings:
        if settings is None:
            tell("smtp-sink is missing: apt-get install postfix")
            return
        batch = settings["batch_size"]
        wave_id = mailing.planned(sessions, batch, n)
        floor = _floor(sessions, wave_id, rows=False)
        of_rows = _floor(sessions, wave_id, rows=True)
        before = served()
        sent = send(sessions, {**settings, "database_url": url}, wave_id, workers, lanes=lanes)
        server = served() - before
        check_all_accepted(sessions, wave_id, n)
    what = f"send: {name}" if workers == 1 else f"send: {name}, two processes"
    say(what, n / sent.seconds, "recipients/s", floor=n / floor, n=n, database="postgresql",
        seconds=round(sent.seconds, 2), floor_seconds=round(floor, 2), times_floor=round(sent.seconds / floor, 2),
        floor_of_rows_seconds=round(of_rows, 2), memory_mb=round(sent.memory), lanes=lanes,
        microseconds_each=round(sent.seconds / n * 1e6, 1), sender=round(sent.busy / n * 1e6, 1),
        server=round(server / n * 1e6, 1))  # fmt: skip


def _workers(sessions: Sessions, url: str, n: int) -> None:
    taken: dict[int, float] = {}
    for workers in (1, WORKERS):
        with api("merge", latency=0.05) as settings:
            assert settings is not None
            settings = {**settings, "batch_size": 50, "database_url": url}  # noqa: PLW2901 - calls enough to share
            wave_id = mailing.planned(sessions, settings["batch_size"], n)
            taken[workers] = send(sessions, settings, wave_id, workers).seconds
            check_all_accepted(sessions, wave_id, n)
    say("send: four workers, an API that takes 50 ms", n / taken[WORKERS], "recipients/s", floor=n / taken[1], n=n,
        database="postgresql", calls_of=50, seconds=round(taken[WORKERS], 2),
        one_worker_seconds=round(taken[1], 2))  # fmt: skip


def _scale(sessions: Sessions, url: str, n: int, lanes: int) -> None:
    each: dict[int, float] = {}
    for people in (n // 10, n):
        with api("merge") as settings:
            assert settings is not None
            wave_id = mailing.planned(sessions, settings["batch_size"], people)
            sent = send(sessions, {**settings, "database_url": url}, wave_id, lanes=lanes)
            check_all_accepted(sessions, wave_id, people)
            each[people] = sent.seconds / people * 1e6
    say("send: scale", each[n], "µs a recipient", floor=each[n // 10], n=n, database="postgresql", lanes=lanes,
        memory_mb=round(sent.memory))  # fmt: skip


def _beside_on_sqlite(n: int, lanes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/outreach.db"
        engine = _filled(url, n)
        beside.measure(open_sessions(engine), url, n, "sqlite", lanes)
        engine.dispose()


def _floor(sessions: Sessions, wave_id: int, *, rows: bool) -> float:
    """Insert the same rows, read each once in batches, update each batch or its *rows*; a transaction for each."""
    of_batch = "UPDATE bare_batch SET state = 'accepted' WHERE id = :id"
    of_rows = "UPDATE bare SET status = 'accepted' WHERE batch_id = :id"
    with sessions() as session:
        session.execute(text("CREATE TABLE bare (LIKE delivery INCLUDING ALL)"))
        session.execute(text("CREATE TABLE bare_batch (LIKE batch INCLUDING ALL)"))
        session.commit()
        with stopwatch() as watch:
            for table in ("delivery", "batch"):
                name = "bare" if table == "delivery" else "bare_batch"
                session.execute(text(f"INSERT INTO {name} SELECT * FROM {table} WHERE wave_id = {wave_id}"))
            session.commit()
            for (batch_id,) in session.execute(text("SELECT id FROM bare_batch")).all():
                session.execute(text("SELECT * FROM bare WHERE batch_id = :id"), {"id": batch_id}).all()
                session.execute(text(of_rows if rows else of_batch), {"id": batch_id})
                session.commit()
        session.execute(text("DROP TABLE bare, bare_batch"))
        session.commit()
    tell(f"floor{' of rows' if rows else ''}: {watch.seconds:.2f} s")
    return watch.seconds
