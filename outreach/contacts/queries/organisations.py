"""Organisations of a file: told alike whatever the order of the rows, found again by their code, else by kind and name.

Of different tellings of one organisation counts, fact by fact, the fullest; of equally full ones the first in the
alphabet. Where one telling has a code and another only the name, the one with the code counts.
"""

from collections.abc import Iterator, Sequence
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
    and_,
    case,
    distinct,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from outreach.contacts.queries.incoming import TEMPORARY, incoming, pour, telling
from outreach.contacts.queries.repeats import NAMED
from outreach.store.changes import change
from outreach.store.tables import OrganisationRow

DETAILS = ("region", "country", "province", "municipality")
FACTS = ("name", "kind", *DETAILS)

told = Table(
    "told",
    TEMPORARY,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("code", String),
    *(Column(name, String) for name in FACTS),
    Column("id", BigInteger),  # the organisation's
    Column("differs", String),
    Column("added", Boolean, server_default=false()),
    Column("altered", Boolean, server_default=false()),
    prefixes=["TEMPORARY"],
)
"""Organisations as the file as a whole tells them."""

recalled = Table(
    "recalled",
    TEMPORARY,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", BigInteger),
    prefixes=["TEMPORARY"],
)

_PIECE = 5_000
_POURED = ("number", "code", *FACTS, "differs")


def store_organisations(session: Session) -> tuple[int, list[str]]:
    """Add or describe the organisations of all rows that are not refused.

    Return how many are new or changed, and the first contradictions in words.
    """
    _tell(session)
    _find_by_code(session)
    _adopt_namesakes(session)
    _add(session, told.c.code != "")
    _find_by_code(session)
    _describe(session, _by_code())
    _find_by_name(session)
    _add(session, told.c.code == "")
    _find_by_name(session)
    _describe(session, _by_name())
    concerned = select(func.count(distinct(told.c.id))).where(or_(told.c.added, told.c.altered))
    return session.scalar(concerned) or 0, _contradictions(session)


def foreseen(session: Session) -> Sequence[tuple[Any, ...]]:
    """Return which organisations were found, before all of it is taken back; `recall` makes them known again.

    Those that were added get a number that nobody has.
    """
    number = case((told.c.added, -told.c.number), else_=told.c.id)
    return [tuple(row) for row in session.execute(select(told.c.number, number))]


def recall(session: Session, found: Sequence[tuple[Any, ...]]) -> None:
    """Tell the organisations of rows once more, and which ones they are, without storing any."""
    _tell(session)
    recalled.create(session.connection(), checkfirst=False)
    pour(session, recalled, ("number", "id"), found)
    session.execute(update(told).values(id=recalled.c.id).where(told.c.number == recalled.c.number))
    _contradictions(session)


def _tell(session: Session) -> None:
    """Fold the tellings of each organisation into one, in the order of their keys."""
    results: list[tuple[Any, ...]] = []
    rows = session.execute(_tellings().execution_options(yield_per=_PIECE))
    for number, (_, group) in enumerate(groupby(rows, key=_key), 1):
        organisation = _Organisation()
        for row in group:
            organisation.add(row)
        results.append((number, *organisation.facts()))
        if len(results) == _PIECE:
            pour(session, told, _POURED, results)
            results.clear()
    pour(session, told, _POURED, results)
    by_code = and_(telling.c.code != "", told.c.code == telling.c.code)
    by_name = and_(
        telling.c.code == "", told.c.code == "", told.c.kind == telling.c.kind, told.c.name == telling.c.name
    )
    for same in (by_code, by_name):
        session.execute(update(telling).values(told=told.c.number).where(same))


def _tellings() -> Select[Any]:
    used = exists().where(
        incoming.c.organisation == telling.c.number, incoming.c.leader.is_(None), incoming.c.reason.is_(None)
    )
    return select(telling).where(used).order_by(telling.c.code, telling.c.kind, telling.c.name)


def _key(row: Row[Any]) -> tuple[str, ...]:
    return (row.code,) if row.code else ("", row.kind, row.name)


class _Organisation:
    """All that is said of one organisation; tellings may be added in any order."""

    def __init__(self) -> None:
        self._code = ""
        self._differs: set[str] = set()
        self._best: dict[str, tuple[tuple[Any, ...], str]] = {}

    def add(self, row: Row[Any]) -> None:
        self._code = row.code
        texts = [row._mapping[name] for name in FACTS]
        place = (texts.count(""), *texts)
        for name, text in zip(FACTS, texts, strict=True):
            if text:
                self._tell(name, place, text)

    def _tell(self, name: str, place: tuple[Any, ...], text: str) -> None:
        best = self._best.get(name)
        if best is not None and best[1] != text:
            self._differs.add(name)
        if best is None or place < best[0]:
            self._best[name] = (place, text)

    def facts(self) -> Iterator[str | None]:
        """Yield what counts, in the order of the columns."""
        yield self._code
        for name in FACTS:
            yield self._best[name][1] if name in self._best else ""
        yield ", ".join(sorted(self._differs)) or None


