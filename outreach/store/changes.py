"""Changing many rows by one statement, past the objects that a session holds."""

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase


def change(session: Session, statement: UpdateBase) -> int:
    """Run an INSERT, UPDATE or DELETE; return how many rows it concerned.

    Objects that were read before stay as they were: bringing them up to date would cost a look at each of them.
    """
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)  # noqa: S101 - statements that return rows are not run by this
    return result.rowcount
