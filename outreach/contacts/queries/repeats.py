"""What a file says of one address on several rows becomes one, whatever the order of the rows.

Groups are united. For everything else a filled cell beats an empty one; of different ones that of the fullest row
counts, the one with most cells filled; of equally full rows the first in the alphabet, column by column. Two things go
by what they say instead: a "no" to tracking beats a "yes", and who left anywhere has left.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    cast,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from outreach.contacts.queries.incoming import COPIED, TELLING, TEMPORARY, group_set, incoming, pour, telling

NAMED = 5
"""Contradictions that a report names."""

_PIECE = 5_000

repeated = Table(
    "repeated",
    TEMPORARY,
    Column("leader", BigInteger, primary_key=True, autoincrement=False),
    Column("email", String),
    prefixes=["TEMPORARY"],
)
merged = Table(
    "merged",
    TEMPORARY,
    Column("leader", BigInteger, primary_key=True, autoincrement=False),
    Column("external_id", String),
    Column("first_name", String),
    Column("last_name", String),
    Column("language", String),
    Column("kind", String),
    Column("time_zone", String),
    Column("organisation", Integer),
    Column("attributes", Text),
    Column("tracking", Boolean),
    Column("gone", Boolean),
    Column("contradicts", Boolean),
    prefixes=["TEMPORARY"],
)
group_besides = Table(
    "group_besides",
    TEMPORARY,
    Column("leader", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
    prefixes=["TEMPORARY"],
)
"""Groups that other rows of the address tell than the one that speaks for all."""

_FACTS = tuple(each.name for each in merged.c if each.name not in {"leader", "contradicts"})


def refuse_shared_ids(session: Session) -> None:
    """Refuse every row with an external id that rows with another address have too: nobody can tell whose it is."""
    lines = (func.min(incoming.c.line).label("first"), func.max(incoming.c.line).label("last"))
    shared = (
        select(incoming.c.external_id, *lines)
        .where(incoming.c.external_id.is_not(None))
        .group_by(incoming.c.external_id)
        .having(func.min(incoming.c.email) != func.max(incoming.c.email))
        .subquery()
    )
    why = (
        "external id '" + shared.c.external_id + "' stands on rows with different addresses, from line "
        + cast(shared.c.first, String) + " to line " + cast(shared.c.last, String) + "; leave it on one address"
    )  # fmt: skip
    session.execute(update(incoming).values(reason=why).where(incoming.c.external_id == shared.c.external_id))


def merge_repeated(session: Session) -> list[str]:
    """Let one row speak for each address that has several; return the first contradictions, in words."""
    for table in (repeated, merged, group_besides):
        table.create(session.connection(), checkfirst=False)
    once = (
        select(func.min(incoming.c.row), incoming.c.email)
        .where(incoming.c.reason.is_(None))
        .group_by(incoming.c.email)
        .having(func.count() > 1)
    )
    session.execute(insert(repeated).from_select(["leader", "email"], once))
    if not session.scalar(select(exists(repeated.c.leader))):
        return []
    follows = (repeated.c.email == incoming.c.email, repeated.c.leader != incoming.c.row, incoming.c.reason.is_(None))
    session.execute(update(incoming).values(leader=repeated.c.leader).where(*follows))
    named = _fold(session)
    theirs = {name: merged.c[name] for name in (*_FACTS, "contradicts")}
    session.execute(update(incoming).values(theirs).where(incoming.c.row == merged.c.leader))
    untrue = (_spokesman() == merged.c.leader, merged.c.contradicts)
    session.execute(update(incoming).values(contradicts=True).where(*untrue))
    _unite_groups(session)
    return named


def _fold(session: Session) -> list[str]:
    """Read the repeated rows, address by address, and write what each comes to."""
    named: list[str] = []
    results: list[tuple[Any, ...]] = []
    rows = session.execute(_repeated_rows().execution_options(yield_per=_PIECE))
    for leader, group in groupby(rows, key=lambda row: row.spokesman):
        address = _Address()
        for row in group:
            address.add(row)
        results.append((leader, *address.facts(), bool(address.differs)))
        if address.differs and len(named) < NAMED:
            named.append(address.contradiction())
        if len(results) == _PIECE:
            pour(session, merged, merged.c.keys(), results)
            results.clear()
    pour(session, merged, merged.c.keys(), results)
    return named


def _spokesman() -> ColumnElement[int]:
    return func.coalesce(incoming.c.leader, incoming.c.row)


def _repeated_rows() -> Select[Any]:
    theirs = [telling.c[name].label(f"of_{name}") for name in TELLING]
    return (
        select(incoming, *theirs, repeated.c.leader.label("spokesman"))
        .join(repeated, repeated.c.leader == _spokesman())
        .outerjoin(telling, telling.c.number == incoming.c.organisation)
        .where(incoming.c.reason.is_(None))
        .order_by(repeated.c.leader, incoming.c.row)
    )


class _Address:
    """All that is said of one address; rows may be added in any order."""

    def __init__(self) -> None:
        self.differs: set[str] = set()
        self._email = ""
        self._lines: list[int] = []
        self._best: dict[str, tuple[tuple[Any, ...], Any, Any]] = {}
        self._tracking: bool | None = None
        self._gone = False

    def add(self, row: Row[Any]) -> None:
        self._email = row.email
        if len(self._lines) < NAMED:
            self._lines.append(row.line)
        facts = dict(_facts(row))
        place = (-row.filled, *((name, word) for name, (word, _) in sorted(facts.items())))
        for name, (word, value) in facts.items():
            self._tell(name, place, word, value)
        if row.tracking is not None:
            if self._tracking not in (None, row.tracking):
                self.differs.add("tracking")
            self._tracking = row.tracking and self._tracking is not False
        self._gone = self._gone or row.gone

    def _tell(self, name: str, place: tuple[Any, ...], word: Any, value: Any) -> None:
        best = self._best.get(name)
        if best is not None and best[1] != word:
            self.differs.add(name.replace("_", " "))
        if best is None or place < best[0]:
            self._best[name] = (place, word, value)

    def facts(self) -> tuple[Any, ...]:
        """Return what counts, in the order of the columns."""
        told = {name: value for name, (_, _, value) in self._best.items()}
        attributes = {name: told[name] for name in sorted(told) if name.startswith(_ATTRIBUTE)}
        words = {name.removeprefix(_ATTRIBUTE): value for name, value in attributes.items()}
        plain = (told.get(name) for name in COPIED)
        return (*plain, told.get("organisation"), json.dumps(words) if words else None, self._tracking, self._gone)

    def contradiction(self) -> str:
        """Say which lines tell what differently."""
        *others, last = map(str, self._lines)
        what = ", ".join(sorted(name.removeprefix(_ATTRIBUTE) for name in self.differs))
        return f"lines {', '.join(others)} and {last}, {self._email}: {what}"


_ATTRIBUTE = "attribute "


def _facts(row: Row[Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield each filled fact: its name, what it says (fit to be compared), and how it is stored."""
    said = row._mapping
    for name in COPIED:
        if said[name] is not None:
            yield name, (said[name], said[name])
    if row.organisation is not None:
        yield "organisation", (tuple(said[f"of_{name}"] for name in TELLING[1:]), row.organisation)
    for key, value in json.loads(row.attributes or "{}").items():
        yield f"{_ATTRIBUTE}{key}", (value, value)


def _unite_groups(session: Session) -> None:
    leader, own = incoming.alias("leading"), group_set.alias("own")
    there = exists().where(
        leader.c.row == incoming.c.leader, own.c.number == leader.c.groups, own.c.name == group_set.c.name
    )
    besides = (
        select(incoming.c.leader, group_set.c.name)
        .distinct()
        .join(group_set, group_set.c.number == incoming.c.groups)
        .where(incoming.c.leader.is_not(None), ~there)
    )
    session.execute(insert(group_besides).from_select(["leader", "name"], besides))
