"""Segments as data: a tree of predicates, read from `audiences/*.toml` and compiled by the audience room."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Argument = str | int | bool | tuple[str, ...]


class Join(StrEnum):
    """How the rules of a group bear on each other."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


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
    """A named audience. *titles* per language for people; *one_per* `"organisation"` keeps one address of each."""

    name: str
    titles: Mapping[str, str]
    rule: Group
    one_per: str | None = None
