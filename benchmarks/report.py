"""What every benchmark prints: one JSON line a figure, on standard output."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter


def say(name: str, value: float, unit: str, *, floor: float, n: int, database: str, **more: object) -> None:
    """Print one figure; *floor* is the bare minimum of the same work, in the same unit and from the same run."""
    figure = {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "floor": round(floor, 4),
        "ratio": round(value / floor, 3) if floor else None,
        "n": n,
        "database": database,
        "cores": os.cpu_count(),
    }
    print(json.dumps(figure | more), flush=True)


def tell(text: str) -> None:
    """Say on standard error what is going on."""
    print(text, file=sys.stderr, flush=True)


@dataclass
class Watch:
    """A stopped time in seconds."""

    seconds: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Watch]:
    """Measure what is done inside."""
    watch = Watch()
    begin = perf_counter()
    yield watch
    watch.seconds = perf_counter() - begin
