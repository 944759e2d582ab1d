"""Alembic's entry: runs in the transaction that `store.migrate` opened."""

from alembic import context

from outreach.store.tables import Base

connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7201)")  # two processes at once wait for each other
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
