from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from outreach.store import migrate
from outreach.store.tables import Base


def test_migrations_make_exactly_the_tables_that_the_code_knows(engine: Engine):
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert differences == []


def test_upgrading_a_current_database_changes_nothing(engine: Engine):
    migrate.upgrade(engine)

    assert migrate.is_current(engine)
