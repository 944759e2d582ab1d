"""Reads `audiences/*.toml` into segments; whatever cannot work is refused here, with file and key."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from outreach.audience.predicates import check, found
from outreach.errors import DefinitionError, NotFound
from outreach.model.segment import USUAL, Argument, Group, Join, Preference, Segment, Term

LANGUAGES = ("nl", "de", "en")
"""The languages that a title without a language stands for."""

KEYS = ("title", "all", "any", "none", "one_per", "prefer", "at_most_per_organisation", "at_most")
JOINS = tuple(Join)
ORGANISATION = "organisation"


def names(folder: Path) -> list[str]:
    """Return the names of all audiences in *folder*."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def load(folder: Path, name: str) -> Segment:
    """Return the audience *name*; `NotFound` lists what there is."""
    known = names(folder)
    if name not in known:
        raise NotFound("audience", name, known)
    path = folder / f"{name}.toml"
    try:
        return parse(name, path.read_bytes().decode(), source=path.name)
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{path.name}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from error


def parse(name: str, toml: str, *, source: str) -> Segment:
    """Return the segment that *toml* describes; *source* is what errors call it."""
    try:
        table = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{source}: not valid TOML: {error}") from error
    for key in table:
        if key not in KEYS:
            raise DefinitionError(f"{source}: key {key!r} is not known; known: {', '.join(KEYS)}")
    segment = Segment(
        name=name,
        titles=_titles(source, table.get("title")),
        rule=_rule(source, table),
        one_per=_one_per(source, table.get("one_per")),
        prefer=_prefer(source, table.get("prefer")),
        at_most_per_organisation=_number(source, "at_most_per_organisation", table),
        at_most=_number(source, "at_most", table),
    )
    if segment.one_per and segment.at_most_per_organisation:
        raise DefinitionError(f"{source}: one_per and at_most_per_organisation say the same; leave one of them out")
    if "prefer" in table and not segment.per_organisation:
        raise DefinitionError(
            f'{source}: prefer: orders the addresses of one organisation; write one_per = "{ORGANISATION}" with it'
        )
    return segment


def _titles(source: str, given: object) -> Mapping[str, str]:
    if isinstance(given, str) and given:
        return dict.fromkeys(LANGUAGES, given)
    if isinstance(given, dict) and given and all(isinstance(each, str) and each for each in given.values()):
        return given
    raise DefinitionError(
        f'{source}: title: {found(given)}; write title = "…", or one per language: title = {{ nl = "…", de = "…" }}'
    )


def _one_per(source: str, given: object) -> str | None:
    if given is None or given == ORGANISATION:
        return ORGANISATION if given else None
    raise DefinitionError(f'{source}: one_per: {found(given)}; write one_per = "{ORGANISATION}", or leave it out')


def _prefer(source: str, given: object) -> tuple[Preference, ...]:
    if given is None:
        return USUAL
    if isinstance(given, list) and given and set(map(str, given)) <= set(Preference) and len(set(given)) == len(given):
        return tuple(map(Preference, given))
    known = ", ".join(Preference)
    raise DefinitionError(f'{source}: prefer: {found(given)}; write a list such as ["named", "role"]; known: {known}')


def _number(source: str, key: str, table: Mapping[str, Any]) -> int | None:
    given = table.get(key)
    if given is None or (isinstance(given, int) and not isinstance(given, bool) and given > 0):
        return given
    raise DefinitionError(f"{source}: {key}: {found(given)}; write a whole number from 1, or leave it out")


def _rule(source: str, table: Mapping[str, Any]) -> Group:
    groups = [_group(source, join, table[join]) for join in JOINS if join in table]
    if not groups:
        raise DefinitionError(
            f'{source}: no rule; write all, any or none, such as all = [{{ group = "member" }}]; all = [] is everybody'
        )
    return groups[0] if len(groups) == 1 else Group(Join.ALL, tuple(groups))


def _group(where: str, join: Join, given: object) -> Group:
    if not isinstance(given, list) or (not given and join is not Join.ALL):
        raise DefinitionError(f'{where}: {join}: {found(given)}; write a list of rules: [{{ group = "member" }}]')
    return Group(join, tuple(_one(f"{where}: {join}[{at}]", each) for at, each in enumerate(given, 1)))


def _one(where: str, given: object) -> Group | Term:
    if not isinstance(given, dict) or len(given) != 1:
        raise DefinitionError(
            f'{where}: {found(given)}; a rule is one predicate with its argument, such as {{ group = "member" }}'
        )
    ((word, argument),) = given.items()
    if word in JOINS:
        return _group(where, Join(word), argument)
    term = Term(word, _argument(argument))
    check(where, term)
    return term


def _argument(given: Any) -> Argument:
    if isinstance(given, list):
        return tuple(each.isoformat() if isinstance(each, date) else each for each in given)
    if isinstance(given, date):
        return given.isoformat()
    argument: Argument = given
    return argument