def _find_by_code(session: Session) -> None:
    found = (told.c.id.is_(None), told.c.code != "", OrganisationRow.code == told.c.code)
    session.execute(update(told).values(id=OrganisationRow.id).where(*found))


def _adopt_namesakes(session: Session) -> None:
    """Give one code that is new to the oldest namesake without any: of several codes to the first."""
    pairs = (
        select(func.min(told.c.code).label("code"), func.min(OrganisationRow.id).label("id"))
        .join(OrganisationRow, and_(OrganisationRow.kind == told.c.kind, OrganisationRow.name == told.c.name))
        .where(told.c.id.is_(None), told.c.code != "", told.c.name != "", OrganisationRow.code.is_(None))
        .group_by(told.c.kind, told.c.name)
        .subquery()
    )
    session.execute(update(told).values(id=pairs.c.id, altered=True).where(told.c.code == pairs.c.code))
    theirs = (OrganisationRow.id == told.c.id, OrganisationRow.code.is_(None), told.c.code != "")
    change(session, update(OrganisationRow).values(code=told.c.code).where(*theirs))


def _add(session: Session, which: ColumnElement[bool]) -> None:
    """Add those that are still unknown; one with a code alone is called by it."""
    name = case((told.c.name != "", told.c.name), else_=told.c.code)
    details = [told.c[each] for each in ("kind", *DETAILS)]
    new = (
        select(name, func.nullif(told.c.code, ""), *details)
        .where(which, told.c.id.is_(None))
        .order_by(told.c.code, told.c.kind, told.c.name)
    )
    session.execute(update(told).values(added=True).where(which, told.c.id.is_(None)))
    session.execute(insert(OrganisationRow).from_select(["name", "code", "kind", *DETAILS], new))


def _find_by_name(session: Session) -> None:
    oldest = (
        select(func.min(OrganisationRow.id).label("id"), told.c.number)
        .join(told, and_(OrganisationRow.kind == told.c.kind, OrganisationRow.name == told.c.name))
        .where(told.c.code == "", told.c.id.is_(None))
        .group_by(told.c.number)
        .subquery()
    )
    session.execute(update(told).values(id=oldest.c.id).where(told.c.number == oldest.c.number))


def _by_code() -> Select[Any]:
    return select(told.c.number, told.c.id, *(told.c[name] for name in FACTS)).where(told.c.code != "")


def _by_name() -> Select[Any]:
    """What a telling without a code adds to its organisation: whatever one with the code leaves open."""
    coded = told.alias("coded")
    facts = (case((func.coalesce(coded.c[name], "") == "", told.c[name]), else_="").label(name) for name in FACTS)
    return (
        select(told.c.number, told.c.id, *facts)
        .outerjoin(coded, and_(coded.c.id == told.c.id, coded.c.code != ""))
        .where(told.c.code == "")
    )


def _describe(session: Session, which: Select[Any]) -> None:
    """Change what the file knows otherwise; what it leaves empty stays."""
    facts = which.subquery()
    news = or_(*(and_(facts.c[name] != "", facts.c[name] != getattr(OrganisationRow, name)) for name in FACTS))
    changed = select(facts.c.number).join(OrganisationRow, OrganisationRow.id == facts.c.id).where(news)
    session.execute(update(told).values(altered=True).where(told.c.number.in_(changed)))
    values = {name: case((facts.c[name] != "", facts.c[name]), else_=getattr(OrganisationRow, name)) for name in FACTS}
    change(session, update(OrganisationRow).values(values).where(OrganisationRow.id == facts.c.id, news))


def _contradictions(session: Session) -> list[str]:
    """Mark the rows whose organisation another row tells otherwise; name the first organisations."""
    numbers = select(telling.c.number).join(told, told.c.number == telling.c.told).where(told.c.differs.is_not(None))
    concerned = (incoming.c.organisation.in_(numbers), incoming.c.reason.is_(None))
    session.execute(update(incoming).values(contradicts=True).where(*concerned))
    first, last = func.min(incoming.c.line), func.max(incoming.c.line)
    rows = (
        select(first, last, told.c.code, told.c.name, told.c.differs)
        .select_from(told)
        .join(telling, telling.c.told == told.c.number)
        .join(incoming, incoming.c.organisation == telling.c.number)
        .where(told.c.differs.is_not(None), incoming.c.reason.is_(None))
        .group_by(told.c.number, told.c.code, told.c.name, told.c.differs)
        .order_by(first)
        .limit(NAMED)
    )
    return [_words(*row) for row in session.execute(rows).tuples()]


def _words(first: int, last: int, code: str, name: str, differs: str) -> str:
    return f"lines {first} to {last}, organisation {code or name}: {differs}"
