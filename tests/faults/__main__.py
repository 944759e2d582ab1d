"""The fault matrix, long version: `make faults [ARGS="--runs 100"]`.

A JSON line a row on standard output, a table on standard error. Every moment comes from the seed, which is printed: the
same --seed with --fault, --provider, --database and --wave brings a wave back.
"""

import argparse
import json
import secrets
import signal
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.faults.matrix import Cell, Result, Stage, cells, run
from tests.faults.rows import LONG, MATRIX

FIGURES = ("sent", "lost", "doubled", "unknown", "miscounted")


def main(arguments: Sequence[str]) -> int:
    asked = _parser().parse_args(arguments)
    seed = asked.seed or secrets.token_hex(4)
    tell(f"seed {seed}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whatever ends this, nothing is left running or mounted
    results = []
    with Stage() as stage:
        for cell in cells((*MATRIX, *LONG), lambda cell: _wanted(cell, asked)):
            numbers = range(cell.row.waves(asked.runs)) if asked.wave is None else range(asked.wave, asked.wave + 1)
            began = time.monotonic()
            result = run(cell, stage, seed, numbers)
            results.append(result)
            _say(result, seed, time.monotonic() - began)
    Console(stderr=True, width=120).print(_table(results))
    broken = any(result.broken for result in results)
    if broken:
        tell("THE MATRIX DOES NOT HOLD: see above")
    return int(broken)


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=100, help="how often kill -9 strikes; other faults have a share of it"
    )
    parser.add_argument("--seed", help="what chance begins with; printed where it is not given")
    parser.add_argument("--fault", default="", help="only faults whose name has this in it")
    parser.add_argument("--provider", default="", help="only APIs whose name has this in it")
    parser.add_argument("--database", default="", help="sqlite or postgresql alone")
    parser.add_argument("--wave", type=int, help="only the wave of this number")
    return parser


def _wanted(cell: Cell, asked: argparse.Namespace) -> bool:
    return asked.fault in cell.row.name and asked.provider in cell.knows and asked.database in cell.kind


def _say(result: Result, seed: str, seconds: float) -> None:
    cell, count = result.cell, result.count
    if result.missing:
        tell(f"!!! NOT TRIED: {cell.row.name}, {cell.kind}: {result.missing} !!!")
        return
    line = {"fault": cell.row.name, "provider": cell.knows, "runs": result.runs, **_figures(result)}
    line |= {
        "database": cell.kind,
        "waves": result.waves,
        "hits": count.hits,
        "people": count.people,
        "seconds": round(seconds),
        "seed": seed,
    }
    print(json.dumps(line), flush=True)
    for number, words in result.broken.items():
        tell(
            f"BROKEN: --seed {seed} --fault '{cell.row.name}' --provider '{cell.knows}' --database {cell.kind} "
            f"--wave {number}\n{words}"
        )


def _table(results: Sequence[Result]) -> Table:
    table = Table(box=None)
    for heading in ("fault", "provider", "database"):
        table.add_column(heading, no_wrap=True)
    for heading in ("runs", "hits", *FIGURES):
        table.add_column(heading, justify="right")
    for result in results:
        cell = result.cell
        figures = (result.runs, result.count.hits, *_figures(result).values())
        shown = ["not tried"] if result.missing else [f"{figure:,}" for figure in figures]
        table.add_row(cell.row.name, cell.knows, cell.kind, *shown)
    return table


def _figures(result: Result) -> dict[str, int]:
    return {name: getattr(result.count, name) for name in FIGURES}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
