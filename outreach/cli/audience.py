"""`outreach audience …`: who would get a mail, and what the rules make of it."""

from cyclopts import App
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from outreach.audience.predicates import in_words
from outreach.cli.terminal import say
from outreach.errors import DefinitionError
from outreach.model.people import masked
from outreach.model.segment import Group, Join, Judged, Tallied, Term, grounds
from outreach.services import Services, open_services
from outreach.steps import people
from outreach.steps.people import AudienceCount

app = App(name="audience", help="Audiences: list, count, sample and explain them.")

JOINED = {Join.ALL: "all of these", Join.ANY: "at least one of these", Join.NONE: "none of these"}


@app.command(name="list")
def list_audiences() -> None:
    """List all audiences."""
    with open_services() as services:
        say([_titled(services, name) for name in people.audience_names(services)])


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
    say(_counted(name, topic, result))


@app.command
def sample(name: str, *, topic: str = people.DEFAULT_TOPIC, size: int = people.HANDFUL, full: bool = False) -> None:
    """Show a handful of the people in an audience, those who came into the files first, and why they are in it.

    Parameters
    ----------
    name
        An audience, as `outreach audience list` shows it.
    topic
        What the mail would be about.
    size
        How many people to show.
    full
        Show whole addresses, instead of their first letter and domain.
    """
    with open_services() as services:
        found = people.sample_audience(services, name, topic=topic, size=size)
    table = Table("address", "language", "organisation", "why")
    for each in found:
        email = each.email if full else masked(each.email)
        cells = (email, each.language or "unknown", each.organisation, "; ".join(reasons(each.judged)))
        table.add_row(*(escape(cell) for cell in cells))
    Console().print(table)


@app.command
def explain(name: str, *, topic: str = people.DEFAULT_TOPIC) -> None:
    """Show the rules of an audience, with how many people each holds for, and who is left out after them.

    Parameters
    ----------
    name
        An audience, as `outreach audience list` shows it.
    topic
        What the mail would be about.
    """
    with open_services() as services:
        found = people.explain_audience(services, name, topic=topic)
    tree = Tree(escape(f"{name}: {found.tally.people} people, {words(found.tally.rule)}"))
    _grow(tree, found.tally)
    Console(highlight=False).print(tree)
    say(_counted(name, topic, found.count))


def words(rule: Group | Term) -> str:
    """Return a rule in words; what a group joins stands below it."""
    return in_words(rule) if isinstance(rule, Term) else JOINED[rule.join]


def reasons(judged: Judged) -> list[str]:
    """Return what makes the rules come out as they do for somebody, in words."""
    decisive = list(dict.fromkeys(grounds(judged)))
    return [words(each.rule) if each.holds else f"not: {words(each.rule)}" for each in decisive] or [
        "everybody is in it"
    ]


def _titled(services: Services, name: str) -> str:
    """Return an audience's line in the list; a broken one does not hide the others."""
    try:
        segment = people.load_segment(services, name)
    except DefinitionError as error:
        return f"{name}: cannot be read: {error}"
    return f"{name}: {' | '.join(dict.fromkeys(segment.titles.values()))}"


def _grow(tree: Tree, tallied: Tallied) -> None:
    for part in tallied.parts:
        left = "" if part.left is None else f"; {part.left} left"
        _grow(tree.add(escape(f"{words(part.rule)}: {part.people} people{left}")), part)


def _counted(name: str, topic: str, result: AudienceCount) -> list[str]:
    return [
        f"{name}: {result.total} recipients for {topic}",
        *(f"  {language}: {number}" for language, number in result.by_language.items()),
        *(f"left out, {reason}: {number}" for reason, number in result.left_out.items()),
    ]
