"""What a file says, poured into temporary tables, so that the database can compare and merge it as a whole.

They belong to one connection and go with it (`store.keeping`), so two imports never see each other's. A `row` is the
place of a row in the file; `line` is what people find it by.
"""

import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import astuple
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, String, Table, Text, false, select, text, update
from sqlalchemy.orm import Session

from outreach.contacts.entries import Entry
from outreach.store.dialects import on_postgres

T = TypeVar("T", bound=Hashable)

TEMPORARY = MetaData()

incoming = Table(
    "incoming",
    TEMPORARY,
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    Column("line", BigInteger),
    Column("leader", BigInteger),  # the row with the same address that speaks for this one; nearly all have none
    Column("email", String),
    Column("external_id", String),
    Column("first_name", String),
    Column("last_name", String),
    Column("language", String),
    Column("kind", String),
    Column("time_zone", String),
    Column("guess", String),
    Column("groups", Integer),
    Column("organisation", Integer),
    Column("attributes", Text),
    Column("tracking", Boolean),
    Column("gone", Boolean),
    Column("filled", Integer),
    Column("reason", Text),  # why it is not stored
    Column("erased", Boolean, server_default=false()),
    Column("contradicts", Boolean, server_default=false()),
    prefixes=["TEMPORARY"],
)
POURED = tuple(each.name for each in incoming.c if each.name not in {"leader", "reason", "erased", "contradicts"})
COPIED = ("external_id", "first_name", "last_name", "language", "kind", "time_zone")
"""Facts that go into the contact as the row has them."""

group_set = Table(
    "group_set",
    TEMPORARY,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
    prefixes=["TEMPORARY"],
)
departed = Table(
    "departed",
    TEMPORARY,
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    Column("email", String),
    prefixes=["TEMPORARY"],
)
"""Addresses that any row says have left, also a row that is refused."""

telling = Table(
    "telling",
    TEMPORARY,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String),
    Column("kind", String),
    Column("code", String),
    Column("region", String),
    Column("country", String),
    Column("province", String),
    Column("municipality", String),
    Column("told", Integer),  # the number of the organisation that it is about
    prefixes=["TEMPORARY"],
)
"""Organisations as rows tell them."""
TELLING = tuple(each.name for each in telling.c if each.name != "told")

_REMEMBERED = 20_000


class Incoming:
    """Pours entries; afterwards tells what the file is about, so that nothing is asked of the database in vain."""

    def __init__(self, session: Session) -> None:
        self.ids = self.tracking = self.gone = self.groups = self.organisations = False
        self._session = session
        self._groups: _Numbers[tuple[str, ...]] = _Numbers()
        self._organisations: _Numbers[Any] = _Numbers()
        self._departed: list[tuple[int, str]] = []
        for table in (incoming, group_set, departed, telling):
            table.create(session.connection(), checkfirst=False)

    def pour(self, entries: Iterable[tuple[int, Entry]]) -> None:
        """Add *entries*, each with its place in the file."""
        pour(self._session, incoming, POURED, self._rows(entries))
        if self._departed:
            self.gone = True
            pour(self._session, departed, ("row", "email"), self._departed)
            self._departed.clear()
        if sets := [(number, name) for number, names in self._groups.news() for name in names]:
            self.groups = True
            pour(self._session, group_set, ("number", "name"), sets)
        if tellings := [(number, *astuple(each)) for number, each in self._organisations.news()]:
            self.organisations = True
            pour(self._session, telling, TELLING, tellings)

    def depart(self, row: int, email: str) -> None:
        """Note that a row, which may be refused, says that *email* has left; it is poured with the entries."""
        self._departed.append((row, email))

    def close(self) -> None:
        """Make those who left gone on all their rows, and let the database know how large everything became."""
        if self.gone:
            theirs = (~incoming.c.gone, incoming.c.email.in_(select(departed.c.email)))
            self._session.execute(update(incoming).values(gone=True).where(*theirs))
        if on_postgres(self._session):
            concerned = "row, leader, email, external_id, organisation, groups, reason, erased"
            self._session.execute(text(f"ANALYZE incoming ({concerned}), group_set, departed, telling"))

    def _rows(self, entries: Iterable[tuple[int, Entry]]) -> Iterator[Sequence[Any]]:
        group_number, organisation_number = self._groups.of, self._organisations.of
        for row, (
            line, email, external_id, first, last, language, kind, guess, groups, organisation, attributes, tracking,
            left, filled, _notes, time_zone,
        ) in entries:  # fmt: skip
            if external_id is not None:
                self.ids = True
            if tracking is not None:
                self.tracking = True
            if left:
                self.depart(row, email)
            yield (
                row,
                line,
                email,
                external_id,
                first,
                last,
                language,
                kind.value if kind else None,
                time_zone,
                guess.value,
                group_number(groups) if groups else None,
                organisation_number(organisation) if organisation else None,
                json.dumps(attributes) if attributes else None,
                tracking,
                left,
                filled,
            )


def pour(session: Session, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add *rows* as fast as the database takes them."""
    connection = session.connection()
    names = ", ".join(f'"{name}"' for name in columns)
    if on_postgres(connection):
        raw: Any = connection.connection.dbapi_connection
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    elif listed := list(rows):
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", listed)  # noqa: S608


class _Numbers(Generic[T]):
    """Numbers for what comes again and again; forgets them all when they become too many, and numbers anew."""

    def __init__(self) -> None:
        self._known: dict[T, int] = {}
        self._new: list[tuple[int, T]] = []
        self._last = 0

    def of(self, thing: T) -> int:
        number = self._known.get(thing)
        if number is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._last += 1
            self._known[thing] = number = self._last
            self._new.append((number, thing))
        return number

    def news(self) -> list[tuple[int, T]]:
        """Return what was numbered since the last call."""
        news, self._new = self._new, []
        return news
