"""From a row of cells to what it says about one address, or to the reasons why it cannot be stored."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeVar

from outreach.contacts import foreign, names, values
from outreach.contacts.columns import Column, Header
from outreach.contacts.places import Resolution, resolution
from outreach.contacts.read import Line
from outreach.contacts.values import CellRefused
from outreach.model.gazetteer import MUNICIPALITY
from outreach.model.mail import one_line
from outreach.model.people import AddressKind, Organisation

T = TypeVar("T")
R = TypeVar("R")
Fault = tuple[Line, "RowRefused"]
"""A row that is not stored, and why."""

_SIMPLE = (
    Column.EMAIL, Column.EXTERNAL_ID, Column.NAME, Column.FIRST_NAME, Column.INFIX, Column.LAST_NAME, Column.LANGUAGE,
    Column.ADDRESS_KIND, Column.TRACKING, Column.TIME_ZONE,
)  # fmt: skip
_PLACES = (
    Column.ORGANISATION, Column.ORGANISATION_KIND, Column.CODE, Column.REGION, Column.COUNTRY, Column.MUNICIPALITY,
)  # fmt: skip
OWN_MUNICIPALITY = Column.MUNICIPALITY.value
"""The attribute that holds the municipality of a person without an organisation."""

_KEPT = 20_000
"""Different cells of a column that are remembered, so that memory does not grow with the file."""


class Entry(NamedTuple):
    """What one row says; None where a cell is empty. A tuple by name, since a million of them are made.

    *kind* is what somebody wrote, *guess* what the address tells. *left*: the list that this comes from says that the
    person wants no more mail. *filled* counts cells: of two rows with one address, the one that tells more leads.
    *notes* say what of the organisation was read otherwise than it is written.
    """

    line: int
    email: str
    external_id: str | None
    first_name: str | None
    last_name: str | None
    language: str | None
    kind: AddressKind | None
    guess: AddressKind
    groups: tuple[str, ...]
    organisation: Organisation | None
    attributes: dict[str, str]
    tracking: bool | None
    left: bool
    filled: int
    notes: tuple[str, ...] = ()
    time_zone: str | None = None


class RowRefused(ValueError):
    """A row that is not stored; its text goes into the file of errors. *email* where the address could be read.

    *left* as an entry has it: whatever else is wrong with the row, that counts.
    """

    def __init__(self, why: str, email: str | None = None, *, left: bool = False) -> None:
        self.email = email
        self.left = left
        super().__init__(why)


def entries_of(header: Header, lines: Iterator[Line], groups: tuple[str, ...] = ()) -> Iterator[Entry | Fault]:
    """Yield an entry for each line, or the line with what is wrong with it; *groups* are added to everybody's."""
    entry_of = Rows(header, groups).entry_of
    for line in lines:
        try:
            yield entry_of(line)
        except RowRefused as fault:
            yield line, fault


