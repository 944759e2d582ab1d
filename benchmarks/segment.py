"""Segments and planning on PostgreSQL: ten audiences over n people with 10n rows of engagement; a wave to everybody.

`count` is what `outreach audience count` asks: how many would get a mail, by language. `selection` is what planning
does first: every column that a mail needs, of everybody in it, written into a temporary table (`freeze.gather`). Their
floor is a bare count of the contacts. `plan` is the whole of planning after the mails are compiled: recipients and
batches frozen, counters, digest, committed; its floor is a bare INSERT … SELECT of the same people into a table of the
same shape without keys or indexes. Every figure is the middle one of three; planning is done once. The statements'
plans stand in the figures' lines (`plan`). The server is durable (fsync on), with the settings of `SERVER`.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import ClauseElement, Executable, Select, column, func, insert, literal, select, table, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from benchmarks.population import fill
from benchmarks.report import say, stopwatch, tell
from benchmarks.server import cluster
from outreach.audience import queries as audience
from outreach.audience.read import parse
from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import freeze, plan
from outreach.model.people import AddressKind
from outreach.model.segment import Segment
from outreach.store import Sessions, migrate, open_engine, open_sessions
from tests.builders_delivery import campaign, message

SERVER = (
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=1GB",
    "max_wal_size=4GB",
    "maintenance_work_mem=256MB",
    "random_page_cost=1.1",
)
TOPIC = "social-work"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
MOST = 500
VARIANTS = {
    (language, kind): variant
    for language, variant in (("nl", "nl"), ("de", "de"), (None, "nl+de"))
    for kind in AddressKind
}
AUDIENCES = {
    "members in the Netherlands": 'all = [{ group = "member" }, { country = "NL" }]',
    "one address per municipality": """
        all = [{ group = "municipality" }]
        one_per = "organisation"
        prefer = ["named", "role"]
    """,
    "social workers who did not click": 'all = [{ group = "social-worker" }, { not_clicked = "bench/wave7" }]',
    "opened and has not answered": 'all = [{ opened = "bench/wave8" }, { not_submitted = "nominate" }]',
    "three regions": 'all = [{ region_in = ["Region 1", "Region 2", "Region 3"] }]',
    "joined lately": "all = [{ joined_after = 2025-06-01 }]",
    "in youth work": 'all = [{ attribute = "sector=youth" }]',
    "nested": """
        all = [{ any = [{ group = "social-worker" }, { all = [{ group = "member" }, { language = "de" }] }] }]
        none = [{ submitted = "nominate" }, { region_in = ["Region 9"] }]
    """,
    "two more topics": 'all = [{ subscribed_to = "care" }, { subscribed_to = "energy" }]',
    "received three waves' mails and opened none": """
        all = [{ not_opened = ["bench/wave4", "bench/wave5", "bench/wave6"] }, { subscribed_to = "tracking" }]
    """,
}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="make bench NAME=segment", description=__doc__)
    parser.add_argument("--n", type=int, default=100_000, help="contacts")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder), SERVER) as server:
        engine = open_engine(server.url("outreach"))
        migrate.upgrade(engine)
        with stopwatch() as filling:
            fill(engine, asked.n)
        tell(f"{asked.n} contacts made in {filling.seconds:.0f} s")
        measure(open_sessions(engine), asked.n)
        engine.dispose()


def measure(sessions: Sessions, n: int) -> None:
    segments = [parse(name, f'title = "x"\n{toml}', source=name) for name, toml in AUDIENCES.items()]
    with sessions() as session:
        floor, _ = _middle(session, lambda: session.scalar(text("SELECT count(*) FROM contact")))
        for segment in segments:
            _segment(session, segment, floor, n)
    _plan(sessions, parse("everybody", 'title = "x"\nall = []', source="everybody"), n)


def _segment(session: Session, segment: Segment, floor: float, n: int) -> None:
    chosen = audience.recipients(segment, topic=TOPIC, now=NOW)
    count, people = _middle(session, lambda: audience.count(session, segment, topic=TOPIC, now=NOW))
    selection, _ = _middle(session, lambda: freeze.gather(session, {segment.name: chosen}, VARIANTS))
    more: Mapping[str, Any] = {"floor": floor, "n": n, "database": "postgresql", "segment": segment.name}
    by_language = select(chosen.subquery().c.language, func.count()).group_by(text("1"))
    say("count", count, "s", **more, people=people, plan=_explained(session, by_language))
    say("selection", selection, "s", **more, people=people, plan=_explained(session, chosen))


def _middle(session: Session, work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the middle one of three times, and what the work gave; nothing of it stays."""
    taken: list[float] = []
    for _ in range(3):
        with stopwatch() as watch:
            result = work()
        session.rollback()
        taken.append(watch.seconds)
    return median(taken), result


class Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(Explain)
def _explain(element: Explain, compiler: Any, **options: Any) -> str:
    return "EXPLAIN (ANALYZE, BUFFERS) " + compiler.process(element.statement, **options)


def _explained(session: Session, query: Select[Any]) -> str:
    lines = [line for (line,) in session.execute(Explain(query))]
    session.rollback()
    return "\n".join(lines)


def _plan(sessions: Sessions, everybody: Segment, n: int) -> None:
    """Plan a wave to everybody who agreed to news, in three languages."""
    chosen = audience.recipients(everybody, topic="news", now=NOW)
    bare = _bare(sessions, chosen)
    parts: dict[str, float] = {}
    with stopwatch() as whole, sessions.begin() as session:
        wave = campaigns.register(session, *campaign("everybody"), NOW)
        plan.clear(session, wave.id)
        plan.freeze_messages(session, wave.id, [message(variant) for variant in ("nl", "de", "nl+de")])
        with stopwatch() as gathering:
            freeze.gather(session, {"everybody": chosen}, VARIANTS)
        with stopwatch() as freezing:
            cells = freeze.freeze(session, wave.id, MOST)
        plan.start_counters(session, wave.id, cells)
        with stopwatch() as hashing:
            plan.digest(session, wave.id)
        parts = {"gather": gathering.seconds, "freeze": freezing.seconds, "digest": hashing.seconds}
    people = sum(cells.values())
    rounded = {name: round(seconds, 2) for name, seconds in parts.items()}
    say("plan", people / whole.seconds, "recipients/s", floor=people / bare, n=people, database="postgresql",
        seconds=round(whole.seconds, 2), **rounded)  # fmt: skip
    with sessions() as session:
        out, reasons = _middle(session, lambda: audience.left_out(session, [everybody], topic="news", now=NOW))
    say("plan: who is left out", out, "s", floor=bare, n=n, database="postgresql", reasons=reasons)


def _bare(sessions: Sessions, chosen: Select[Any]) -> float:
    who = chosen.subquery()
    columns: dict[str, Any] = {
        "id": literal(1), "wave_id": literal(1), "contact_id": who.c.contact_id, "batch_id": literal(1),
        "audience": literal("everybody"), "variant": literal("nl"), "email": who.c.email,
        "first_name": who.c.first_name, "organisation": who.c.organisation, "tracked": who.c.tracked,
        "cause": literal(""),
    }  # fmt: skip
    bare = table("bare", *(column(name) for name in columns))
    with sessions() as session:
        session.execute(text("CREATE TABLE bare (LIKE delivery)"))
        with stopwatch() as watch:
            session.execute(insert(bare).from_select(list(columns), select(*columns.values())))
            session.commit()
        session.execute(text("DROP TABLE bare"))
        session.commit()
    return watch.seconds


if __name__ == "__main__":
    main(sys.argv[1:])
