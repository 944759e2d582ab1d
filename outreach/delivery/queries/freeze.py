"""Freezing whom a wave goes to, in batches."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Boolean,
    ClauseElement,
    Column,
    Executable,
    Insert,
    Integer,
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

from outreach.model.trial import Part, Trial
from outreach.model.wave import BatchState
from outreach.store.dialects import on_postgres
from outreach.store.tables import BatchRow, ContactRow, DeliveryRow, MessageRow
from outreach.store.types import Key

Variants = Mapping[tuple[str | None, str], str | None]
"""Which variant a recipient gets, by language (None: not known, or not spoken here) and kind of address.

None as a variant: there is nothing to write to such a recipient.
"""

Edition = tuple[str, str, str]
"""A message's audience, variant and version; the audience is empty where it is for everybody."""

Cells = Mapping[tuple[str, str], int]
"""How many recipients there are, by audience and variant."""

SHUFFLE = (7919, 104_729, 999_983)
"""Primes that scatter people's numbers, which come in the order of files: nearly as good as chance, and no function of
one database alone."""

PARTS = 10_000
"""Shares are counted in these, since databases round fractions in their own ways."""

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

DIVIDED = Table(
    "divided",
    MetaData(),
    *(Column(column.name, column.type, nullable=False) for column in GATHERED.columns),
    Column("part", String, nullable=False),
    Column("zone", String, nullable=False),
    prefixes=["TEMPORARY"],
)
"""The same people, where it matters in which part of the wave somebody is, or in which time zone."""

