"""Opening the database: one writer at a time, and what is said where nobody lets go."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from outreach.store import Sessions, open_engine, open_sessions
from outreach.store import session as opening


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Sessions, Sessions]]:
    """Two processes' ways to one file of SQLite, with an empty table."""
    engines = [open_engine(f"sqlite:///{tmp_path / 'outreach.db'}") for _ in range(2)]
    first, second = map(open_sessions, engines)
    with first.begin() as session:
        session.execute(text("CREATE TABLE it (number INTEGER)"))
    yield first, second
    for engine in engines:
        engine.dispose()


def test_who_waits_too_long_for_the_one_writer_of_sqlite_is_told_so(
    two: tuple[Sessions, Sessions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0)
    first, second = two

    with first.begin() as writing:
        writing.execute(text("DELETE FROM it"))
        with pytest.raises(OperationalError, match="database is locked"), second.begin() as waiting:
            waiting.execute(text("SELECT 1"))

    with second.begin() as session:
        session.execute(text("INSERT INTO it VALUES (1)"))
    with opening.reading(first) as session:
        assert session.scalars(text("SELECT number FROM it")).all() == [1]


def test_whoever_only_reads_waits_for_nobody(two: tuple[Sessions, Sessions]) -> None:
    first, second = two

    with first.begin() as writing, opening.reading(second) as session:
        writing.execute(text("INSERT INTO it VALUES (1)"))
        assert session.scalars(text("SELECT number FROM it")).all() == []
