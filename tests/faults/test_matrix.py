"""The fault matrix, short version: a few waves a row. The long one is `make faults`."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.faults.databases import Kind
from tests.faults.matrix import Cell, Result, Stage, cells, run
from tests.faults.rows import MATRIX, outage
from tests.faults.trial import Knows

KILL_WAVES = 2

QUICKER = {"API away for 3 s": outage(0.5)}


def in_short(cell: Cell) -> bool:
    """Killing everywhere; all else once with keys, which nothing may stay unknown with, and once with nothing known.

    Without keys every call made anew is seen. That APIs have lists is left to the long version.
    """
    if cell.knows is Knows.LIST or cell.row.name == "kill -9":
        return cell.knows is not Knows.LIST
    where = Kind.SQLITE if cell.knows is Knows.KEYS and Kind.SQLITE in cell.row.databases else Kind.POSTGRESQL
    return cell.kind is where


SHORT = tuple(cells(tuple(replace(row, fault=QUICKER.get(row.name, row.fault)) for row in MATRIX), in_short))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.mark.parametrize("cell", SHORT, ids=str)
def test_nobody_is_lost_and_nobody_is_written_to_twice(cell, stage):
    result = run(cell, stage, "short", range(KILL_WAVES if cell.row.name == "kill -9" else 1))

    _tried(result)
    assert not result.broken, result.broken
    assert result.count.hits > 0


def _tried(result: Result) -> None:
    if not result.missing:
        return
    if os.environ.get("CI") and "PostgreSQL" in result.missing:
        pytest.fail(result.missing)
    pytest.skip(f"!!! {result.missing} !!!")
