"""`outreach feeds …`: where news and events come from."""

from cyclopts import App
from rich.console import Console
from rich.table import Table
from rich.text import Text

from outreach.cli.terminal import say
from outreach.feeds.source import SourceView
from outreach.services import open_services
from outreach.steps import content

app = App(name="feeds", help="Feeds, calendars and database queries: add them, pull them, list them.")


@app.command
def add(url: str, *, topic: str, language: str, query: str | None = None) -> None:
    """Add a source of news or events.

    Parameters
    ----------
    url
        Address of an RSS, Atom or JSON feed or of a calendar (.ics); with --query a database's address, such as
        postgresql://reader:${NEWS_PASSWORD}@db.example.org/news, where ${…} is taken from the environment.
    topic
        What it is about: campaigns and waves of this topic show it.
    language
        What it is written in, as a code of two letters: nl, de.
    query
        A SELECT with a column title, one of uid, id or link, and if there are any body, language, published, starts,
        ends, place, cancelled. Rows with starts are events.
    """
    with open_services() as services:
        number = content.add_source(services, url, topic=topic, language=language, query=query)
    say([f"source {number} added; pull it with: outreach feeds pull"])


@app.command
def pull() -> None:
    """Pull every source that is due; one that fails does not stop the others."""
    with open_services() as services:
        report = content.pull(services)
    counts = (
        f"{report.sources} sources: {report.new} new, {report.revised} revised, {report.cancelled} cancelled; "
        f"{report.unchanged} unchanged, {len(report.failed)} failed"
    )
    say([counts, *(f"  {url}: {note}" for url, note in (*report.notes, *report.failed))])


@app.command(name="list")
def list_sources() -> None:
    """List all sources with what became of the last pull."""
    with open_services() as services:
        sources = content.list_sources(services)
    if not sources:
        say(["no sources yet; add one with: outreach feeds add URL --topic … --language …"])
        return
    Console(highlight=False).print(_table(sources))


def _table(sources: list[SourceView]) -> Table:
    table = Table()
    for heading in ("#", "topic", "source", "items", "last asked", "state"):
        table.add_column(heading, overflow="fold")
    for source in sources:
        asked = f"{source.checked_at:%Y-%m-%d %H:%M} UTC" if source.checked_at else "never"
        cells = (str(source.id), f"{source.topic} ({source.language})", source.url, str(source.items), asked)
        # as text, not as markup: addresses and errors come from outside
        table.add_row(*map(Text, cells), Text(_state(source)))
    return table


def _state(source: SourceView) -> str:
    told = f"failed {source.failures}×: {source.last_error}" if source.failures else source.last_error
    return f"{source.state}; {told}" if told else source.state
