"""From a row of cells to a contact, or to the reasons why not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from outreach.contacts import values
from outreach.contacts.columns import Column, Header
from outreach.contacts.read import Line
from outreach.contacts.values import CellRefused
from outreach.model.mail import one_line
from outreach.model.people import Contact, Organisation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """A contact as one row tells it.

    *kind_given*: somebody wrote the address kind down; else it was told by the address. *tracking* None: nothing was
    said. *repeats*: an earlier row of the file has the address; this one adds its groups and nothing else, so that the
    same file twice changes nothing. *leads*: the first row that tells about its organisation.
    """

    line: Line
    contact: Contact
    kind_given: bool = False
    tracking: bool | None = None
    repeats: bool = False
    leads: bool = True


class RowRefused(ValueError):
    """A row that is not stored; its text goes into the file of errors."""


def entry_of(header: Header, line: Line, groups: tuple[str, ...] = ()) -> Entry:
    """Return what *line* says, with *groups* added; `RowRefused` tells everything wrong with it at once."""
    if len(line.cells) > len(header.names):
        raise RowRefused(
            f"{len(line.cells)} cells where the heading has {len(header.names)}; "
            "put quotation marks around a cell that holds the mark between columns"
        )
    cells = _Cells(header, line)
    email = cells.read(Column.EMAIL, values.address)
    language = cells.read(Column.LANGUAGE, values.language)
    given = cells.read(Column.ADDRESS_KIND, values.address_kind)
    tracking = cells.read(Column.TRACKING, values.tracking)
    organisation = _organisation(cells)
    if cells.faults or email is None:
        raise RowRefused("; ".join(cells.faults))
    contact = Contact(
        email=email,
        first_name=cells.text(Column.FIRST_NAME),
        last_name=" ".join(filter(None, (cells.text(Column.INFIX), cells.text(Column.LAST_NAME)))),
        language=language,
        kind=given or values.kind_of(email),
        groups=tuple(dict.fromkeys((*values.groups(cells.text(Column.GROUPS)), *groups))),
        external_id=cells.text(Column.EXTERNAL_ID) or None,
        organisation=organisation,
        attributes=cells.attributes(),
    )
    return Entry(line, contact, kind_given=given is not None, tracking=tracking)


def _organisation(cells: "_Cells") -> Organisation | None:
    name = cells.text(Column.ORGANISATION)
    code = cells.text(Column.CODE).replace(" ", "").upper()
    country = cells.read(Column.COUNTRY, values.country) or ""
    if not name and not code:
        return None
    kind = values.organisation_kind(cells.text(Column.ORGANISATION_KIND))
    return Organisation(name=name, kind=kind, code=code, region=cells.text(Column.REGION), country=country)


class _Cells:
    """The cells of one line by what they mean; keeps what could not be read."""

    def __init__(self, header: Header, line: Line) -> None:
        self.faults: list[str] = []
        self._texts: dict[Column, str] = {}
        self._attributes: dict[str, str] = {}
        for meaning, cell in zip(header.meanings, line.cells, strict=False):  # a short row ends in empty cells
            text = one_line(cell)
            if isinstance(meaning, Column):
                self._texts[meaning] = f"{self._texts[meaning]};{text}" if meaning in self._texts else text
            elif text:
                self._attributes[meaning] = text

    def text(self, column: Column) -> str:
        return self._texts.get(column, "")

    def read(self, column: Column, parse: Callable[[str], T]) -> T | None:
        try:
            return parse(self.text(column))
        except CellRefused as fault:
            self.faults.append(str(fault))
            return None

    def attributes(self) -> dict[str, str]:
        return self._attributes


class Repeats:
    """Remembers what a file has told already: hashes only, some 70 bytes for each address."""

    def __init__(self) -> None:
        self._addresses: set[int] = set()
        self._ids: set[int] = set()
        self._organisations: set[int] = set()

    def marked(self, entry: Entry) -> Entry:
        """Return *entry*, marked where an earlier row was first; refuse an id with a second address."""
        contact = entry.contact
        if hash(contact.email) in self._addresses:
            return replace(entry, repeats=True, leads=False)
        if contact.external_id is not None:
            if hash(contact.external_id) in self._ids:
                raise RowRefused(f"an earlier row has external id {contact.external_id!r} with another address")
            self._ids.add(hash(contact.external_id))
        self._addresses.add(hash(contact.email))
        return replace(entry, leads=self._leads(contact.organisation))

    def _leads(self, organisation: Organisation | None) -> bool:
        if organisation is None:
            return False
        key = hash(organisation.code or (organisation.kind, organisation.name))
        first = key not in self._organisations
        self._organisations.add(key)
        return first


def entries_of(
    header: Header, lines: Iterator[Line], groups: tuple[str, ...] = ()
) -> Iterator[Entry | tuple[Line, str]]:
    """Yield an entry for each line, or the line with what is wrong with it."""
    repeats = Repeats()
    for line in lines:
        try:
            yield repeats.marked(entry_of(header, line, groups))
        except RowRefused as fault:
            yield line, str(fault)
