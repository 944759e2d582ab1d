"""What the demo shows while it works: its stages with their seconds, then the addresses; plain lines without a TTY."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from rich import box
from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from outreach.errors import OutreachError

Tick = Callable[[], float]

TOTALS = ("accepted", "delivered", "opens", "clicks", "signups", "unsubscribes", "unknown")
"""Figures of the report that are shown at the end, where it has them."""


class Screen:
    """The *stages* of a demo, named first, then worked off one after the other."""

    def __init__(self, stages: Sequence[str], *, console: Console | None = None, tick: Tick = time.monotonic) -> None:
        self._stages = list(stages)
        self._console = console or Console(highlight=False)
        self._tick = tick
        self._began: dict[str, float] = {}
        self._seconds: dict[str, float] = {}
        self._notes: dict[str, str] = {}
        self._failed: set[str] = set()
        self._spinner = Spinner("dots", style="cyan")
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(get_renderable=self._picture, console=self._console, refresh_per_second=8)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show that a stage is being worked on, and measure it."""
        if name not in self._stages:
            self._stages.append(name)
        self._began[name] = self._tick()
        self._plain(f"… {name}")
        try:
            yield
        except BaseException:
            self._failed.add(name)
            raise
        finally:
            self._seconds[name] = round(self._tick() - self._began[name], 2)
            self._plain(f"{'✗' if name in self._failed else '✓'} {name} · {self._beside(name)}")

    def seconds(self) -> dict[str, float]:
        """Return how long each stage took, also one that failed."""
        return dict(self._seconds)

    def note(self, words: str) -> None:
        """Show a line that stays, such as where to look meanwhile."""
        self._console.print(Text(f"  {words}"), soft_wrap=True)

    def progress(self, done: int, of: int) -> None:
        """Show how far the stage now worked on has come; without a TTY it is shown when the stage ends."""
        for name in self._began.keys() - self._seconds.keys():
            self._notes[name] = f"{done:,} of {of:,}"

    def fail(self, error: BaseException | str) -> None:
        """Show in one line what went wrong."""
        self._stop()
        self._console.print(Text(f"✗ {in_one_line(error)}", style="bold red"), soft_wrap=True)

    def conclude(self, summary: Mapping[str, Any], addresses: Mapping[str, str]) -> None:
        """Show what came of it, and where to look now."""
        self._stop()
        totals = {name: f"{summary[name]:,}" for name in TOTALS if isinstance(summary.get(name), int)}
        totals["seconds"] = f"{sum(self._seconds.values()):.0f}"
        self._console.print()
        self._rows("What came of it", totals)
        self._rows("Where to look", addresses)

    def stay(self) -> None:
        """Say that everything stays up."""
        self._stop()
        self._console.print(Text("Everything stays up until you press Ctrl-C."))

    def _rows(self, title: str, rows: Mapping[str, str]) -> None:
        """Show names with values; addresses are never broken, so that they can be clicked."""
        self._console.print(Text(title, style="bold"))
        if not self._console.is_terminal:
            for name, value in rows.items():
                self._console.print(Text(f"  {name}: {value}"), soft_wrap=True)
            return
        table = Table(box=box.SIMPLE, show_header=False)
        table.add_column(style="dim")
        table.add_column(no_wrap=True, overflow="ignore")
        for name, value in rows.items():
            table.add_row(Text(name), Text(value, style=f"cyan link {value}" if "://" in value else ""))
        self._console.print(table, soft_wrap=True)

    def _stop(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def _plain(self, words: str) -> None:
        if not self._console.is_terminal:
            self._console.print(Text(words), soft_wrap=True)

    def _picture(self) -> RenderableType:
        rows = Table.grid(padding=(0, 1))
        for name in self._stages:
            rows.add_row(self._mark(name), Text(name), Text(self._beside(name), style="dim"))
        return rows

    def _mark(self, name: str) -> RenderableType:
        if name in self._failed:
            return Text("✗", style="bold red")
        if name in self._seconds:
            return Text("✓", style="green")
        return self._spinner if name in self._began else Text("·", style="dim")

    def _beside(self, name: str) -> str:
        if name not in self._began:
            return ""
        taken = self._seconds.get(name)
        if taken is None:
            taken = self._tick() - self._began[name]
        return " · ".join(part for part in (f"{taken:.1f} s", self._notes.get(name, "")) if part)


def in_one_line(error: BaseException | str) -> str:
    """Return what went wrong, fit for a person; errors that are not ours are named by their kind as well."""
    words = " ".join(str(error).split())
    if isinstance(error, (str, OutreachError)):
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