class Rows:
    """Knows where in a row everything stands; remembers what it has made of cells that come again and again."""

    def __init__(self, header: Header, groups: tuple[str, ...] = ()) -> None:
        self._width = len(header.names)
        at = dict.fromkeys(Column, self._width)  # an empty cell behind the last serves all columns that lack
        self._at = at | {each: place for place, each in enumerate(header.meanings) if isinstance(each, Column)}
        self._simple = tuple(self._at[each] for each in _SIMPLE)  # looking up columns takes longer than all the rest
        self._places = tuple(self._at[each] for each in _PLACES)
        self._attributes = [(place, key) for place, key in enumerate(header.meanings) if not isinstance(key, Column)]
        self._municipality = self._at[Column.MUNICIPALITY]
        self._nested = self._at[Column.ATTRIBUTES] if Column.ATTRIBUTES in header.meanings else None
        self._groups_at, self._status_at, self._unsubscribed_at = (
            tuple(place for place, meaning in enumerate(header.meanings) if meaning is column)
            for column in (Column.GROUPS, Column.STATUS, Column.UNSUBSCRIBED)
        )
        self._added = groups
        self._language = lru_cache(_KEPT)(values.language)
        self._kind = lru_cache(_KEPT)(values.address_kind)
        self._tracking = lru_cache(_KEPT)(values.tracking)
        self._time_zone = lru_cache(_KEPT)(values.time_zone)
        self._groups = lru_cache(_KEPT)(self._groups_in)
        self._organisation = lru_cache(_KEPT)(_organisation)
        self._own_municipality = lru_cache(_KEPT)(_official)

    def entry_of(self, line: Line) -> Entry:
        """Return what *line* says; `RowRefused` tells everything wrong with it at once."""
        number, texts, fault = line
        if fault or len(texts) > self._width:
            raise RowRefused(fault or self._too_many(line))
        clean = str.strip if "".join(texts).isprintable() else one_line
        cells = [*map(clean, texts), *[""] * (self._width + 1 - len(texts))]
        try:
            return self._entry(number, cells)
        except CellRefused:
            raise self._refused(cells) from None

    def _entry(self, number: int, cells: list[str]) -> Entry:
        email, external_id, whole, first, infix, last, language, kind, tracking, zone = [
            cells[at] for at in self._simple
        ]
        email = values.address(email)
        if infix:
            last = f"{infix} {last}".rstrip()
        if whole and not first and not last:
            first, last = names.split(whole)
        told = self._told_organisation(cells)
        organisation = told.organisation if told else None
        attributes = self._attributes_in(cells)
        if cells[self._municipality] and organisation is None:
            attributes[OWN_MUNICIPALITY] = self._own_municipality(cells[self._municipality])
        return Entry(
            number,
            email,
            external_id or None,
            first or None,
            last or None,
            self._language(language),
            self._kind(kind),
            values.kind_of(email),
            self._groups(*[cells[at] for at in self._groups_at]),
            organisation,
            attributes,
            self._tracking(tracking),
            self._left(cells),
            len(cells) - cells.count(""),
            told.notes if told else (),
            self._time_zone(zone),
        )

    def _refused(self, cells: list[str]) -> RowRefused:
        faults: list[str] = []

        def read(parse: Callable[[T], R], said: T) -> R | None:
            try:
                return parse(said)
            except CellRefused as fault:
                faults.append(str(fault))
                return None

        email = read(values.address, cells[self._at[Column.EMAIL]])
        read(values.language, cells[self._at[Column.LANGUAGE]])
        read(values.address_kind, cells[self._at[Column.ADDRESS_KIND]])
        read(values.tracking, cells[self._at[Column.TRACKING]])
        read(values.time_zone, cells[self._at[Column.TIME_ZONE]])
        read(self._attributes_in, cells)
        read(self._left, cells)
        if read(self._told_organisation, cells) is None and cells[self._municipality]:
            read(self._own_municipality, cells[self._municipality])
        return RowRefused("; ".join(faults), email, left=self._says_somewhere_left(cells))

    def _too_many(self, line: Line) -> str:
        return (
            f"{len(line.cells)} cells where the heading has {self._width}; "
            "put quotation marks around a cell that holds the mark between columns"
        )

    def _groups_in(self, *texts: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*values.groups(";".join(texts)), *self._added)))

    def _told_organisation(self, cells: list[str]) -> Resolution | None:
        return self._organisation(*[cells[at] for at in self._places])

    def _attributes_in(self, cells: list[str]) -> dict[str, str]:
        told = {key: cells[at] for at, key in self._attributes if cells[at]}
        return told if self._nested is None else foreign.attributes(cells[self._nested]) | told

    def _left(self, cells: list[str]) -> bool:
        if not self._status_at and not self._unsubscribed_at:
            return False
        said = [foreign.has_left(cells[at]) for at in self._status_at]
        return any(said) or any(foreign.left_at(cells[at]) for at in self._unsubscribed_at)

    def _says_somewhere_left(self, cells: list[str]) -> bool:
        """Whether one cell says so, even beside another that is refused."""
        by_status = any(foreign.is_left(cells[at]) for at in self._status_at)
        return by_status or any(foreign.left_at(cells[at]) for at in self._unsubscribed_at)


def _official(municipality: str) -> str:
    """Return a municipality's name as the register has it; a slip is refused with what may be meant."""
    return resolution(Organisation(municipality, MUNICIPALITY)).organisation.name


def _organisation(*texts: str) -> Resolution | None:
    name, kind, code, region, country, municipality = texts
    known = values.country(country)  # looked at even where nothing else is told: a wrong cell is a wrong row
    kind, code = values.organisation_kind(kind), code.replace(" ", "").upper()
    if not (name or code or (kind == MUNICIPALITY and municipality)):
        return None
    return resolution(Organisation(name, kind, code, region, known, municipality=municipality))
