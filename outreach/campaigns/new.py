"""Writes the folder of a new campaign: complete, and with a ✎ wherever somebody still has to write."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from outreach import templating
from outreach.campaigns.files import shown
from outreach.campaigns.read import house_sender
from outreach.campaigns.table import NAME
from outreach.errors import DefinitionError
from outreach.model.campaign import Layout

STARTER = Path(__file__).parent / "starter"
FALLBACK = "en"
"""Whose words stand in for those of a language that the starter does not speak."""

WEEKS = timedelta(weeks=8)
"""How far ahead the invented event lies; the author sets the true day."""


class Part(StrEnum):
    """What a campaign can begin with; each is a mail of its own."""

    MESSAGE = "message"
    CALL = "call"
    EVENT = "event"
    LETTER = "letter"
    NEWSLETTER = "newsletter"


NAMES: Mapping[Part, str] = {
    Part.MESSAGE: "start",
    Part.CALL: "call",
    Part.EVENT: "invitation",
    Part.LETTER: "letter",
    Part.NEWSLETTER: "news",
}
"""What the wave of a part is called, and so its texts."""

LAYOUTS: Mapping[Part, Layout] = {
    Part.MESSAGE: Layout.NEWSLETTER,
    Part.CALL: Layout.CALL,
    Part.EVENT: Layout.INVITATION,
    Part.LETTER: Layout.LETTER,
}

ABOUT: Mapping[Part, str] = {
    Part.MESSAGE: "A mail with your words, and news and dates of the topic beneath.",
    Part.CALL: "A mail that asks one thing.",
    Part.EVENT: "An invitation to the event.",
    Part.LETTER: "A personal letter, signed by somebody.",
    Part.NEWSLETTER: "A newsletter in issues, each composed of what is new.",
}

CALL_KEYS = (
    ("title", "the headline of the form"),
    ("intro", "what stands above the questions"),
    ("button", "what stands on the button, in the mail and under the form"),
    ("thanks", "what people read when they have answered"),
)


@dataclass(frozen=True)
class Wish:
    """What somebody wants a new campaign to have."""

    slug: str
    topic: str
    languages: tuple[str, ...]
    parts: tuple[Part, ...]
    audience: str


def write_folder(templates: Path, wish: Wish, now: datetime) -> list[Path]:
    """Write the folder and return its files; a folder that is there already is refused and left as it is."""
    folder = templates / "campaigns" / wish.slug
    if not NAME.fullmatch(wish.slug):
        raise DefinitionError(
            f"name of the campaign: found {wish.slug!r}; write lower-case letters, digits and dashes, such as 'my-name'"
        )
    if folder.exists():
        raise DefinitionError(f"{shown(folder)} is there already and stays as it is; choose another name, or edit it")
    texts = _texts(templates, wish, now)
    (folder / "assets").mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _texts(templates: Path, wish: Wish, now: datetime) -> dict[str, str]:
    bodies = {
        f"{NAMES[part]}.{language}.md": _starter(language, f"{part}.md").replace("SLUG", wish.slug)
        for part in wish.parts
        for language in wish.languages
    }
    return {
        "campaign.toml": _toml(templates, wish, now),
        **bodies,
        "NOTES.md": (STARTER / "NOTES.md").read_text("utf-8"),
    }


def _toml(templates: Path, wish: Wish, now: datetime) -> str:
    words = {language: tomllib.loads(_starter(language, "words.toml")) for language in wish.languages}
    environment = templating.environment(STARTER)
    environment.filters["quoted"] = _quoted
    return environment.get_template("campaign.toml.jinja").render(
        slug=wish.slug,
        topic=wish.topic,
        languages=wish.languages,
        parts=wish.parts,
        audience=wish.audience,
        words=words,
        names=NAMES,
        layouts=LAYOUTS,
        about=ABOUT,
        call_keys=CALL_KEYS,
        imprint=_imprint(templates, wish.languages, words),
        day=(now + WEEKS).date().isoformat(),
        closes=(now + WEEKS).date().isoformat(),
    )


def _imprint(templates: Path, languages: tuple[str, ...], words: Mapping[str, Any]) -> dict[str, str]:
    """Return the legal notice in every language, or nothing where the house has it in all of them."""
    house: dict[str, str] = house_sender(templates / "brand.toml", languages)["imprint"]
    if house.keys() == set(languages):
        return {}
    return {language: house.get(language) or words[language]["imprint"] for language in languages}


def _starter(language: str, name: str) -> str:
    path = STARTER / language / name
    return (path if path.exists() else STARTER / FALLBACK / name).read_text("utf-8")


def _quoted(text: str) -> str:
    """Return *text* as TOML writes it; what JSON escapes, TOML escapes alike."""
    return json.dumps(text, ensure_ascii=False)