LOTS = Table(
    "lots",
    MetaData(),
    *(Column(name, String, primary_key=True) for name in ("audience", "variant", "part", "zone")),
    Column("first", Integer, nullable=False),
    Column("turns", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
"""Where the batches begin of everybody who is alike in all four, and how many of them share their numbers in turns."""


@dataclass(frozen=True, slots=True)
class _Lot:
    """Whose mails may go in one call: one message, one part of the wave, one time zone."""

    audience: str
    variant: str
    part: str = Part.ALL
    zone: str = ""

    @property
    def edition(self) -> Edition:
        """The message; what has no other version is sent in the first."""
        return self.audience, self.variant, self.part if self.part == Part.B else ""

    @property
    def place(self) -> tuple[str, str, bool, str, str]:
        """Where it stands in the line of a wave: what is tried first, in one time zone after the other."""
        return self.audience, self.variant, self.part == Part.REST, self.zone, self.part

    @property
    def rival(self) -> "_Lot":
        """Who gets the one version at the same time, where this lot gets the other."""
        return replace(self, part=Part.B if self.part == Part.A else Part.A)

    def of_gathered(self) -> ColumnElement[bool]:
        """Return who of those gathered is in it, where they are not divided."""
        audience = [GATHERED.c.audience == self.audience] if self.audience else []
        return and_(GATHERED.c.variant == self.variant, *audience)


@dataclass(frozen=True, slots=True)
class _Line:
    """The numbers of a lot's batches: one after the other from *first*, but the first *turns* leave one out each."""

    first: int
    turns: int = 0

    def number(self, place: int) -> int:
        """Return the number of the batch at *place*, from 0."""
        return self.first + place + min(place, self.turns)


class _Made(Executable, ClauseElement):
    """`CREATE TABLE … AS`: of the statements that write, the only one that PostgreSQL selects for on all processors."""

    inherit_cache = False

    def __init__(self, table: Table, people: Select[Any]) -> None:
        self.table, self.people = table, people


@compiles(_Made)
def _compile_made(element: _Made, compiler: SQLCompiler, **options: Any) -> str:
    return f"CREATE TEMPORARY TABLE {element.table.name} AS {compiler.process(element.people, **options)}"


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
            session.execute(_Made(GATHERED, people))
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


def freeze(session: Session, wave_id: int, most: int, trial: Trial | None = None, *, home: str = "") -> Cells:
    """Freeze whom `gather` took in, in batches of at most *most*, all of one message; return how many they are.

    With a *trial* batches are of one part each; with *home*, the house's time zone, of one zone each: they go at times
    of their own.
    """
    people = _divided(session, wave_id, trial, home) if trial or home else GATHERED
    cells = _cells(session)
    messages = _messages(session, wave_id)
    sizes = _sizes(session, people, messages)
    lines = _lines(sizes, most)
    if lines:
        added = insert(BatchRow).returning(BatchRow.id, sort_by_parameter_order=True)
        ids = session.scalars(added, _batches(wave_id, messages, sizes, lines, most)).all()
        if on_postgres(session):
            session.execute(text("SET LOCAL work_mem = '256MB'"))  # a million people sorted without files
        numbered = _numbered(lines, most) if people is GATHERED else _numbered_apart(session, messages, lines, most)
        session.execute(_deliveries(wave_id, numbered, ids, in_order=people is GATHERED))
    for table in (GATHERED,) if people is GATHERED else (GATHERED, DIVIDED, LOTS):
        table.drop(session.connection(), checkfirst=False)
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


def _divided(session: Session, wave_id: int, trial: Trial | None, home: str) -> Table:
    """Say of everybody gathered in which part of the wave they are, and in which time zone."""
    zone = func.coalesce(func.nullif(ContactRow.time_zone, home), "") if home else literal("", String)
    people = select(GATHERED, _part(wave_id, trial).label("part"), zone.label("zone"))
    if home:
        people = people.outerjoin(ContactRow, ContactRow.id == GATHERED.c.contact_id)
    session.execute(_Made(DIVIDED, people))
    LOTS.create(session.connection(), checkfirst=False)
    return DIVIDED


def _part(wave_id: int, trial: Trial | None) -> ColumnElement[str]:
    """Deal the readers of each message out by chance, which is another in each wave and the same when planned again.

    Of each message each part that is tried has the same number of readers, one at least.
    """
    if trial is None:
        return literal(Part.ALL.value, String)
    same = (GATHERED.c.audience, GATHERED.c.variant)
    factor, step, modulus = SHUFFLE
    dealt = (GATHERED.c.contact_id * factor + wave_id * step) % modulus
    place = func.row_number().over(partition_by=same, order_by=(dealt, GATHERED.c.contact_id)) - 1
    readers, share = func.count().over(partition_by=same), trial.people or round(trial.share * PARTS)
    whole = func.count().over() if trial.people else PARTS
    most = (readers * share + whole - 1) // whole
    turns = ((place < most * number, part.value) for number, part in enumerate(trial.tried, 1))
    return case(*turns, else_=Part.REST.value)


def _messages(session: Session, wave_id: int) -> dict[Edition, int]:
    known = select(MessageRow).where(MessageRow.wave_id == wave_id)
    return {(row.audience, row.variant, row.version): row.id for row in session.scalars(known)}


def _sizes(session: Session, people: Table, messages: Mapping[Edition, int]) -> dict[_Lot, int]:
    """Return how many people are in each lot, in the order of a wave's line."""
    by = [people.c[name] for name in ("audience", "variant", "part", "zone") if name in people.c]
    sizes: dict[_Lot, int] = {}
    for *names, size in session.execute(select(*by, func.count()).group_by(*by)):
        lot = _with_message(_Lot(*names), messages)
        sizes[lot] = sizes.get(lot, 0) + size
    return {lot: sizes[lot] for lot in sorted(sizes, key=lambda lot: lot.place)}


def _with_message(lot: _Lot, messages: Mapping[Edition, int]) -> _Lot:
    """Return the lot in which those are who have no message of their audience's own."""
    return lot if lot.edition in messages else replace(lot, audience="")


def _lines(sizes: Mapping[_Lot, int], most: int) -> dict[_Lot, _Line]:
    """Number all batches through from 1; those of two versions in turns, so that neither waits while the other goes."""
    batches = {lot: -(-size // most) for lot, size in sizes.items()}
    lines: dict[_Lot, _Line] = {}
    after = 1
    for lot, own in batches.items():
        both = min(own, batches.get(lot.rival, 0)) if lot.part in (Part.A, Part.B) else 0
        if both and lot.part == Part.B:  # in the gaps that the other version has left; what is left over comes after
            lines[lot] = _Line(lines[lot.rival].first + 1, both - 1)
            after = max(after, lines[lot].number(own - 1) + 1)
        else:
            lines[lot] = _Line(after, both)
            after = lines[lot].number(own - 1) + 1
    return lines


def _batches(
    wave_id: int, messages: Mapping[Edition, int], sizes: Mapping[_Lot, int], lines: Mapping[_Lot, _Line], most: int
) -> list[dict[str, Any]]:
    """Return all batches, in order of their numbers."""
    batches: list[dict[str, Any]] = []
    for lot, size in sizes.items():
        for place, start in enumerate(range(0, size, most)):
            number = lines[lot].number(place)
            batch = {"wave_id": wave_id, "message_id": messages[lot.edition], "number": number}
            sized = {"size": min(most, size - start), "state": BatchState.PLANNED, "detail": ""}
            batches.append(batch | sized | {"part": lot.part, "zone": lot.zone})
    return sorted(batches, key=lambda batch: batch["number"])


def _numbered(lines: Mapping[_Lot, _Line], most: int) -> Subquery:
    """Return those gathered with the numbers of their batches."""

    # Each lot is counted by itself in one pass over people in order of their numbers: sorted by variant first, they
    # would go into the middle of the index by wave and contact, which took a third longer.
    def so_far(lot: _Lot) -> ColumnElement[int]:
        return func.count().filter(lot.of_gathered()).over(order_by=GATHERED.c.contact_id, rows=(None, 0))

    turns = ((lot.of_gathered(), line.first + (so_far(lot) - 1) // most) for lot, line in lines.items())
    return select(*GATHERED.columns, case(*turns).label("number")).subquery()


def _numbered_apart(
    session: Session, messages: Mapping[Edition, int], lines: Mapping[_Lot, _Line], most: int
) -> Subquery:
    """Return those divided with the numbers of their batches.

    There may be a thousand lots, of time zones, parts and languages: each person is counted in their own alone.
    """
    by = [DIVIDED.c[column.name] for column in LOTS.primary_key]
    alike = session.execute(select(*by).distinct()).all()
    found = {names: lines[_with_message(_Lot(*names), messages)] for names in map(tuple, alike)}
    keys = [column.name for column in LOTS.primary_key]
    rows = [dict(zip(keys, names, strict=True)) | asdict(line) for names, line in found.items()]
    session.execute(insert(LOTS), rows)
    place = func.row_number().over(partition_by=LOTS.c.first, order_by=DIVIDED.c.contact_id) - 1
    same = and_(*(column == LOTS.c[column.name] for column in by))
    people = [DIVIDED.c[column.name] for column in GATHERED.columns]
    placed = select(*people, LOTS.c.first, LOTS.c.turns, (place // most).label("place")).join(LOTS, same).subquery()
    left_out = case((placed.c.place < placed.c.turns, placed.c.place), else_=placed.c.turns)
    number = placed.c.first + placed.c.place + left_out
    who = [placed.c[column.name] for column in GATHERED.columns]
    return select(*who, number.label("number")).subquery()


def _deliveries(wave_id: int, numbered: Subquery, ids: Sequence[int], *, in_order: bool) -> Insert:
    """Return what writes everybody in order of their numbers; *in_order*: so they come already."""
    columns = [column for column in numbered.c if column.name != "number"]
    rows = select(literal(wave_id), batch_of(numbered.c.number, ids), *columns)
    rows = rows if in_order else rows.order_by(numbered.c.contact_id)
    names = ["wave_id", "batch_id", *(column.name for column in columns)]
    return insert(DeliveryRow).from_select(names, rows, include_defaults=False)


def batch_of(number: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[int]:
    """Return the id of the batch with *number*; ids run on, but for gaps where others made batches meanwhile."""
    runs = [list(run) for _, run in groupby(enumerate(ids, 1), key=lambda pair: pair[1] - pair[0])]
    return case(*((number <= run[-1][0], number + (run[-1][1] - run[-1][0])) for run in runs))
