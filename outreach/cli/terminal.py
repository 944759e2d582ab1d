"""What every command prints: text as it is, since names and errors come from outside and are no markup."""

from collections.abc import Iterable

from rich.console import Console


def say(lines: Iterable[str]) -> None:
    """Print *lines*; a long one is broken by the terminal alone, so that it can be copied whole."""
    console = Console(highlight=False)
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
