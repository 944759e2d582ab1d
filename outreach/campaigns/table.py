"""TOML tables read field by field.

What is wrong is gathered instead of raised, so that an author sees all of it at once; until then a harmless value
stands in, and whoever reads goes on.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from outreach.campaigns.lines import KeyPath, Lines
from outreach.errors import DefinitionError
from outreach.model.campaign import Words

Choice = TypeVar("Choice", bound=StrEnum)

NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
"""What may stand in addresses, headers and file names."""


class Problems:
    """What is wrong with one definition, in the order of reading."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._found: list[str] = []

    def add(self, problem: str) -> None:
        """Write one problem down, once."""
        if problem not in self._found:
            self._found.append(problem)

    def settle(self) -> None:
        """Raise `DefinitionError` with all that was found; a single problem speaks for itself."""
        if len(self._found) == 1:
            raise DefinitionError(self._found[0])
        if self._found:
            raise DefinitionError("\n".join([f"{self._subject}: {len(self._found)} problems", *self._found]))


@dataclass(frozen=True)
class Place:
    """Where a table stands: in which file, and under which keys."""

    file: str
    lines: Lines
    path: KeyPath = ()

    def under(self, *keys: str | int) -> "Place":
        """Return the place of what stands under *keys* here."""
        return Place(self.file, self.lines, (*self.path, *keys))

    def __str__(self) -> str:
        words = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.path).removeprefix(".")
        return f"{self.file}: line {self.lines.of(self.path)}: {words}"


