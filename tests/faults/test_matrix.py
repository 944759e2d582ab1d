"""The fault matrix, short version: a wave a cell. The long one is `make faults`."""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from multiprocessing.process import BaseProcess

import pytest

from tests.faults.databases import Kind
from tests.faults.matrix import Result, Stage, cells, run
from tests.faults.rows import MATRIX, ended, outage
from tests.faults.trial import Knows

QUICKER = {"API away for 3 s": outage(0.5), "SIGTERM": ended(BaseProcess.terminate, 2)}
"""Half a second is enough to be refused; the lane would sleep through the other two and a half."""

CHOSEN = {
    "kill -9, outbox with keys, postgresql",
    "kill -9, outbox with a list, sqlite",
    "kill -9, outbox with neither, postgresql",
    "SIGTERM, outbox with keys, sqlite",
    "SIGTERM, outbox with a list, postgresql",
    "API away for 3 s, outbox with neither, sqlite",
    "5xx storm of 20 %, outbox with a list, sqlite",
    "timeouts after acceptance, outbox with keys, postgresql",
    "PostgreSQL restarted, outbox with a list, postgresql",
    "disk full, outbox with keys, sqlite",
    "disk full, outbox with neither, postgresql",
    "two workers, one killed, outbox with keys, postgresql",
}
"""Every fault; and a sender's end, or its API's, with everything that an API may know on both databases."""


ROWS = tuple(replace(row, fault=QUICKER.get(row.name, row.fault), batch=10) for row in MATRIX)
SHORT = tuple(cells(ROWS, lambda cell: str(cell) in CHOSEN))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


def test_the_short_version_has_every_fault_and_everything_an_api_may_know_on_both_databases():
    assert {str(cell) for cell in SHORT} == CHOSEN
    assert {cell.row.name for cell in SHORT} == {row.name for row in MATRIX}
    ended = {"kill -9", "SIGTERM", "API away for 3 s"}
    assert {(cell.knows, cell.kind) for cell in SHORT if cell.row.name in ended} == set(product(Knows, Kind))


@pytest.mark.parametrize("cell", SHORT, ids=str)
def test_nobody_is_lost_and_nobody_is_written_to_twice(cell, stage):
    result = run(cell, stage, "short", range(1))

    _tried(result)
    assert not result.broken, result.broken
    assert result.count.hits > 0


def _tried(result: Result) -> None:
    if not result.missing:
        return
    if os.environ.get("CI") and "PostgreSQL" in result.missing:
        pytest.fail(result.missing)
    pytest.skip(f"!!! {result.missing} !!!")
