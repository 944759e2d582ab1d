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
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    union,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from outreach.model.wave import BatchState
from outreach.store.dialects import on_postgres
from outreach.store.tables import BatchRow, DeliveryRow, MessageRow
from outreach.store.types import Key

Variants = Mapping[tuple[str | None, str], str | None]
"""Which variant a recipient gets, by language (None: not known, or not spoken here) and kind of address.

None as a variant: there is nothing to write to such a recipient.
"""

Edition = tuple[str, str]
"""A message's audience and variant; the audience is empty where it is for everybody."""

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


def gather(
    session: Session,
    audiences: Mapping[str, Select[Any]],
    variants: Variants,
    own: Mapping[str, Variants] | None = None,
) -> None:
    """Take audiences in, by one statement each; who is in two of them counts in the one named first.

    Each has the columns contact_id, email, first_name, organisation, language, kind and tracked. *own* are the variants
    of audiences for which they differ. For whom an audience has nothing, the next one may have something.
    """
    own = own or {}
    if not audiences:
        GATHERED.create(session.connection(), checkfirst=False)
    for place, (name, chosen) in enumerate(audiences.items()):
        who = chosen.subquery()
        people = _people(name, who, own.get(name, variants))
        if place == 0:
            session.execute(_Gathered(people))
            continue
        already = GATHERED.alias("already")
        people = people.select_from(who.outerjoin(already, already.c.contact_id == who.c.contact_id))
        newcomers = people.where(already.c.contact_id.is_(None))
        session.execute(insert(GATHERED).from_select(list(GATHERED.c), newcomers))


def without_variant(
    session: Session, audiences: Mapping[str, Select[Any]], variants: Variants, own: Mapping[str, Variants]
) -> int:
    """Return how many of the people in *audiences* were not taken in, because nothing is written for them."""
    subqueries = [(own.get(name, variants), chosen.subquery()) for name, chosen in audiences.items()]
    nothing = [
        select(who.c.contact_id).where(_variant(each, who.c.language, who.c.kind).is_(None)) for each, who in subqueries
    ]
    if not nothing:
        return 0
    people = union(*nothing).subquery()
    taken = select(GATHERED.c.contact_id)
    left = select(func.count()).select_from(people).where(people.c.contact_id.not_in(taken))
    return session.scalar(left) or 0


def freeze(session: Session, wave_id: int, most: int) -> Cells:
    """Freeze whom `gather` took in, in batches of at most *most*, all of one message; return how many they are."""
    cells = _cells(session)
    firsts, batches = _batches(session, wave_id, cells, most)
    if batches:
        added = insert(BatchRow).returning(BatchRow.id, sort_by_parameter_order=True)
        ids = session.scalars(added, batches).all()
        if on_postgres(session):
            session.execute(text("SET LOCAL work_mem = '256MB'"))  # a million people sorted without files
        session.execute(_deliveries(wave_id, firsts, ids, most))
    GATHERED.drop(session.connection(), checkfirst=False)
    return cells


def _people(audience: str, who: Subquery, variants: Variants) -> Select[Any]:
    variant = _variant(variants, who.c.language, who.c.kind)
    people = select(
        who.c.contact_id,
        literal(audience, String).label("audience"),
        variant.label("variant"),
        who.c.email,
        who.c.first_name,
        who.c.organisation,
        who.c.tracked,
    )
    return people if None not in variants.values() else people.where(variant.is_not(None))


def _variant(variants: Variants, language: ColumnElement[str], kind: ColumnElement[str]) -> ColumnElement[str | None]:
    spoken = [((language == code) & (kind == of), _word(to)) for (code, of), to in variants.items() if code]
    unknown = [(kind == of, _word(to)) for (code, of), to in variants.items() if code is None]
    return case(*spoken, *unknown)


def _word(variant: str | None) -> ColumnElement[Any]:
    return cast(None, String) if variant is None else literal(variant, String)


def _cells(session: Session) -> Cells:
    by = (GATHERED.c.audience, GATHERED.c.variant)
    counted = session.execute(select(*by, func.count()).group_by(*by).order_by(*by)).tuples()
    return {(audience, variant): size for audience, variant, size in counted}


def _batches(
    session: Session, wave_id: int, cells: Cells, most: int
) -> tuple[dict[Edition, int], list[dict[str, Any]]]:
    """Return the number of every edition's first batch, and all batches, numbered through from 1."""
    known = select(MessageRow).where(MessageRow.wave_id == wave_id)
    messages: dict[Edition, int] = {(row.audience, row.variant): row.id for row in session.scalars(known)}
    sizes: dict[Edition, int] = {}
    for (audience, variant), size in cells.items():
        edition = (audience if (audience, variant) in messages else "", variant)
        sizes[edition] = sizes.get(edition, 0) + size
    firsts: dict[Edition, int] = {}
    batches: list[dict[str, Any]] = []
    for edition, size in sorted(sizes.items()):
        firsts[edition] = len(batches) + 1
        for start in range(0, size, most):
            batch = {"wave_id": wave_id, "message_id": messages[edition], "number": len(batches) + 1}
            batches.append(batch | {"size": min(most, size - start), "state": BatchState.PLANNED, "detail": ""})
    return firsts, batches


def _deliveries(wave_id: int, firsts: Mapping[Edition, int], ids: Sequence[int], most: int) -> Insert:
    # Each edition is counted by itself in one pass over people in order of their numbers: sorted by variant first, they
    # would go into the middle of the index by wave and contact, which took a third longer.
    def so_far(edition: Edition) -> ColumnElement[int]:
        return func.count().filter(_of(edition)).over(order_by=GATHERED.c.contact_id, rows=(None, 0))

    turns = ((_of(edition), first + (so_far(edition) - 1) // most) for edition, first in firsts.items())
    people = select(GATHERED, case(*turns).label("number")).subquery()
    columns = [column for column in people.c if column.name != "number"]
    rows = select(literal(wave_id), batch_of(people.c.number, ids), *columns)
    names = ["wave_id", "batch_id", *(column.name for column in columns)]
    return insert(DeliveryRow).from_select(names, rows, include_defaults=False)


def _of(edition: Edition) -> ColumnElement[bool]:
    audience, variant = edition
    of_variant = GATHERED.c.variant == variant
    return and_(of_variant, GATHERED.c.audience == audience) if audience else of_variant


def batch_of(number: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[int]:
    """Return the id of the batch with *number*; ids run on, but for gaps where others made batches meanwhile."""
    runs = [list(run) for _, run in groupby(enumerate(ids, 1), key=lambda pair: pair[1] - pair[0])]
    return case(*((number <= run[-1][0], number + (run[-1][1] - run[-1][0])) for run in runs))
