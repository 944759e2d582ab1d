"""Segments as data: a tree of predicates, read from `audiences/*.toml` and compiled by the audience room."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

Argument = str | int | bool | tuple[str, ...]


class Join(StrEnum):
    """How the rules of a group bear on each other."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


class Preference(StrEnum):
    """Which address of an organisation is taken before others."""

    NAMED = "named"  # of a person known by name
    ROLE = "role"  # of a function: info@, gemeente@
    UNNAMED = "unnamed"  # of a person whose name is not known


USUAL = (Preference.NAMED, Preference.ROLE)


@dataclass(frozen=True, slots=True)
class Term:
    """One predicate with its argument: `{ group = "municipality" }`."""

    predicate: str
    argument: Argument


@dataclass(frozen=True, slots=True)
class Group:
    """Rules joined by all, any or none; nested as deep as a person can read."""

    join: Join
    rules: tuple["Group | Term", ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A named audience. *titles* per language for people.

    *one_per* `"organisation"` keeps one address of each, *at_most_per_organisation* so many; which, *prefer* says, and
    among equals the oldest. *at_most* keeps so many in all: those who came into the files first.
    """

    name: str
    titles: Mapping[str, str]
    rule: Group
    one_per: str | None = None
    prefer: tuple[Preference, ...] = USUAL
    at_most_per_organisation: int | None = None
    at_most: int | None = None

    @property
    def per_organisation(self) -> int | None:
        """How many addresses of one organisation there may be; None is all of them."""
        return 1 if self.one_per else self.at_most_per_organisation


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule with whether it holds for one person; *parts* are a group's rules, in its order."""

    rule: Group | Term
    holds: bool
    parts: tuple["Judged", ...] = ()


@dataclass(frozen=True, slots=True)
class Tallied:
    """A rule with the number of *people* for whom it holds, each rule taken by itself.

    *left* is for rules of an `all` or `none`: how many pass this one and all before it.
    """

    rule: Group | Term
    people: int
    left: int | None = None
    parts: tuple["Tallied", ...] = ()


def terms(rule: Group | Term) -> tuple[Term, ...]:
    """Return the predicates in *rule*, each once, in order."""
    if isinstance(rule, Term):
        return (rule,)
    return tuple(dict.fromkeys(term for part in rule.rules for term in terms(part)))


def judge(rule: Group | Term, truth: Mapping[Term, bool]) -> Judged:
    """Return whether *rule* holds where its predicates are as *truth* says."""
    if isinstance(rule, Term):
        return Judged(rule, truth[rule])
    parts = tuple(judge(part, truth) for part in rule.rules)
    held = [part.holds for part in parts]
    match rule.join:
        case Join.ALL:
            return Judged(rule, all(held), parts)
        case Join.ANY:
            return Judged(rule, any(held), parts)
        case Join.NONE:
            return Judged(rule, not any(held), parts)


def grounds(judged: Judged) -> Iterator[Judged]:
    """Yield the predicates that make the rule come out as it does: were they so, nothing else would matter."""
    if isinstance(judged.rule, Term):
        yield judged
        return
    # One part that decides is enough for these; otherwise all of them together do.
    decides = judged.rule.join is not Join.ALL
    one_decides = judged.holds is (judged.rule.join is Join.ANY)
    for part in judged.parts:
        if not one_decides or part.holds is decides:
            yield from grounds(part)
