"""The words that segments may use, and how a word with its argument becomes a condition on contacts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from inspect import signature

from sqlalchemy import ColumnElement

from outreach.errors import DefinitionError, UnknownPredicate
from outreach.model.segment import Argument, Term

Clause = ColumnElement[bool]
Listed = tuple[str, ...]
Build = Callable[..., Clause]

MOST_DAYS = 36_500
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""For looking at a rule whose answer nobody waits for."""


class Named(StrEnum):
    """What the argument of a predicate may name; whether it exists is looked up before anybody is counted."""

    GROUP = "group"
    LANGUAGE = "language"
    REGION = "region"
    PROVINCE = "province"
    MUNICIPALITY = "municipality"
    ORGANISATION_KIND = "kind of organisation"
    COUNTRY = "country"
    ATTRIBUTE = "attribute"
    TOPIC = "topic"
    WAVE = "wave"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Predicate:
    """A predicate as segments, the manual and explanations see it.

    *says* is its meaning in words, `{}` for the argument; *example* an argument, a number for predicates over days.
    *of* is what the argument names, before its `=` where it is a *pair*.
    """

    name: str
    says: str
    example: str | int
    manual: str
    build: Build
    of: Named | None = None
    pair: bool = False
    timed: bool = False


PREDICATES: dict[str, Predicate] = {}


def predicate(
    says: str, *, example: str | int, of: Named | None = None, pair: bool = False
) -> Callable[[Build], Build]:
    """Make a function's name a word that segments may use.

    It takes a tuple of texts, or a number of days, and `now` where the answer depends on the day.
    """

    def enter(build: Build) -> Build:
        manual = " ".join((build.__doc__ or "").split())
        timed = "now" in signature(build).parameters
        PREDICATES[build.__name__] = Predicate(build.__name__, says, example, manual, build, of, pair, timed)
        return build

    return enter


def clause(where: str, term: Term, now: datetime) -> Clause:
    """Return the condition that *term* stands for; errors begin with *where*, the segment or the file and key."""
    known = PREDICATES.get(term.predicate)
    if known is None:
        raise UnknownPredicate(where, term.predicate, PREDICATES)
    argument = _checked(where, known, term.argument)
    try:
        return known.build(argument, now) if known.timed else known.build(argument)
    except ValueError as fault:
        raise DefinitionError(f"{where}: {term.predicate} = {shown(term.argument)}: {fault}") from fault


def check(where: str, term: Term) -> None:
    """Refuse a term that no condition could be made of."""
    clause(where, term, SOME_DAY)


def in_words(term: Term) -> str:
    """Return what *term* says of a person, in English: `is in the group member or board`."""
    argument = term.argument if isinstance(term.argument, tuple) else (term.argument,)
    return PREDICATES[term.predicate].says.format(" or ".join(str(each) or '""' for each in argument))


def names_in(term: Term) -> tuple[Named, Listed] | None:
    """Return what *term* names, and the names."""
    known = PREDICATES[term.predicate]
    if known.of is None:
        return None
    listed = texts(term)
    return known.of, tuple(each.partition("=")[0].strip() for each in listed) if known.pair else listed


def texts(term: Term) -> Listed:
    """Return a term's argument as the list that it stands for."""
    return term.argument if isinstance(term.argument, tuple) else (str(term.argument),)


def shown(value: object) -> str:
    """Return *value* as it would stand in TOML."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case list() | tuple():
            return f"[{', '.join(shown(each) for each in value)}]"
        case dict():
            return "{ " + ", ".join(f"{key} = {shown(each)}" for key, each in value.items()) + " }"
        case _:
            return str(value)


def _checked(where: str, known: Predicate, argument: Argument) -> Listed | int:
    if isinstance(known.example, int):
        return _days(where, known, argument)
    if isinstance(argument, str):
        return (argument,)
    if isinstance(argument, tuple) and argument and all(isinstance(each, str) for each in argument):
        return argument
    one = f"{known.name} = {shown(known.example)}"
    raise DefinitionError(f"{where}: {known.name} takes a text or a list of texts, such as {one}; {found(argument)}")


def _days(where: str, known: Predicate, argument: Argument) -> int:
    if isinstance(argument, int) and not isinstance(argument, bool) and 1 <= argument <= MOST_DAYS:
        return argument
    one = f"{known.name} = {known.example}"
    raise DefinitionError(f"{where}: {known.name} takes a number of days from 1, such as {one}; {found(argument)}")


def found(value: object) -> str:
    """Return what stood in a file, for an error."""
    return "nothing found" if value is None else f"found {shown(value)}"
