"""Databases, services and the clock that tests share. Every test that touches a database runs on both."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from jinja2.sandbox import SandboxedEnvironment
from pydantic import SecretStr
from sqlalchemy import Engine, text

from outreach import templating
from outreach.model.tokens import Tokens
from outreach.services import Services
from outreach.settings import Settings
from outreach.store import Sessions, migrate, open_engine, open_sessions
from outreach.store.tables import Base
from tests import memory, remembered
from tests.fakes import FakeProvider
from tests.postgres import Cluster, find_binaries
from tests.scheduling import OneServer, place

KEY = "a-key-for-tests-that-is-long-enough"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


# no test asserts a time, and a busy machine is no fault of the code
hypothesis.settings.register_profile("ours", deadline=None)
hypothesis.settings.load_profile("ours")


os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory.folder())
remembered.install()


def pytest_configure(config: pytest.Config) -> None:
    if find_binaries() is None and not os.environ.get("CI"):
        print(f"\n{LOUD}\n")


LOUD = "!!! PostgreSQL IS NOT INSTALLED: half of the database tests are skipped (apt-get install postgresql) !!!"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    config.option.loadscopereorder = False  # what has many tests would come first, and the walk, which has two, last
    return OneServer(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: the other processor can do the rest meanwhile.

    What needs no Prefect server comes before the server is there, so that no ping to it disturbs a property.
    """
    items.sort(key=lambda item: (place(item.nodeid), "prefect" in getattr(item, "fixturenames", ())))


@dataclass
class FakeClock:
    """A clock that moves when told."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **duration: float) -> None:
        self.at += timedelta(**duration)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL of our own for the whole run."""
    binaries = find_binaries()
    if binaries is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing; CI must test on it: apt-get install postgresql")
        pytest.skip(LOUD)
    with Cluster(binaries, tmp_path_factory.mktemp("postgres")) as running:
        engine = open_engine(running.url("outreach"))
        migrate.upgrade(engine)
        engine.dispose()
        yield running


@pytest.fixture(scope="session")
def emptied(cluster: Cluster) -> Iterator[Callable[[], str]]:
    """Takes every row out of PostgreSQL, and returns the database's URL.

    To truncate is to make new files for every table and index, which takes a hundred times as long as deleting the few
    rows of a test; tables that have grown are truncated all the same.
    """
    engine = open_engine(cluster.url("outreach"))
    tables = [table.name for table in Base.metadata.sorted_tables]
    deleted = "; ".join(f'DELETE FROM "{name}"' for name in tables)
    grown = text("SELECT relname FROM pg_class WHERE relname = ANY(:tables) AND pg_relation_size(oid) > 1000000")

    def empty() -> str:
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no trigger keeps a row
            large = ", ".join(f'"{name}"' for name in connection.scalars(grown, {"tables": tables}))
            if large:
                connection.exec_driver_sql(f"TRUNCATE {large} CASCADE")
            connection.exec_driver_sql(deleted)
            connection.exec_driver_sql("SELECT setval(seqrelid, 1, false) FROM pg_sequence")
        return cluster.url("outreach")

    yield empty
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database with all tables."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = template.with_name("outreach.db")
        for old in template.parent.glob(f"{path.name}*"):
            old.unlink()
        shutil.copy(template, path)
        return f"sqlite:///{path}"
    empty: Callable[[], str] = request.getfixturevalue("emptied")
    return empty()


@cache
def opened(url: str) -> Engine:
    """Return the one engine of a database: it knows statements by heart that tests before have compiled."""
    return open_engine(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = opened(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    return open_sessions(engine)


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@cache
def usual_settings() -> Settings:
    """Return what all tests begin with, read once: to look through the environment takes longer than many a test."""
    return Settings(
        _env_file=None,
        secret=SecretStr(KEY),
        public_url="https://mail.example.org",
        spamassassin="",  # what is on this machine makes no difference to a test, nor does its speed
        chromium="",
    )


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return usual_settings().model_copy(update={"home": tmp_path, "database_url": database_url})


@cache
def environment(templates: Path) -> SandboxedEnvironment:
    """The templates of a folder, compiled once for all tests; what changes in the folder is seen all the same."""
    return templating.environment(templates)


@pytest.fixture
def services(settings: Settings, sessions: Sessions, provider: FakeProvider, clock: FakeClock) -> Services:
    return Services(
        settings=settings,
        sessions=sessions,
        provider=provider,
        templates=environment(settings.templates),
        tokens=Tokens(KEY),
        clock=clock,
    )
