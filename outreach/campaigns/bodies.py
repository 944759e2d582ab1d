"""The texts of waves: one markdown file per wave and language, with front matter."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from outreach.campaigns.files import parsed, shown, text
from outreach.campaigns.lines import Lines
from outreach.campaigns.table import Place, Problems, Table
from outreach.errors import DefinitionError
from outreach.model.campaign import Body, WaveDefinition

FENCE = "+++"
OTHER_PAPERS = ("NOTES.md", "README.md")
OTHER = "b"
"""What stands between wave and language in the names of the second version's files."""
FRONT_MATTER = f'begin with {FENCE}, subject = "…", preheader = "…", {FENCE}, each on its own line'


def read_bodies(folder: Path, wave: str, languages: tuple[str, ...], problems: Problems) -> dict[str, Body]:
    """Return a wave's texts per language; a language without its file is a problem."""
    bodies = {}
    for language in languages:
        path = folder / f"{wave}.{language}.md"
        if not path.is_file():
            spoken = ", ".join(languages)
            remedy = f"write it or take {language!r} out of languages"
            problems.add(f"{shown(path)} is missing: the campaign speaks {spoken}; {remedy}")
            continue
        try:
            bodies[language] = _body(path, problems)
        except DefinitionError as error:
            problems.add(str(error))
    return bodies


def read_other_bodies(folder: Path, wave: str, first: Mapping[str, Body], problems: Problems) -> dict[str, Body]:
    """Return the second version of a wave's texts per language; what it leaves out is taken from the *first*.

    A language without its file is a problem, and so is one in which both versions say the same.
    """
    bodies = {}
    for language, body in first.items():
        path = folder / f"{wave}.{OTHER}.{language}.md"
        if not path.is_file():
            what = f"waves.{wave}.versions tries two texts in every language"
            remedy = f'write {FENCE}, subject = "…", {FENCE} into it, each on its own line, or take the versions out'
            problems.add(f"{shown(path)} is missing: {what}; {remedy}")
            continue
        try:
            bodies[language] = _body(path, problems, body)
        except DefinitionError as error:
            problems.add(str(error))
    return bodies


def _body(path: Path, problems: Problems, first: Body | None = None) -> Body:
    """Return the text in *path*; with a *first* version it may lack what it shares with that one."""
    lines = text(path).splitlines()
    if not lines or lines[0].strip() != FENCE:
        raise DefinitionError(f"{shown(path)}: line 1: front matter is missing; {FRONT_MATTER}")
    closing = next((number for number, line in enumerate(lines[1:], start=1) if line.strip() == FENCE), None)
    if closing is None:
        raise DefinitionError(f"{shown(path)}: line 1: front matter does not end; {FRONT_MATTER}")
    # The fence counts as an empty line, so that lines are numbered as in the file.
    head = "\n".join(["", *lines[1:closing]])
    table = Table(Place(shown(path), Lines(head)), parsed(head, path), problems)
    body = Body(
        subject=table.text("subject", first.subject if first else None),
        preheader=table.text("preheader", first.preheader if first else None),
        markdown="\n" * (closing + 1) + "\n".join(lines[closing + 1 :]) + "\n",
        source=shown(path),
        translated_from=table.text("translated_from", ""),
    )
    table.finish()
    if first:
        return _beside(first, body)
    if not body.markdown.strip():
        raise DefinitionError(f"{shown(path)}: line {closing + 2}: the text is empty; write the mail in Markdown")
    return body


def _beside(first: Body, body: Body) -> Body:
    """Return *body* with the first version's text where it has none."""
    body = body if body.markdown.strip() else replace(body, markdown=first.markdown)
    if body.digest == first.digest:
        raise DefinitionError(f"{body.source}: says what {first.source} says; write another subject, preheader or text")
    return body


def strays(folder: Path, waves: Iterable[WaveDefinition], languages: tuple[str, ...], problems: Problems) -> None:
    """Write down the texts in *folder* that belong to none of *waves*, newsletters among them."""
    known = {wave.name: wave for wave in waves}
    expected = {f"{name}.{language}.md" for name in known for language in languages}
    others = {f"{name}.{OTHER}.{language}.md": wave for name, wave in known.items() for language in languages}
    for path in sorted(folder.glob("*.md")):
        if path.name in expected or path.name in OTHER_PAPERS:
            continue
        other = others.get(path.name)
        if other is None:
            listed = f"waves: {', '.join(known) or 'none'}; languages: {', '.join(languages)}"
            problems.add(f"{shown(path)} belongs to no wave; name it <wave>.<language>.md ({listed})")
        elif other.trial is None or not other.trial.versions:
            what = "is the second version of a newsletter, which has none; take it away"
            if other.digest is None:
                what = f"is never sent; write [waves.{other.name}.versions] in campaign.toml, or take the file away"
            problems.add(f"{shown(path)} {what}")
