"""Work on people that must not go on side by side. On SQLite one writer at a time is the rule anyway.

A lock is held until the transaction ends, and taken before any row is. Whoever forgets somebody keeps imports and
planning out: both read people, and write what they read down later.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from outreach.store.dialects import on_postgres

IMPORTING = 7202
FREEZING = 7203
FILES = 7204
WISHES = 7205
CAPPING = 7206


def one_file(session: Session) -> None:
    """Import one file after the other: held by the connection, through all transactions, until it closes."""
    _lock(session, "pg_advisory_lock", FILES)


def importing(session: Session) -> None:
    """Store people out of a file, alone: nobody is forgotten meanwhile."""
    _lock(session, "pg_advisory_xact_lock", IMPORTING)


def yielding(session: Session) -> None:
    """Give up soon rather than wait for rows that somebody else holds, or have them wait crosswise for ours."""
    if on_postgres(session):
        session.execute(text("SET LOCAL lock_timeout = '400ms'"))  # before PostgreSQL looks for a deadlock


def freezing(session: Session) -> None:
    """Copy people into the ledger: beside others who do, never beside somebody who forgets."""
    _lock(session, "pg_advisory_xact_lock_shared", FREEZING)


def wishes(session: Session) -> None:
    """Claim people who want mail less often one batch after the other: two waves must not both find them unwritten."""
    _lock(session, "pg_advisory_xact_lock", WISHES)


def capping(session: Session, *, alone: bool) -> None:
    """Claim people while there is a cap on mails to each: beside lanes of the same wave, *alone* where others send too.

    Of two waves that claim the same person at once, the one that began later sees the other and takes its turn alone.
    """
    _lock(session, "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared", CAPPING)


def forgetting(session: Session) -> None:
    """Take people out, alone: no import and no planning goes on meanwhile."""
    _lock(session, "pg_advisory_xact_lock", FREEZING)
    _lock(session, "pg_advisory_xact_lock", IMPORTING)


def _lock(session: Session, function: str, number: int) -> None:
    if on_postgres(session):
        session.execute(text(f"SELECT {function}({number})"))
