"""Opening the database: SQLite embedded, PostgreSQL for real use, the same behaviour on both."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

Sessions = sessionmaker[Session]

PATIENCE = 60
"""Seconds that SQLite's one writer is waited for."""

LOOK_AGAIN = 0.002
"""Seconds between two looks whether it is done."""


def open_engine(url: str) -> Engine:
    """Return an engine for *url*; `postgresql://` means psycopg. SQLite gets WAL, foreign keys and patience."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=8, hide_parameters=True)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    engine = create_engine(parsed, connect_args={"timeout": PATIENCE}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def open_sessions(engine: Engine) -> Sessions:
    """Return the maker of sessions; objects stay readable after commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def reading(sessions: Sessions) -> Iterator[Session]:
    """A session that only reads: on SQLite it does not wait for, or hold up, the one writer."""
    with sessions() as session:
        session.connection(execution_options={"outreach_reading": True, "postgresql_readonly": True})
        yield session
        session.expunge_all()  # nothing is written
        session.commit()  # after a rollback psycopg prepares all statements of the connection anew


@contextmanager
def keeping(sessions: Sessions) -> Iterator[Session]:
    """A session that keeps one connection through all its transactions, with its temporary tables and locks.

    They go with it: the connection is closed for good at the end, whatever happened.
    """
    connection = sessions.kw["bind"].connect()
    connection.detach()
    try:
        with sessions(bind=connection) as session:
            yield session
    finally:
        connection.close()


def only_reading(session: Session, *, yes: bool = True) -> None:
    """Begin a transaction; on SQLite one that only reads does not wait for, or hold up, the one writer.

    Temporary tables may be written in it all the same.
    """
    session.connection(execution_options={"outreach_reading": yes})


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # Segments are wide statements over few rows: compiling one of a hundred rules took 100 s, answering it 1 s.
    # Sorting and hashing a million people fits into 64 MB; with the usual 4 MB it goes through files. Passing people
    # between processes costs a tenth of what the planner thinks, and it would leave processors idle.
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
        cursor.execute("SET work_mem = '64MB'")
        cursor.execute("SET temp_buffers = '64MB'")
        cursor.execute("SET parallel_tuple_cost = 0.01")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver's own habits lose locks
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={PATIENCE * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A transaction that reads first and writes later fails at once when another wrote in between, however long the
    # timeout; taking the write lock at the start makes it wait instead.
    if connection.get_execution_options().get("outreach_reading"):
        connection.exec_driver_sql("BEGIN")
        return
    # By itself SQLite looks ever more rarely, so that whoever waits long has the least chance against lanes that come
    # and go: a letter beside a wave waited for 7 s. Looking at the same pace, all have the same.
    raw = connection.connection.dbapi_connection
    raw.execute("PRAGMA busy_timeout=0")
    try:
        if not _has_begun(raw, until=time.monotonic() + PATIENCE):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # says why it cannot
    finally:
        raw.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")


def _has_begun(raw: sqlite3.Connection, until: float) -> bool:
    """Begin a transaction that writes, as soon as nobody else does; False where that cannot be."""
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                return False
        else:
            return True
        time.sleep(LOOK_AGAIN)
