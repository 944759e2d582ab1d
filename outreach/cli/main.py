"""The `outreach` command: its parts, and how errors are shown."""

import sys

from cyclopts import App
from rich.console import Console
from rich.markup import escape

from outreach.cli import audience, campaign, contacts, demo, feeds, receiver, wave
from outreach.errors import OutreachError
from outreach.services import migrate_database

app = App(name="outreach", help="Newsletters and campaign outreach for associations.", version="0.1.0")
for part in (feeds.app, contacts.app, audience.app, campaign.app, wave.app):
    app.command(part)
app.command(receiver.receiver, name="receiver")
app.command(demo.demo, name="demo")


@app.command
def migrate() -> None:
    """Bring the database to the newest version of the tables."""
    migrate_database()
    print("the database is up to date")


def main() -> None:
    """Run the command line; an error of ours is one readable line and exit code 1, never a stack trace."""
    try:
        app()
    except OutreachError as error:
        Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {escape(str(error))}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
