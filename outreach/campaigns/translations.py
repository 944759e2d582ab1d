"""Declaring that a translation says what the text that it was made from says now."""

import re
from pathlib import Path

from outreach.campaigns.bodies import FENCE
from outreach.model.campaign import WaveDefinition

_DECLARED = re.compile(r"\s*[\"']?translated_from[\"']?\s*=")


def declare(folder: Path, wave: WaveDefinition, language: str) -> Path:
    """Write into the front matter of a translation that it says what the first language says now; return its file."""
    source = next(iter(wave.bodies.values()))
    path = folder / f"{wave.stem}.{language}.md"
    with path.open(encoding="utf-8", newline="") as file:
        lines = file.read().split("\n")
    closing = next(number for number, line in enumerate(lines) if number and line.strip() == FENCE)
    known = [number for number in range(1, closing) if _DECLARED.match(lines[number])]
    ending = "\r" if lines[0].endswith("\r") else ""
    place = slice(known[0], known[0] + 1) if known else slice(closing, closing)
    lines[place] = [f'translated_from = "{source.digest}"{ending}']
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\n".join(lines))
    return path
