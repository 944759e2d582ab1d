"""TOML that all tests read: campaigns, audiences, words of pages. Who reads it is slow, and the files are few."""

import pickle
import tomllib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_read = tomllib.loads


@lru_cache(maxsize=1000)
def _tables(toml: str) -> bytes:
    return pickle.dumps(_read(toml))


def loads(toml: str, /, *, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """Return what `tomllib.loads` does, which reads a text once; whoever asks gets tables of their own to change."""
    if parse_float is not float:
        return _read(toml, parse_float=parse_float)
    tables: dict[str, Any] = pickle.loads(_tables(toml))
    return tables


def install() -> None:
    """Let everybody read TOML like that from now on."""
    tomllib.loads = loads
