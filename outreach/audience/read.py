"""Reads `audiences/*.toml` into segments; whatever cannot work is refused here, all at once, with file and key."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from outreach.audience.predicates import check, found
from outreach.errors import DefinitionError, NotFound
from outreach.model.segment import USUAL, Argument, Group, Join, Preference, Segment, Term

LANGUAGES = ("nl", "de", "en")
"""The languages that a title without a language stands for."""

P = ParamSpec("P")
T = TypeVar("T")

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
    faults = _Faults()
    faults.gather(_check_keys, source, table)
    segment = Segment(
        name=name,
        titles=faults.gather(_titles, source, table.get("title")) or {},
        rule=faults.gather(_rule, source, table, faults) or Group(Join.ALL, ()),
        one_per=faults.gather(_one_per, source, table.get("one_per")),
        prefer=faults.gather(_prefer, source, table.get("prefer")) or USUAL,
        at_most_per_organisation=faults.gather(_number, source, "at_most_per_organisation", table),
        at_most=faults.gather(_number, source, "at_most", table),
    )
    faults.gather(_check_limits, source, table)
    faults.raise_any()
    return segment


class _Faults:
    """Everything that is wrong with a file, so that nobody has to correct it one fault at a time."""

    def __init__(self) -> None:
        self._found: list[DefinitionError] = []

    def gather(self, read: Callable[P, T], *said: P.args, **more: P.kwargs) -> T | None:
        """Return what *read* makes of what was said; None where that is a fault."""
        try:
            return read(*said, **more)
        except DefinitionError as fault:
            self._found.append(fault)
            return None

    def raise_any(self) -> None:
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            raise DefinitionError("\n".join(map(str, self._found)))


def _check_keys(source: str, table: Mapping[str, Any]) -> None:
    unknown = [key for key in table if key not in KEYS]
    if unknown:
        which = f"key {unknown[0]!r} is" if len(unknown) == 1 else f"keys {', '.join(map(repr, unknown))} are"
        raise DefinitionError(f"{source}: {which} not known; known: {', '.join(KEYS)}")


def _check_limits(source: str, table: Mapping[str, Any]) -> None:
    per_organisation = table.keys() & {"one_per", "at_most_per_organisation"}
    if len(per_organisation) > 1:
        raise DefinitionError(f"{source}: one_per and at_most_per_organisation say the same; leave one of them out")
    if "prefer" in table and not per_organisation:
        raise DefinitionError(
            f'{source}: prefer: orders the addresses of one organisation; write one_per = "{ORGANISATION}" with it'
        )


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


def _rule(source: str, table: Mapping[str, Any], faults: _Faults) -> Group:
    joins = [join for join in JOINS if join in table]
    groups = [faults.gather(_group, source, join, table[join], faults) for join in joins]
    sound = [group for group in groups if group]
    if not groups:
        raise DefinitionError(
            f'{source}: no rule; write all, any or none, such as all = [{{ group = "member" }}]; all = [] is everybody'
        )
    return sound[0] if len(sound) == 1 else Group(Join.ALL, tuple(sound))


def _group(where: str, join: Join, given: object, faults: _Faults) -> Group:
    if not isinstance(given, list) or (not given and join is not Join.ALL):
        raise DefinitionError(f'{where}: {join}: {found(given)}; write a list of rules: [{{ group = "member" }}]')
    rules = (faults.gather(_one, f"{where}: {join}[{at}]", each, faults) for at, each in enumerate(given, 1))
    return Group(join, tuple(rule for rule in rules if rule))


def _one(where: str, given: object, faults: _Faults) -> Group | Term:
    if not isinstance(given, dict) or len(given) != 1:
        raise DefinitionError(
            f'{where}: {found(given)}; a rule is one predicate with its argument, such as {{ group = "member" }}'
        )
    ((word, argument),) = given.items()
    if word in JOINS:
        return _group(where, Join(word), argument, faults)
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
