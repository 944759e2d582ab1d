"""Import of people: a CSV file with 5 % repeated addresses and 2 % invalid rows, into an empty PostgreSQL.

Two floors stand beside it, both of the rows that are stored in the end, read from a file and driven from Python: a bare
COPY into one plain table without any key, and the same rows into tables with the keys and indexes of ours. The import
runs in a process of its own, whose peak memory is measured.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random

import psycopg
from pydantic import SecretStr
from sqlalchemy import make_url

from benchmarks.report import say, stopwatch, tell
from benchmarks.server import cluster
from outreach.services import open_services
from outreach.settings import Settings
from outreach.steps.importing import import_contacts
from outreach.store import migrate, open_engine

HEADING = (
    "Relatienummer", "Voornaam", "Tussenvoegsel", "Achternaam", "E-mailadres", "Taal", "Groep", "Organisatie", "Soort",
    "Regio", "Land", "Tracking", "Sector",
)  # fmt: skip
CLEAN = (
    "email", "external_id", "first_name", "last_name", "language", "kind", "organisation", "groups", "attributes",
    "tracking",
)  # fmt: skip
SERVER = ("shared_buffers=512MB", "max_wal_size=8GB", "work_mem=32MB", "maintenance_work_mem=256MB")
FIRST = ("Anouk", "Bram", "Joël", "Käthe", "Zoë", "Sören", "Maaike", "Emre")
LAST = (("", "Zandstraal"), ("van der", "Rietkraag"), ("de", "Kraanvogel"), ("", "Süßkirsch"), ("van", "Duinrade"))
GROUPS = ("member", "social-worker", "member, volunteer", "")
SECTORS = ("youth", "care", "poverty", "")
WRONG = ("jan@@zorg.example.org", "anna.example.org", "", "tom@")
SQLS = {
    "contact": "COPY contact (id, email, external_id, first_name, last_name, language, kind, organisation_id, "
    "attributes, created_at, updated_at) FROM STDIN",
    "contact_group": "COPY contact_group (contact_id, name) FROM STDIN",
    "consent": "COPY consent (contact_id, topic, act, basis, evidence, source, at) FROM STDIN",
    "subscription": "COPY subscription (contact_id, topic, basis, since) FROM STDIN",
}
NOW = "2026-11-20 12:00:00+00"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="make bench NAME=import", description=__doc__)
    parser.add_argument("--n", type=int, default=100_000, help="rows of the file")
    parser.add_argument("--into", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.into:
        _import(asked.into, asked.file)
        return
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder), SERVER) as server:
        _measure(asked.n, Path(folder), server.url("outreach"))


def _measure(n: int, folder: Path, url: str) -> None:
    file, clean = folder / "people.csv", folder / "clean.csv"
    _write(file, HEADING, _rows(n))
    stored = _write(clean, CLEAN, _stored(file))
    tell(f"{n} rows, {stored} people")
    bare = _bare_copy(url, clean)
    tell(f"bare COPY into a plain table: {bare:.2f} s")
    _fresh(url)
    keyed = _keyed_copy(url, clean)
    tell(f"COPY into tables with keys and indexes: {keyed:.2f} s")
    _fresh(url)
    command = [sys.executable, "-m", "benchmarks", "import", "--into", url, "--file", str(file)]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    more = {"n": n, "database": "postgresql"}
    say("import", result["seconds"], "s", floor=bare, against="bare COPY, plain table", **more)
    say("import", result["seconds"], "s", floor=keyed, against="COPY, tables with keys and indexes", **more)
    say("import again", result["again"], "s", floor=bare, against="bare COPY, plain table", **more)
    say("import memory", result["megabytes"], "MB", floor=result["before"], against="before the import", **more)


def _rows(n: int) -> Iterator[Sequence[str]]:
    """Every 20th row repeats an address, every 50th is wrong."""
    chance = Random(1)
    for number in range(n):
        who = number - chance.randrange(1, 1000) if number % 20 == 7 and number > 1000 else number
        infix, last = LAST[who % len(LAST)]
        email = (
            WRONG[number // 50 % len(WRONG)]
            if number % 50 == 3
            else f"p{who * 7919 % n}.{who}@kade{who % 997}.example.org"
        )
        yield (
            f"L{who}", FIRST[who % len(FIRST)], infix, last, email, ("nl", "de", "")[who % 3], GROUPS[number % 4],
            f"Vereniging {who % 5000}", "vereniging", f"Streek {who % 5000 % 35}", "NL", ("yes", "no", "")[who % 3],
            SECTORS[who % 4],
        )  # fmt: skip


def _stored(file: Path) -> Iterator[Sequence[str]]:
    """The people of the file, each once, as they come to be stored."""
    seen: set[str] = set()
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        next(reader)
        for external, first, infix, last, email, language, groups, organisation, _, _, _, tracking, sector in reader:
            if email in seen or email in WRONG:
                continue
            seen.add(email)
            attributes = json.dumps({"sector": sector} if sector else {})
            name = f"{infix} {last}".strip()
            yield email, external, first, name, language, "personal", organisation, groups, attributes, tracking


def _write(path: Path, heading: Sequence[str], rows: Iterator[Sequence[str]]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heading)
        number = 0
        for number, row in enumerate(rows, 1):  # noqa: B007
            writer.writerow(row)
    return number


def _fresh(url: str) -> None:
    """Make the tables anew, and let the server finish what earlier work left it."""
    with _connect(url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute("CHECKPOINT")
    engine = open_engine(url)
    migrate.upgrade(engine)
    engine.dispose()


def _connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


def _read(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader


def _bare_copy(url: str, clean: Path) -> float:
    with _connect(url) as connection:
        connection.execute(f"CREATE TABLE plain ({', '.join(f'{name} text' for name in CLEAN)})")
        with stopwatch() as watch:
            _copy(connection, "COPY plain FROM STDIN", _read(clean))
    return watch.seconds


def _copy(connection: "psycopg.Connection[tuple[object, ...]]", sql: str, rows: Iterator[Sequence[object]]) -> None:
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)


def _keyed_copy(url: str, clean: Path) -> float:
    """Everything the import stores of people and the consent given to all, numbered beforehand."""
    with _connect(url) as connection:
        connection.execute(
            "INSERT INTO organisation (id, name, kind, region, country) "
            "SELECT g + 1, 'Vereniging ' || g, 'association', '', 'NL' FROM generate_series(0, 4999) AS g"
        )
        with stopwatch() as watch, connection.transaction():
            _copy(connection, SQLS["contact"], _contacts(clean))
            _copy(connection, SQLS["contact_group"], _members(clean))
            _copy(connection, SQLS["consent"], _consents(clean, "given", "consent", "list", "import people.csv", NOW))
            _copy(connection, SQLS["subscription"], _consents(clean, "consent", NOW))
    return watch.seconds


def _contacts(clean: Path) -> Iterator[Sequence[object]]:
    for number, row in enumerate(_read(clean), 1):
        email, external, first, last, language, kind, organisation, _, attributes, _ = row
        employer = int(organisation.split()[1]) + 1
        yield number, email, external, first, last, language or None, kind, employer, attributes, NOW, NOW


def _consents(clean: Path, *rest: object) -> Iterator[Sequence[object]]:
    for number, row in enumerate(_read(clean), 1):
        yield number, "social-work", *rest
        if row[-1] == "yes":
            yield number, "tracking", *rest


def _members(clean: Path) -> Iterator[Sequence[object]]:
    for number, row in enumerate(_read(clean), 1):
        for name in filter(None, row[7].split(", ")):
            yield number, name


def _import(url: str, file: Path) -> None:
    before = _megabytes()
    settings = Settings(
        _env_file=None, home=file.parent, database_url=url, secret=SecretStr("a-key-for-benchmarks-only-long-enough")
    )
    grant = {"topic": "social-work", "basis": "consent", "evidence": "list", "given_on": date(2026, 11, 1)}
    with open_services(settings) as services:
        with stopwatch() as first:
            report = import_contacts(services, file, **grant)
        tell(str(report)[:500])
        peak = _megabytes()
        with stopwatch() as second:
            again = import_contacts(services, file, **grant)
        tell(str(again)[:500])
    print(json.dumps({"seconds": first.seconds, "again": second.seconds, "megabytes": peak, "before": before}))


def _megabytes() -> float:
    """Peak memory of this process; what `getrusage` tells begins with that of whoever started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
