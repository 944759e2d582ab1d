"""Freezing whom a wave goes to, in batches."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Boolean,
    ClauseElement,
    Column,
    Executable,
    Insert,
    MetaData,
    Select,
    String,
    Subquery,
    Table,
    case,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from outreach.model.wave import BatchState
from outreach.store.tables import BatchRow, DeliveryRow, MessageRow
from outreach.store.types import Key

Variants = Mapping[tuple[str | None, str], str]
"""Which variant a recipient gets, by language (None: not known, or not spoken here) and kind of address."""

Cells = Mapping[tuple[str, str], int]
"""How many recipients there are, by audience and variant."""

GATHERED = Table(
    "gathered",
    MetaData(),
    Column("contact_id", Key, nullable=False),
    Column("audience", String, nullable=False),
    Column("variant", String, nullable=False),
    Column("email", String, nullable=False),
    Column("first_name", String, nullable=False),
    Column("organisation", String, nullable=False),
    Column("tracked", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
)
"""Where people wait until the sizes are known: so everybody is written once, with a batch."""


class _Gathered(Executable, ClauseElement):
    """`CREATE TABLE … AS`: of the statements that write, the only one that PostgreSQL selects for on all processors."""

    inherit_cache = False

    def __init__(self, people: Select[Any]) -> None:
        self.people = people


@compiles(_Gathered)
def _compile_gathered(element: _Gathered, compiler: SQLCompiler, **options: Any) -> str:
    return f"CREATE TEMPORARY TABLE {GATHERED.name} AS {compiler.process(element.people, **options)}"


def gather(session: Session, audiences: Mapping[str, Select[Any]], variants: Variants) -> None:
    """Take audiences in, by one statement each; who is in two of them counts in the one named first.

    Each has the columns contact_id, email, first_name, organisation, language, kind and tracked.
    """
    if not audiences:
        GATHERED.create(session.connection(), checkfirst=False)
    for place, (name, chosen) in enumerate(audiences.items()):
        who = chosen.subquery()
        people = _people(name, who, variants)
        if place == 0:
            session.execute(_Gathered(people))
            continue
        already = GATHERED.alias("already")
        people = people.select_from(who.outerjoin(already, already.c.contact_id == who.c.contact_id))
        newcomers = people.where(already.c.contact_id.is_(None))
        session.execute(insert(GATHERED).from_select(list(GATHERED.c), newcomers))


def freeze(session: Session, wave_id: int, most: int) -> Cells:
    """Freeze whom `gather` took in, in batches of at most *most*, all of one message; return how many they are."""
    cells = _cells(session)
    firsts, batches = _batches(session, wave_id, cells, most)
    if batches:
        added = insert(BatchRow).returning(BatchRow.id, sort_by_parameter_order=True)
        ids = session.scalars(added, batches).all()
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL work_mem = '256MB'"))  # a million people sorted without files
        session.execute(_deliveries(wave_id, firsts, ids, most))
    GATHERED.drop(session.connection(), checkfirst=False)
    return cells


def _people(audience: str, who: Subquery, variants: Variants) -> Select[Any]:
    return select(
        who.c.contact_id,
        literal(audience, String).label("audience"),
        _variant(variants, who.c.language, who.c.kind).label("variant"),
        who.c.email,
        who.c.first_name,
        who.c.organisation,
        who.c.tracked,
    )


def _variant(variants: Variants, language: ColumnElement[str], kind: ColumnElement[str]) -> ColumnElement[str]:
    spoken = [((language == code) & (kind == of), variant) for (code, of), variant in variants.items() if code]
    unknown = [(kind == of, variant) for (code, of), variant in variants.items() if code is None]
    return case(*spoken, *unknown)


def _cells(session: Session) -> Cells:
    by = (GATHERED.c.audience, GATHERED.c.variant)
    counted = session.execute(select(*by, func.count()).group_by(*by).order_by(*by)).tuples()
    return {(audience, variant): size for audience, variant, size in counted}


def _batches(session: Session, wave_id: int, cells: Cells, most: int) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Return the number of every variant's first batch, and all batches, numbered through from 1."""
    sizes: dict[str, int] = {}
    for (_, variant), size in cells.items():
        sizes[variant] = sizes.get(variant, 0) + size
    known = select(MessageRow.variant, MessageRow.id).where(MessageRow.wave_id == wave_id)
    messages = dict(session.execute(known).tuples().all())
    firsts: dict[str, int] = {}
    batches: list[dict[str, Any]] = []
    for variant, size in sorted(sizes.items()):
        firsts[variant] = len(batches) + 1
        for start in range(0, size, most):
            batch = {"wave_id": wave_id, "message_id": messages[variant], "number": len(batches) + 1}
            batches.append(batch | {"size": min(most, size - start), "state": BatchState.PLANNED, "detail": ""})
    return firsts, batches


def _deliveries(wave_id: int, firsts: Mapping[str, int], ids: Sequence[int], most: int) -> Insert:
    # Each variant is counted by itself in one pass over people in order of their numbers: sorted by variant first, they
    # would go into the middle of the index by wave and contact, which took a third longer.
    def so_far(variant: str) -> ColumnElement[int]:
        return func.count().filter(GATHERED.c.variant == variant).over(order_by=GATHERED.c.contact_id, rows=(None, 0))

    turns = (
        (GATHERED.c.variant == variant, first + (so_far(variant) - 1) // most) for variant, first in firsts.items()
    )
    people = select(GATHERED, case(*turns).label("number")).subquery()
    columns = [column for column in people.c if column.name != "number"]
    rows = select(literal(wave_id), batch_of(people.c.number, ids), *columns)
    names = ["wave_id", "batch_id", *(column.name for column in columns)]
    return insert(DeliveryRow).from_select(names, rows, include_defaults=False)


def batch_of(number: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[int]:
    """Return the id of the batch with *number*; ids run on, but for gaps where others made batches meanwhile."""
    runs = [list(run) for _, run in groupby(enumerate(ids, 1), key=lambda pair: pair[1] - pair[0])]
    return case(*((number <= run[-1][0], number + (run[-1][1] - run[-1][0])) for run in runs))
