"""Opening the database: SQLite embedded, PostgreSQL for real use, the same behaviour on both."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

Sessions = sessionmaker[Session]


def open_engine(url: str) -> Engine:
    """Return an engine for *url*; `postgresql://` means psycopg. SQLite gets WAL, foreign keys and patience."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_size=8, hide_parameters=True)
    engine = create_engine(parsed, connect_args={"timeout": 60}, hide_parameters=True)
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
        session.connection(execution_options={"outreach_reading": True})
        yield session
        session.rollback()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver's own habits lose locks
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A transaction that reads first and writes later fails at once when another wrote in between, however long the
    # timeout; taking the write lock at the start makes it wait instead.
    reading_only = connection.get_execution_options().get("outreach_reading")
    connection.exec_driver_sql("BEGIN" if reading_only else "BEGIN IMMEDIATE")
