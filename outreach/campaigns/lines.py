"""On which line of a TOML file each of its keys stands.

`tomllib` tells values and no lines, and so do the libraries that keep a file's style. So it is asked statement by
statement: what it can read of the lines since the last statement is the next one. There is no grammar of our own.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

KeyPath = tuple[str | int, ...]
"""Keys from the top of a file on; tables of a list are counted from one."""


class Lines:
    """The lines of a file that `tomllib` reads; they are looked for when the first one is asked for."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._found: dict[KeyPath, int] | None = None

    def of(self, path: KeyPath) -> int:
        """Return the line where *path* is written; what is missing stands where the table begins that it belongs to."""
        if self._found is None:
            self._found = _located(self._source)
        while path and path not in self._found:
            path = path[:-1]
        return self._found.get(path, 1)


def _located(source: str) -> dict[KeyPath, int]:
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    lists: dict[KeyPath, int] = {}
    for number, written, values in _statements(source):
        if written.startswith("["):
            table = _entered(values, lists)
            for depth in range(1, len(table) + 1):
                found.setdefault(table[:depth], number)
            continue
        for path in _paths(values):
            found.setdefault((*table, *path), number)
    return found


def _statements(source: str) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Yield line, text and values of each statement; a list over several lines is told once more with each of them."""
    begun: list[str] = []
    for number, line in enumerate(source.split("\n"), start=1):
        begun.append(line)
        written = "\n".join(begun).strip()
        values = _read(written)
        if values is not None:
            yield number - len(begun) + 1, written, values
            begun = []
        elif (so_far := _read(f"{written}\n]")) is not None:
            yield number, written, so_far


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _entered(header: Mapping[str, Any], lists: dict[KeyPath, int]) -> KeyPath:
    """Return the table that `[a.b]` or `[[a.b]]` begins; *lists* counts the tables of each list so far."""
    path: KeyPath = ()
    held: Any = header
    while held:
        (key, held), *_ = held.items()
        path = (*path, key)
        if isinstance(held, list):
            lists[path] = lists.get(path, 0) + 1
            return (*path, lists[path])
        if path in lists:
            path = (*path, lists[path])
    return path


def _paths(value: object) -> Iterator[KeyPath]:
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value, start=1))
    for key, held in items:
        yield (key,)
        yield from ((key, *path) for path in _paths(held))