class Table:
    """One table of a TOML file. Each getter takes a key; `finish` reports the keys that nobody asked for."""

    def __init__(self, where: Place, values: Mapping[str, Any], problems: Problems) -> None:
        self.where = where
        self.values = values
        self.problems = problems
        self._asked: list[str] = []

    def problem(self, key: str, what: str) -> None:
        """Write down what is wrong with *key*."""
        self.problems.add(f"{self.where.under(key)}: {what}")

    def _get(self, key: str, kind: type | tuple[type, ...], wanted: str, *, required: bool) -> Any:
        self._asked.append(key)
        value = self.values.get(key)
        if value is None:
            if required:
                self.problem(key, f"is missing; write {wanted}")
        elif (isinstance(value, bool) and kind is int) or not isinstance(value, kind):
            self.problem(key, f"found {value!r}; write {wanted}")
            value = None
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text on one line or more; without *default* it must be there."""
        value = self._get(key, str, "a text in quotes", required=default is None)
        if value is not None and not value.strip():
            self.problem(key, "is empty; write a text")
        return (value or default or "").strip()

    def name(self, key: str, default: str | None = None) -> str:
        """Return a text fit for addresses: lower-case letters, digits, dashes."""
        value = self.text(key, default)
        if value and not NAME.fullmatch(value):
            self.problem(key, f"found {value!r}; write lower-case letters, digits and dashes, such as 'my-name'")
        return value

    def number(self, key: str, default: int | None = None, least: int = 0) -> int | None:
        """Return a whole number not below *least*, or *default*."""
        value: int | None = self._get(key, int, "a whole number", required=False)
        if value is not None and value < least:
            self.problem(key, f"found {value}; write {least} or more")
            return default
        return default if value is None else value

    def share(self, key: str, most: float, wanted: str) -> float | None:
        """Return a part of the whole, above 0 and up to *most*; nothing where it is missing or something else."""
        value = self._get(key, (int, float), wanted, required=False)
        if value is None:
            return None
        if isinstance(value, bool) or not 0 < value <= most:
            self.problem(key, f"found {value!r}; write {wanted}")
            return None
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._get(key, bool, "true or false", required=False)
        return default if value is None else bool(value)

    def one_of(self, key: str, kinds: type[Choice], default: Choice | None = None) -> Choice:
        """Return a member of *kinds*; without *default* it must be there."""
        known = ", ".join(kinds)
        value = self._get(key, str, f"one of: {known}", required=default is None)
        if value is not None and value not in tuple(kinds):
            self.problem(key, f"unknown {key} {value!r}; known: {known}")
            value = None
        return kinds(value) if value is not None else default or next(iter(kinds))

    def address(self, key: str) -> str:
        """Return an address on the web, or nothing."""
        value = self.text(key, "")
        if value and not re.fullmatch(r"https://[^\s/?#]+\S*", value):
            self.problem(key, f"found {value!r}; write a whole address such as 'https://www.example.org/'")
        return value

    def names(self, key: str, wanted: str, *, required: bool = True) -> tuple[str, ...]:
        """Return a list of texts with at least one in it; not *required*, it may be left out."""
        value = self._get(key, list, wanted, required=required)
        if value is not None and (not value or not all(isinstance(one, str) and one.strip() for one in value)):
            self.problem(key, f"found {value!r}; write {wanted}")
            return ()
        return tuple(value or ())

    def words(self, key: str, languages: Iterable[str], *, required: bool = True) -> Words:
        """Return the same words in every one of *languages*; none may be missing and none be over."""
        wanted = "{ " + ", ".join(f'{language} = "…"' for language in languages) + " }"
        value = self._get(key, dict, wanted, required=required)
        if value is None:
            return {}
        found = {language: text.strip() for language, text in value.items() if isinstance(text, str) and text.strip()}
        self._compare(key, tuple(languages), tuple(value), found)
        return found

    def _compare(self, key: str, languages: tuple[str, ...], given: tuple[str, ...], found: Words) -> None:
        spoken = f"the campaign speaks {', '.join(languages)}"
        for language in languages:
            if language not in found:
                self.problem(key, f'{language!r} is missing: {spoken}; write {language} = "…"')
        for language in given:
            if language not in languages:
                self.problem(key, f"found words in {language!r}: {spoken}; add it to languages or take the words out")

    def moment(self, key: str, zone: ZoneInfo) -> datetime | None:
        """Return an aware moment; without an offset it is meant in *zone*, a date alone means the end of that day."""
        wanted = "a date such as 2026-12-10 or 2026-12-10T17:00:00, without quotes"
        value = self._get(key, date, wanted, required=False)
        if value is None:
            return None
        moment = value if isinstance(value, datetime) else datetime.combine(value, time(23, 59))
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)

    def needed_moment(self, key: str, zone: ZoneInfo) -> datetime:
        """Return a moment with its time of day, which must be there."""
        found = self.moment(key, zone)
        if key not in self.values:
            self.problem(key, "is missing; write a moment such as 2026-12-10T13:00:00, without quotes")
        elif found is not None and not isinstance(self.values[key], datetime):
            self.problem(key, f"found {self.values[key]}, a day; write the time too, such as 2026-12-10T13:00:00")
        return found or datetime.max.replace(tzinfo=zone)

    def table(self, key: str) -> "Table":
        """Return the table under *key*, empty where there is none."""
        value = self._get(key, dict, f"a table [{key}]", required=False)
        return Table(self.where.under(key), value or {}, self.problems)

    def tables(self, key: str) -> Iterator["Table"]:
        """Yield the tables of a list of tables, counted from one."""
        value = self._get(key, list, f"tables [[{key}]]", required=False)
        for number, values in enumerate(value or (), start=1):
            if isinstance(values, dict):
                yield Table(self.where.under(key, number), values, self.problems)
            else:
                self.problems.add(f"{self.where.under(key, number)}: found {values!r}; write a table")

    def entries(self) -> Iterator[tuple[str, "Table"]]:
        """Yield the tables in this one by name; this is how `[waves.start]` is met."""
        for key in self.values:
            if not NAME.fullmatch(key):
                self.problem(key, "is no name; write lower-case letters, digits and dashes")
            yield key, self.table(key)

    def finish(self) -> None:
        """Report keys that were not asked for: most are typing errors."""
        for key in self.values:
            if key not in self._asked:
                self.problem(key, f"unknown key; known: {', '.join(sorted(set(self._asked)))}")
