"""What the columns of a file are taken for: guessed by their headings, or as somebody said."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from outreach.contacts.headings import EXPORTS, MEANING, OURS, SEVERAL, Column, Export, squeezed
from outreach.errors import ImportRefused
from outreach.model.mail import one_line
from outreach.model.people import attribute_key

__all__ = ["Column", "Header", "Reading", "is_heading", "mapping_of", "understand"]

AS_ASKED = "as asked"
BY_HEADING = "its heading"
NOTHING_IN_IT = "nothing in it"
_ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Reading:
    """One column as people may look it over: its *heading*, what it is *taken_for*, and *how* that is known."""

    heading: str
    taken_for: str
    how: str


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a file: *names* as they stand there; *meanings* a column each, or the key of an attribute.

    *reasons* say how each meaning is known; *export* names the system whose export this seems to be.
    """

    names: tuple[str, ...]
    meanings: tuple[Column | str, ...]
    reasons: tuple[str, ...] = ()
    export: str = ""

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Every column of the file, in its order, in words."""
        return tuple(
            Reading(one_line(name) or f"column {at}", _taken_for(meaning), why)
            for at, (name, meaning, why) in enumerate(zip(self.names, self.meanings, self.reasons, strict=True), 1)
        )

    @property
    def left_out(self) -> frozenset[int]:
        """Positions of the columns that say nothing about a person."""
        return frozenset(at for at, meaning in enumerate(self.meanings) if _is_ours(meaning))

    def position(self, column: Column) -> int | None:
        """Return where *column* stands first, None where it does not."""
        return next((at for at, meaning in enumerate(self.meanings) if meaning is column), None)


def mapping_of(lines: Iterable[str]) -> dict[str, str]:
    """Return headings and what they are to be taken for, out of lines such as `Naam organisatie=organisation`."""
    mapping: dict[str, str] = {}
    for line in filter(str.strip, lines):
        heading, sign, target = line.rpartition("=")
        if not sign or not heading.strip():
            raise ImportRefused(f'mapping {line!r}: write HEADING=MEANING, such as "Naam organisatie=organisation"')
        mapping[heading.strip()] = target.strip()
    return mapping


def is_heading(cells: Iterable[str], mapping: Mapping[str, str]) -> bool:
    """Return whether *cells* name a column of addresses."""
    asked = {squeezed(heading) for heading, target in mapping.items() if MEANING.get(squeezed(target)) is Column.EMAIL}
    return any(MEANING.get(squeezed(cell)) is Column.EMAIL or squeezed(cell) in asked for cell in cells)


def understand(
    names: Sequence[str], source: str, mapping: Mapping[str, str] | None = None, *, empty: Collection[int] = ()
) -> Header:
    """Return what each heading means; refuse a file without addresses, or where two columns mean the same.

    *mapping* goes before every guess. *empty* holds the positions of columns in which nothing stands.
    """
    asked = _asked(names, mapping or {}, source)
    export = _export({squeezed(name) for name in names})
    taken = {meaning for meaning in asked.values() if isinstance(meaning, Column) and meaning not in SEVERAL}
    meanings: list[Column | str] = []
    reasons: list[str] = []
    for at, guess in enumerate(_guesses(names, export)):
        meaning, reason = (asked[at], AS_ASKED) if at in asked else guess
        if at not in asked and isinstance(meaning, Column) and meaning in taken:
            meaning, reason = _key(names[at], at), "another column was chosen instead"
        if at in empty and not _is_ours(meaning) and meaning is not Column.EMAIL:
            meaning, reason = Column.LEFT_OUT, NOTHING_IN_IT
        meanings.append(meaning)
        reasons.append(reason)
    _check(names, meanings, source)
    return Header(tuple(names), tuple(meanings), tuple(reasons), export.name if export else "")


def _is_ours(meaning: Column | str) -> bool:
    return isinstance(meaning, Column) and meaning in OURS  # an attribute may be called "line" too


def _asked(names: Sequence[str], mapping: Mapping[str, str], source: str) -> dict[int, Column | str]:
    """Return the meanings that somebody chose, by position; a column without a name is `column 2`."""
    asked: dict[int, Column | str] = {}
    for heading, target in mapping.items():
        wanted = squeezed(heading)
        found = [at for at, name in enumerate(names) if squeezed(name or f"column{at + 1}") == wanted]
        if not found:
            raise ImportRefused(f"{source}: mapping: no column {heading!r}; columns found: {_listed(names)}")
        for at in found:
            asked[at] = _target(heading, target, names[at], at)
    return asked


def _target(heading: str, target: str, name: str, at: int) -> Column | str:
    if not target:
        return Column.LEFT_OUT
    word, _, key = target.partition(" ")
    if word.casefold() == _ATTRIBUTE:
        return attribute_key(one_line(key)) or _key(name, at)
    column = MEANING.get(squeezed(target)) or next((c for c in Column if squeezed(c) == squeezed(target)), None)
    if column is None or column in OURS:
        known = ", ".join(each for each in Column if each not in OURS)
        raise ImportRefused(
            f"mapping {heading}={target}: {target!r} is not known; known: {known}, attribute, attribute NAME; "
            f'or nothing after the = to leave the column out: "{heading}="'
        )
    return column


def _export(squeezed_names: Collection[str]) -> Export | None:
    return next((export for export in EXPORTS if export.marks <= set(squeezed_names)), None)


def _guesses(names: Sequence[str], export: Export | None) -> list[tuple[Column | str, str]]:
    keys = [squeezed(name) for name in names]
    known = {MEANING[key] for key in keys if key in MEANING}
    result: list[tuple[Column | str, str]] = []
    for at, (name, key) in enumerate(zip(names, keys, strict=True)):
        if export and key in export.meanings:
            result.append((export.meanings[key], f"{export.name}'s own column"))
        elif MEANING.get(key) is Column.NAME:
            result.append(_meaning_of_name(name, at, known))
        elif key in MEANING and not (MEANING[key] is Column.LINE and Column.ERROR not in known):
            result.append((MEANING[key], BY_HEADING))
        else:
            result.append((_key(name, at), "no heading that is known"))
    return result


def _meaning_of_name(name: str, at: int, known: Collection[Column]) -> tuple[Column | str, str]:
    """`Name` is the family name beside `Vorname`, an organisation's in a list of those, else the whole name."""
    if Column.FIRST_NAME in known:
        if Column.LAST_NAME in known:
            return _key(name, at), "first and last name have columns of their own"
        return Column.LAST_NAME, "it stands beside a first name"
    if Column.ORGANISATION not in known and (Column.CODE in known or Column.ORGANISATION_KIND in known):
        return Column.ORGANISATION, "it stands beside what organisations have"
    return (_key(name, at), "the last name has a column") if Column.LAST_NAME in known else (Column.NAME, BY_HEADING)


def _key(name: str, at: int) -> str:
    return attribute_key(one_line(name)) or f"column {at + 1}"


def _check(names: Sequence[str], meanings: Sequence[Column | str], source: str) -> None:
    if not any(meaning is Column.EMAIL for meaning in meanings):
        raise ImportRefused(
            f"{source}: no column with email addresses; columns found: {_listed(names)}; "
            "name one of them email, e-mailadres or E-Mail-Adresse"
        )
    labels = [(isinstance(meaning, Column), meaning) for meaning in meanings]
    for (known, meaning), times in Counter(labels).items():
        if times > 1 and not (known and meaning in SEVERAL):
            same = [name for name, label in zip(names, labels, strict=True) if label == (known, meaning)]
            raise ImportRefused(
                f"{source}: columns {' and '.join(map(repr, same))} both mean {str(meaning)!r}; "
                f'rename or remove one of them, or leave it out by the mapping "{same[-1]}="'
            )


def _taken_for(meaning: Column | str) -> str:
    return str(meaning) if isinstance(meaning, Column) else f'{_ATTRIBUTE} "{meaning}"'


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
