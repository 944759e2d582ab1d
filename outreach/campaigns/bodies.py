"""The texts of waves: one markdown file per wave and language, with front matter."""

from collections.abc import Iterable
from pathlib import Path

from outreach.campaigns.files import parsed, shown, text
from outreach.campaigns.lines import Lines
from outreach.campaigns.table import Place, Problems, Table
from outreach.errors import DefinitionError
from outreach.model.campaign import Body

FENCE = "+++"
OTHER_PAPERS = ("NOTES.md", "README.md")
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


def _body(path: Path, problems: Problems) -> Body:
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
        subject=table.text("subject"),
        preheader=table.text("preheader"),
        markdown="\n" * (closing + 1) + "\n".join(lines[closing + 1 :]) + "\n",
        source=shown(path),
        translated_from=table.text("translated_from", ""),
    )
    table.finish()
    if not body.markdown.strip():
        raise DefinitionError(f"{shown(path)}: line {closing + 2}: the text is empty; write the mail in Markdown")
    return body


def strays(folder: Path, waves: Iterable[str], languages: tuple[str, ...], problems: Problems) -> None:
    """Write down the texts in *folder* that belong to none of *waves*."""
    expected = {f"{wave}.{language}.md" for wave in waves for language in languages}
    for path in sorted(folder.glob("*.md")):
        if path.name not in expected and path.name not in OTHER_PAPERS:
            known = f"waves: {', '.join(waves) or 'none'}; languages: {', '.join(languages)}"
            problems.add(f"{shown(path)} belongs to no wave; name it <wave>.<language>.md ({known})")
