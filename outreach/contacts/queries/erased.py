"""Keeps people who asked to be forgotten out of an import."""

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from outreach.contacts.queries.incoming import departed, incoming
from outreach.contacts.queries.standing import Chunk
from outreach.model.erasure import address_key
from outreach.store.tables import ErasedRow


class Erased:
    """The keys of everybody forgotten, read once; whoever is forgotten while a file is imported is found too."""

    def __init__(self, session: Session, secret: bytes) -> None:
        self._secret = secret
        self._keys = self._at_reading = frozenset(session.scalars(select(ErasedRow.key)))

    def has(self, email: str | None) -> bool:
        """Return whether *email* belongs to somebody forgotten."""
        return bool(self._keys) and email is not None and address_key(self._secret, email) in self._keys

    def leave_out(self, session: Session, chunk: Chunk) -> None:
        """Mark the rows about people who were forgotten since the file was read."""
        self._keys = frozenset(session.scalars(select(ErasedRow.key)))
        if self._keys <= self._at_reading:  # what was known then was not poured; the rest concerns each chunk
            return
        rows = session.execute(select(incoming.c.row, incoming.c.email).where(chunk.stored())).tuples()
        forgotten = [{"forgotten": row} for row, email in rows if self.has(email)]
        if forgotten:
            session.execute(
                update(incoming).values(erased=True).where(incoming.c.row == bindparam("forgotten")), forgotten
            )
        left = session.execute(select(departed.c.row, departed.c.email).where(chunk.departed())).tuples()
        if lost := [row for row, email in left if self.has(email)]:
            session.execute(delete(departed).where(departed.c.row.in_(lost)))
