"""Which addresses in the database belong to keys of the erasure log; every address is hashed once."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from outreach.store.tables import ContactRow, DeliveryRow, SubmissionRow, SuppressionRow

AT_ONCE = 5000


def addresses(session: Session) -> Iterator[str]:
    """Yield every address in the database; one may come in more than one spelling."""
    found: Select[tuple[str]] = select(
        union(
            select(ContactRow.email.label("email")),
            select(SuppressionRow.email),
            select(DeliveryRow.email).where(DeliveryRow.email != ""),
            select(SubmissionRow.email).where(SubmissionRow.email.is_not(None)),
        )
        .subquery()
        .c.email
    )
    yield from session.scalars(found.execution_options(yield_per=AT_ONCE))


def matching(
    session: Session, keys: Mapping[str, datetime], key_of: Callable[[str], str | None]
) -> Iterator[tuple[str, str]]:
    """Yield key and address of everybody in the database whose key is among *keys*."""
    for address in addresses(session):
        key = key_of(address)
        if key is not None and key in keys:
            yield key, address
