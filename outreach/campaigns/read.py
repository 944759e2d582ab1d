"""Reads campaign folders: `campaign.toml` and one `<wave>.<language>.md` for each wave and language."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any
from zoneinfo import ZoneInfo

from outreach.campaigns.table import NAME, Problems, Table
from outreach.errors import DefinitionError, NotFound
from outreach.model.campaign import (
    Body,
    Call,
    Campaign,
    Edition,
    Field,
    FieldKind,
    Layout,
    Sender,
    WaveDefinition,
    Words,
)

LANGUAGE = re.compile(r"[a-z]{2,3}")
ZONE = "Europe/Amsterdam"
FENCE = "+++"
OTHER_PAPERS = ("NOTES.md", "README.md")
FRONT_MATTER = f'begin with {FENCE}, subject = "…", preheader = "…", {FENCE}, each on its own line'


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
    problems = Problems(_shown(folder))
    values = _toml(folder / "campaign.toml")
    table = Table(f"{_shown(folder / 'campaign.toml')}: ", values, problems)
    campaign = _campaign(folder, table, problems)
    table.finish()
    problems.settle()
    return campaign


def _campaign(folder: Path, table: Table, problems: Problems) -> Campaign:
    languages = _languages(table)
    problems.settle()  # without languages, every word in the folder would seem wrong
    zone = _zone(table)
    house = _house_sender(folder.parent.parent / "brand.toml", languages)
    if table.name("slug", folder.name) != folder.name:
        table.problem("slug", f"is not the folder's name; write {folder.name!r} or leave it out")
    calls = {name: _call(name, entry, languages, zone) for name, entry in table.table("calls").entries()}
    waves = {
        name: _wave(name, entry, languages, calls, _bodies(folder, name, languages, problems))
        for name, entry in table.table("waves").entries()
    }
    if not waves:
        table.problem("waves", "there is none; write at least one [waves.<name>]")
    _strays(folder, waves, languages, problems)
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
        folder=folder,
    )


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
        name=merged.text("name"),
        email=merged.text("email"),
        reply_to=merged.text("reply_to", "") or merged.text("email"),
        imprint=merged.words("imprint", languages),
    )
    if sender.email and "@" not in sender.email:
        merged.problem("email", f"found {sender.email!r}; write an address such as news@example.org")
    merged.finish()
    return sender


def _demands(table: Table, languages: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    if not table.values:
        return {}
    demands = {language: table.names(language, 'a list such as ["…", "…"]') for language in languages}
    if len({len(listed) for listed in demands.values()}) > 1:
        counted = ", ".join(f"{language} {len(listed)}" for language, listed in demands.items())
        table.problem(languages[0], f"the languages differ in number ({counted}); write the same demands in each")
    table.finish()
    return demands


def _call(slug: str, table: Table, languages: tuple[str, ...], zone: ZoneInfo) -> Call:
    fields = tuple(_field(entry, languages) for entry in table.tables("fields"))
    names = [one.name for one in fields]
    if not fields:
        table.problem("fields", "there is none; write at least one [[…fields]]")
    if len(set(names)) < len(names):
        table.problem("fields", f"a name stands twice: {', '.join(names)}; give each field its own")
    fold_by = table.text("fold_by", "") or None
    if fold_by and fold_by not in names:
        table.problem("fold_by", f"no field {fold_by!r}; fields: {', '.join(names)}")
    call = Call(
        slug=slug,
        title=table.words("title", languages),
        intro=table.words("intro", languages),
        button=table.words("button", languages),
        thanks=table.words("thanks", languages),
        fields=fields,
        goal=table.number("goal", least=1),
        fold_by=fold_by,
        closes=table.moment("closes", zone),
        capacity=table.number("capacity", least=1),
    )
    table.finish()
    return call


def _field(table: Table, languages: tuple[str, ...]) -> Field:
    kind = table.one_of("kind", FieldKind)
    choices = {key: entry_words for key, entry_words in _choices(table, languages).items() if entry_words}
    if (kind is FieldKind.CHOICE) != bool(choices):
        table.problem("choices", "belong to fields of kind 'choice', and every such field has some")
    one = Field(
        name=table.name("name"),
        kind=kind,
        label=table.words("label", languages),
        required=table.flag("required", default=True),
        help=table.words("help", languages, required=False),
        choices=choices,
        limit=table.number("limit", 500, least=1) or 500,
    )
    table.finish()
    return one


def _choices(table: Table, languages: tuple[str, ...]) -> dict[str, Words]:
    listed = table.table("choices")
    return {key: listed.words(key, languages) for key in listed.values}


def _wave(
    name: str, table: Table, languages: tuple[str, ...], calls: Mapping[str, Call], bodies: Mapping[str, Body]
) -> WaveDefinition:
    call = table.text("call", "") or None
    if call and call not in calls:
        table.problem("call", f"unknown call {call!r}; known: {', '.join(sorted(calls)) or 'none'}")
    wave = WaveDefinition(
        name=name,
        title=table.words("title", languages),
        audiences=table.names("audiences", 'a list of audiences such as ["members"]'),
        layout=table.one_of("layout", Layout),
        bodies=bodies,
        edition=table.one_of("edition", Edition, Edition.PREFERENCE),
        call=call,
        news=table.number("news", 0) or 0,
        events=table.number("events", 0) or 0,
    )
    for audience in wave.audiences:
        if not NAME.fullmatch(audience):
            table.problem("audiences", f"found {audience!r}; write the name of a file in audiences/, without .toml")
    table.finish()
    return wave


def _bodies(folder: Path, wave: str, languages: tuple[str, ...], problems: Problems) -> dict[str, Body]:
    bodies = {}
    for language in languages:
        path = folder / f"{wave}.{language}.md"
        if not path.is_file():
            spoken = ", ".join(languages)
            remedy = f"write it or take {language!r} out of languages"
            problems.add(f"{_shown(path)} is missing: the campaign speaks {spoken}; {remedy}")
            continue
        try:
            bodies[language] = _body(path, problems)
        except DefinitionError as error:
            problems.add(str(error))
    return bodies


def _body(path: Path, problems: Problems) -> Body:
    lines = _text(path).splitlines()
    if not lines or lines[0].strip() != FENCE:
        raise DefinitionError(f"{_shown(path)}: line 1: front matter is missing; {FRONT_MATTER}")
    closing = next((number for number, line in enumerate(lines[1:], start=1) if line.strip() == FENCE), None)
    if closing is None:
        raise DefinitionError(f"{_shown(path)}: line 1: front matter does not end; {FRONT_MATTER}")
    # The fence counts as an empty line, so that lines are numbered as in the file.
    table = Table(f"{_shown(path)}: ", _parsed("\n".join(["", *lines[1:closing]]), path), problems)
    body = Body(
        subject=table.text("subject"),
        preheader=table.text("preheader"),
        markdown="\n" * (closing + 1) + "\n".join(lines[closing + 1 :]) + "\n",
        source=_shown(path),
    )
    table.finish()
    if not body.markdown.strip():
        raise DefinitionError(f"{_shown(path)}: line {closing + 2}: the text is empty; write the mail in Markdown")
    return body


def _strays(folder: Path, waves: Mapping[str, WaveDefinition], languages: tuple[str, ...], problems: Problems) -> None:
    expected = {f"{wave}.{language}.md" for wave in waves for language in languages}
    for path in sorted(folder.glob("*.md")):
        if path.name not in expected and path.name not in OTHER_PAPERS:
            known = f"waves: {', '.join(waves) or 'none'}; languages: {', '.join(languages)}"
            problems.add(f"{_shown(path)} belongs to no wave; name it <wave>.<language>.md ({known})")


def _house_sender(path: Path, languages: tuple[str, ...]) -> Mapping[str, Any]:
    sender = _toml(path).get("sender", {}) if path.is_file() else {}
    imprint = sender.get("imprint", {})
    return {**sender, "imprint": {language: imprint[language] for language in languages if language in imprint}}


def _toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise DefinitionError(f"{_shown(path)} is missing; a campaign folder holds campaign.toml and its texts")
    return _parsed(_text(path), path)


def _parsed(source: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{_shown(path)}: not valid TOML: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{_shown(path)}: byte {error.start} is not UTF-8; save the file as UTF-8") from error


def _shown(path: Path) -> str:
    """Return *path* as authors know it, from the templates folder on."""
    parts = path.absolute().parts
    below = parts[::-1].index("campaigns") + 2 if "campaigns" in parts else 2
    return PurePath(*parts[-below:]).as_posix()
