"""`outreach audience …`: who would get a mail."""

from cyclopts import App
from rich.console import Console

from outreach.services import open_services
from outreach.steps import people

app = App(name="audience", help="Audiences: list them, count who is in one.")


@app.command(name="list")
def list_audiences() -> None:
    """List all audiences."""
    with open_services() as services:
        segments = [people.load_segment(services, name) for name in people.audience_names(services)]
    _print([f"{segment.name}: {' | '.join(dict.fromkeys(segment.titles.values()))}" for segment in segments])


@app.command
def count(name: str, *, topic: str = people.DEFAULT_TOPIC) -> None:
    """Count who in an audience would get a mail now, by language, and who is left out and why.

    Parameters
    ----------
    name
        An audience, as `outreach audience list` shows it.
    topic
        What the mail would be about: people without a consent to it are left out.
    """
    with open_services() as services:
        result = people.count_audience(services, name, topic=topic)
    _print(
        [
            f"{name}: {result.total} recipients for {topic}",
            *(f"  {language}: {number}" for language, number in result.by_language.items()),
            *(f"left out, {reason}: {number}" for reason, number in result.left_out.items()),
        ]
    )


def _print(lines: list[str]) -> None:
    for line in lines:
        Console(highlight=False).print(line, markup=False, soft_wrap=True)
