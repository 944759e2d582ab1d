"""Reads campaign folders: `campaign.toml` and one `<wave>.<language>.md` for each wave and language.

A wave that tries two versions has one `<wave>.b.<language>.md` more for each language.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from outreach.campaigns.bodies import strays
from outreach.campaigns.calls import read_call
from outreach.campaigns.files import parsed, shown, text
from outreach.campaigns.lines import Lines
from outreach.campaigns.table import Place, Problems, Table
from outreach.campaigns.waves import Around, read_event, read_newsletter, read_wave
from outreach.errors import NotFound
from outreach.model.campaign import Campaign, Sender, Words

LANGUAGE = re.compile(r"[a-z]{2,3}")
ZONE = "Europe/Amsterdam"


def list_campaigns(templates: Path) -> tuple[str, ...]:
    """Return the names of all campaign folders under *templates*, sorted."""
    return tuple(sorted(path.parent.name for path in (templates / "campaigns").glob("*/campaign.toml")))


def load_campaign(templates: Path, slug: str) -> Campaign:
    """Return the campaign of that name; `NotFound` lists the ones there are."""
    known = list_campaigns(templates)
    if slug not in known:
        raise NotFound("campaign", slug, known)
    return read_campaign(templates / "campaigns" / slug)


def read_campaign(folder: Path) -> Campaign:
    """Return the campaign in *folder*; `DefinitionError` tells everything that is wrong with it.

    What its `[sender]` does not say is taken from the `[sender]` of `brand.toml`, two folders up.
    """
    problems = Problems(shown(folder))
    path = folder / "campaign.toml"
    source = text(path)
    table = Table(Place(shown(path), Lines(source)), parsed(source, path), problems)
    campaign = _campaign(folder, table, problems)
    table.finish()
    problems.settle()
    return campaign


def _campaign(folder: Path, table: Table, problems: Problems) -> Campaign:
    languages = _languages(table)
    problems.settle()  # without languages, every word in the folder would seem wrong
    zone = _zone(table)
    house = house_sender(folder.parent.parent / "brand.toml", languages)
    if table.name("slug", folder.name) != folder.name:
        table.problem("slug", f"is not the folder's name; write {folder.name!r} or leave it out")
    calls = {name: read_call(name, entry, languages, zone) for name, entry in table.table("calls").entries()}
    events = {name: read_event(name, entry, languages, zone) for name, entry in table.table("events").entries()}
    around = Around(folder, languages, calls, events)
    waves = {name: read_wave(name, entry, around) for name, entry in table.table("waves").entries()}
    newsletters = {name: read_newsletter(name, entry, around) for name, entry in table.table("newsletters").entries()}
    if not waves and not newsletters:
        table.problem("waves", "there is none; write at least one [waves.<name>] or [newsletters.<name>]")
    for name in sorted(waves.keys() & newsletters.keys()):
        table.table("newsletters").problem(
            name, "is the name of a wave, too; both would have the same texts; rename one"
        )
    strays(folder, (*waves.values(), *newsletters.values()), languages, problems)
    return Campaign(
        slug=folder.name,
        title=table.words("title", languages),
        summary=table.words("summary", languages),
        topic=table.name("topic"),
        languages=languages,
        sender=_sender(table, house, languages, problems),
        calls=calls,
        waves=waves,
        demands=_demands(table.table("demands"), languages),
        events=events,
        newsletters=newsletters,
        differs=_differs(table, languages),
        folder=folder,
    )


def _differs(table: Table, languages: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return what may differ between the languages, by the keys of the words that it stands in."""
    own = table.table("differs")
    declared = {}
    for path in own.values:
        declared[path] = own.names(path, 'a list such as ["13", "28-05-2027"]')
        if not any(language in words for words in _leads_to(table.values, path.split(".")) for language in languages):
            own.problem(path, 'leads to no words; write the keys that do, such as "calls.join.intro"')
    return declared


def _leads_to(values: Any, keys: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the tables under *keys*; a list of tables counts as each of them."""
    if isinstance(values, list):
        for each in values:
            yield from _leads_to(each, keys)
    elif isinstance(values, dict) and keys:
        yield from _leads_to(values.get(keys[0]), keys[1:])
    elif isinstance(values, dict):
        yield values


def _languages(table: Table) -> tuple[str, ...]:
    wanted = 'codes with the house\'s own first, such as ["nl", "de"]'
    languages = table.names("languages", wanted)
    if len(set(languages)) < len(languages) or not all(LANGUAGE.fullmatch(language) for language in languages):
        table.problem("languages", f"found {list(languages)!r}; write {wanted}, each once")
        return ()
    return languages


def _zone(table: Table) -> ZoneInfo:
    name = table.text("zone", ZONE)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        table.problem("zone", f"unknown time zone {name!r}; write one such as {ZONE!r}")
        return ZoneInfo(ZONE)


def _sender(table: Table, house: Mapping[str, Any], languages: tuple[str, ...], problems: Problems) -> Sender:
    own = table.table("sender")
    merged = Table(own.where, {**house, **own.values}, problems)
    sender = Sender(
        name=_name(merged, languages),
        email=merged.text("email"),
        reply_to=merged.text("reply_to", "") or merged.text("email"),
        imprint=merged.words("imprint", languages),
    )
    if sender.email and "@" not in sender.email:
        merged.problem("email", f"found {sender.email!r}; write an address such as news@example.org")
    merged.finish()
    return sender


def _name(table: Table, languages: tuple[str, ...]) -> str | Words:
    """Return the sender's name: one for all languages, or one in each."""
    if isinstance(table.values.get("name"), dict):
        return table.words("name", languages)
    return table.text("name")


def _demands(table: Table, languages: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    if not table.values:
        return {}
    demands = {language: table.names(language, 'a list such as ["…", "…"]') for language in languages}
    if len({len(listed) for listed in demands.values()}) > 1:
        counted = ", ".join(f"{language} {len(listed)}" for language, listed in demands.items())
        table.problem(languages[0], f"the languages differ in number ({counted}); write the same demands in each")
    table.finish()
    return demands


def house_sender(path: Path, languages: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the house's own sender as `brand.toml` writes it, its imprint and its names in *languages* alone.

    Where it has no name in a language it is called what it is called in its own; an imprint has to be written.
    """
    house = parsed(text(path), path) if path.is_file() else {}
    sender = house.get("sender", {})
    imprint, name = sender.get("imprint", {}), sender.get("name")
    if isinstance(name, dict) and name:
        own = name.get(house.get("house")) or next(iter(name.values()))
        sender = {**sender, "name": {language: name.get(language) or own for language in languages}}
    return {**sender, "imprint": {language: imprint[language] for language in languages if language in imprint}}
