"""Where the two databases differ: code that must know which of them it talks to asks here, and nowhere else."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.store.tables import Base


def on_postgres(where: Session | Connection) -> bool:
    """Return whether the database is PostgreSQL; if not, it is SQLite."""
    bind = where.get_bind() if isinstance(where, Session) else where
    return bind.dialect.name == "postgresql"


def inserting(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that can be told what to do where the row is there already (`on_conflict_…`)."""
    return inserting_into(table, postgres=on_postgres(session))


def inserting_into(table: type[Base] | Table, *, postgres: bool) -> postgresql.Insert | sqlite.Insert:
    """Return the same without a session, for a statement that is kept."""
    return postgresql.insert(table) if postgres else sqlite.insert(table)
