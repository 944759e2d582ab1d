"""The rows of a file that the database refused, in their order, for the file of errors."""

from collections.abc import Iterator

from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from outreach.contacts.queries.incoming import incoming

_PIECE = 5_000


def refused(session: Session) -> Iterator[tuple[int, str]]:
    """Yield the place of each refused row among the rows that were poured, and the reason."""
    rows = select(incoming.c.row, incoming.c.reason).where(incoming.c.reason.is_not(None), not_(incoming.c.erased))
    yield from session.execute(rows.order_by(incoming.c.row).execution_options(yield_per=_PIECE)).tuples()
