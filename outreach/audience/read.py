"""Reads `audiences/*.toml` into segments; whatever cannot work is refused here, with file and key."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from outreach.audience.predicates import PREDICATES, clause, shown
from outreach.errors import DefinitionError, NotFound
from outreach.model.segment import Argument, Group, Join, Segment, Term

LANGUAGES = ("nl", "de", "en")
"""The languages that a title without a language stands for."""

KEYS = ("title", "all", "any", "none", "one_per")
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
    return Segment(
        name=name,
        titles=_titles(source, table.get("title")),
        rule=_rule(source, table),
        one_per=_one_per(source, table.get("one_per")),
    )


def _titles(source: str, found: object) -> Mapping[str, str]:
    if isinstance(found, str) and found:
        return dict.fromkeys(LANGUAGES, found)
    if isinstance(found, dict) and found and all(isinstance(each, str) and each for each in found.values()):
        return found
    raise DefinitionError(
        f'{source}: title: {_found(found)}; write title = "…", or one per language: title = {{ nl = "…", de = "…" }}'
    )


def _one_per(source: str, found: object) -> str | None:
    if found is None or found == ORGANISATION:
        return ORGANISATION if found else None
    raise DefinitionError(f'{source}: one_per: {_found(found)}; write one_per = "{ORGANISATION}", or leave it out')


def _rule(source: str, table: Mapping[str, Any]) -> Group:
    groups = [_group(source, join, table[join]) for join in JOINS if join in table]
    if not groups:
        raise DefinitionError(
            f'{source}: no rule; write all, any or none, such as all = [{{ group = "member" }}]; all = [] is everybody'
        )
    return groups[0] if len(groups) == 1 else Group(Join.ALL, tuple(groups))


def _group(where: str, join: Join, found: object) -> Group:
    if not isinstance(found, list) or (not found and join is not Join.ALL):
        raise DefinitionError(f'{where}: {join}: {_found(found)}; write a list of rules: [{{ group = "member" }}]')
    return Group(join, tuple(_one(f"{where}: {join}[{at}]", each) for at, each in enumerate(found, 1)))


def _one(where: str, found: object) -> Group | Term:
    if not isinstance(found, dict) or len(found) != 1:
        raise DefinitionError(
            f'{where}: {_found(found)}; a rule is one predicate with its argument, such as {{ group = "member" }}'
        )
    ((word, argument),) = found.items()
    if word in JOINS:
        return _group(where, Join(word), argument)
    if word not in PREDICATES:
        clause(where, Term(word, ""))  # says so
    term = Term(word, _argument(argument))
    clause(where, term)
    return term


def _argument(found: Any) -> Argument:
    if isinstance(found, list):
        return tuple(found)
    if isinstance(found, date):
        return found.isoformat()
    argument: Argument = found
    return argument


def _found(value: object) -> str:
    return "nothing found" if value is None else f"found {shown(value)}"
