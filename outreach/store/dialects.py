"""Where the two databases differ: code that must know which of them it talks to asks here, and nowhere else."""

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.store.tables import Base


def on_postgres(where: Session | Connection) -> bool:
    """Return whether the database is PostgreSQL; if not, it is SQLite."""
    bind = where.get_bind() if isinstance(where, Session) else where
    return bind.dialect.name == "postgresql"


def inserting(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that can be told what to do where the row is there already (`on_conflict_…`)."""
    return postgresql.insert(table) if on_postgres(session) else sqlite.insert(table)
