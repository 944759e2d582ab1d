"""The `outreach` command: its parts, and how errors are shown."""

import os
import sys
from typing import NoReturn

from cyclopts import App
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from outreach.cli import audience, campaign, contacts, delivery, demo, explain, feeds, receiver, rights, wave
from outreach.errors import OutreachError
from outreach.services import migrate_database

app = App(name="outreach", help="Newsletters and campaign outreach for associations.", version="0.1.0")
for part in (feeds.app, contacts.app, audience.app, campaign.app, wave.app, delivery.app, rights.app):
    app.command(part)
app.command(explain.explain, name="explain")
app.command(receiver.receiver, name="receiver")
app.command(demo.demo, name="demo")


@app.command
def migrate() -> None:
    """Bring the database to the newest version of the tables."""
    migrate_database()
    print("the database is up to date")


def main() -> None:
    """Run the command line; an error is one readable line and exit code 1, never a stack trace.

    Errors that nobody foresaw name their kind; `OUTREACH_TRACE=1` shows where they come from.
    """
    try:
        app()
    except OutreachError as error:
        _fail(str(error))
    except ValidationError as error:
        _fail("; ".join(f"{_setting(one['loc'])}: {one['msg']}; found {one['input']!r}" for one in error.errors()))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if os.environ.get("OUTREACH_TRACE"):
            raise
        words = next((line for line in str(error).splitlines() if line.strip()), "no reason given")
        _fail(f"{type(error).__name__}: {words} (OUTREACH_TRACE=1 shows more)")


def _setting(place: tuple[int | str, ...]) -> str:
    return "OUTREACH_" + "_".join(str(part) for part in place).upper()


def _fail(words: str) -> NoReturn:
    Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {escape(words)}", soft_wrap=True)
    sys.exit(1)
