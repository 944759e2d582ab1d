"""Brings a database to the newest version of the tables, from any released one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from outreach.store.dialects import on_postgres


def upgrade(engine: Engine, to: str = "head") -> None:
    """Run what is missing, up to the newest version or to an earlier one; two processes at once wait for each other."""
    if is_current(engine):
        return
    config = _config()
    with engine.connect() as connection, _tables_made_anew(connection), connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if not on_postgres(connection) and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("the upgrade would leave rows behind that point nowhere; nothing was changed")


def is_current(engine: Engine) -> bool:
    """Return whether the database has the newest version."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest()


@cache
def newest() -> str | None:
    """Return the newest version; its files are read once a process."""
    return ScriptDirectory.from_config(_config()).get_current_head()


@contextmanager
def _tables_made_anew(connection: Connection) -> Iterator[None]:
    # SQLite changes a table by making it anew; dropping the old one would take all rows along that point at it
    driver: Any = connection.connection
    if not on_postgres(connection):
        driver.execute("PRAGMA foreign_keys = OFF")  # counts only before a transaction begins
    try:
        yield
    finally:
        if not on_postgres(connection):
            driver.execute("PRAGMA foreign_keys = ON")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
