"""The fault matrix, short version: a few waves a row. The long one is `make faults`."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.faults.matrix import Cell, Result, Stage, cells, run
from tests.faults.rows import MATRIX, outage
from tests.faults.trial import Knows

KILL_WAVES = 2

QUICKER = {"API away for 3 s": outage(0.5)}
"""Half a second is enough to be refused; the lane would sleep through the other two and a half."""


KILLED = "kill -9"
ONCE = {
    "SIGTERM, outbox with neither, postgresql",
    "API away for 3 s, outbox with keys, sqlite",
    "5xx storm of 20 %, outbox with neither, sqlite",
    "timeouts after acceptance, outbox with keys, postgresql",
    "PostgreSQL restarted, outbox with neither, postgresql",
    "disk full, outbox with keys, sqlite",
    "disk full, outbox with neither, postgresql",
    "two workers, one killed, outbox with keys, postgresql",
}
"""With keys nothing may stay unknown; without them every call that is made anew is seen."""


def in_short(cell: Cell) -> bool:
    return str(cell) in ONCE or (cell.row.name == KILLED and cell.knows is not Knows.LIST)


SHORT = tuple(cells(tuple(replace(row, fault=QUICKER.get(row.name, row.fault)) for row in MATRIX), in_short))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


def test_the_short_version_has_every_fault():
    assert {cell.row.name for cell in SHORT} == {row.name for row in MATRIX}
    assert {str(cell) for cell in SHORT} > ONCE


@pytest.mark.parametrize("cell", SHORT, ids=str)
def test_nobody_is_lost_and_nobody_is_written_to_twice(cell, stage):
    result = run(cell, stage, "short", range(KILL_WAVES if cell.row.name == KILLED else 1))

    _tried(result)
    assert not result.broken, result.broken
    assert result.count.hits > 0


def _tried(result: Result) -> None:
    if not result.missing:
        return
    if os.environ.get("CI") and "PostgreSQL" in result.missing:
        pytest.fail(result.missing)
    pytest.skip(f"!!! {result.missing} !!!")
