"""Runs rows of the matrix and adds up what came of them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.databases import Database, Kind, Missing, open_database, small_disk
from tests.faults.rows import Row
from tests.faults.trial import Count, Knows, trial


@dataclass(frozen=True)
class Cell:
    """One fault, one API, one database."""

    row: Row
    knows: Knows
    kind: Kind

    def __str__(self) -> str:
        return f"{self.row.name}, {self.knows}, {self.kind}"

    def seed(self, base: str, number: int) -> str:
        """What chance begins with in one wave; the same again gives the same moments."""
        return f"{base}, {self}, {number}"

    def holds(self, count: Count) -> bool:
        """Whether that is what the protocol promises; only an API that can tell nothing leaves somebody unknown."""
        unsure = 0 if self.knows is Knows.NOTHING else count.unknown
        return not (count.lost or count.doubled or count.miscounted or unsure)


@dataclass
class Result:
    """What became of all waves of a cell, and which of them did not hold, with what their senders said."""

    cell: Cell
    waves: int = 0
    count: Count = field(default_factory=Count)
    broken: dict[int, str] = field(default_factory=dict)
    missing: str = ""

    @property
    def runs(self) -> int:
        return self.waves * self.cell.row.strikes


class Stage:
    """Databases, opened when the first row asks, and a folder in memory, where that is permitted; gone at the end."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._open: dict[Kind, Database] = {}

    def __enter__(self) -> "Stage":
        name = self._stack.enter_context(TemporaryDirectory(prefix="outreach-faults-"))
        self.folder = self._stack.enter_context(small_disk(Path(name), 200)).folder
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def database(self, kind: Kind) -> Database:
        if kind not in self._open:
            self._open[kind] = self._stack.enter_context(open_database(kind))
        return self._open[kind]


def cells(rows: tuple[Row, ...], wanted: Callable[[Cell], bool]) -> Iterator[Cell]:
    """Every fault with every API and database that it makes sense for."""
    every = (Cell(row, knows, kind) for row in rows for kind in row.databases for knows in row.knows)
    return filter(wanted, every)


def run(cell: Cell, stage: Stage, base: str, numbers: range) -> Result:
    """Run a cell's waves one after the other."""
    result = Result(cell)
    try:
        for number in numbers:
            _run_once(cell, stage, cell.seed(base, number), result, number)
    except Missing as missing:
        result.missing = str(missing)
    return result


def _run_once(cell: Cell, stage: Stage, seed: str, result: Result, number: int) -> None:
    row = cell.row
    with trial(
        stage.database(cell.kind), cell.knows, seed, batch=row.batch, call_seconds=row.call_seconds,
        folder=stage.folder / "trial",
    ) as ours:  # fmt: skip
        row.fault(ours)
        if row.settled_by_us:
            ours.settle()
        ours.ask_later()
        count = ours.count()
        result.waves += 1
        result.count += count
        if not cell.holds(count):
            result.broken[number] = f"{count}\n{ours.outcome()}\n{ours.log()}"
