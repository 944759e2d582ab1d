"""Campaign folders are begun, and their translations declared up to date."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from outreach.audience.read import names as audience_names
from outreach.campaigns import translations
from outreach.campaigns.new import Part, Wish, write_folder
from outreach.campaigns.read import load_campaign
from outreach.compose import locales
from outreach.errors import DefinitionError, NotFound
from outreach.services import Services
from outreach.steps import choices
from outreach.steps.pieces import piece

FIRST_AUDIENCE = "members"
"""Whom a new campaign's mails go to until its author says otherwise, if there is such an audience."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed who begins a campaign."""

    slug: str
    languages: tuple[str, ...]
    topic: str
    parts: tuple[str, ...]


def new_campaign(services: Services, asked: Asked) -> list[Path]:
    """Write the folder of a new campaign and return its files; what cannot work is refused before that."""
    templates = services.settings.templates
    _known(
        "languages", asked.languages, locales.shipped(services.templates), "languages with words in templates/locales/"
    )
    _known("topic", (asked.topic,), choices.topics(templates), "topics in templates/topics.toml")
    _known("with", asked.parts, tuple(Part), "what a campaign can begin with")
    audiences = audience_names(services.settings.audiences)
    first = FIRST_AUDIENCE if FIRST_AUDIENCE in audiences or not audiences else audiences[0]
    parts = tuple(part for part in Part if part in asked.parts)
    return write_folder(templates, Wish(asked.slug, asked.topic, asked.languages, parts, first), services.clock())


def declare_translated(services: Services, slug: str, name: str, language: str = "") -> list[Path]:
    """Write down that translations of a wave say what the first language says now; without *language*, all of them."""
    campaign = load_campaign(services.settings.templates, slug)
    wave = piece(campaign, name)
    first, *others = campaign.languages
    if language == first:
        raise DefinitionError(
            f"{language!r} is the language of {slug} that is translated from; name one of: {_listed(others)}"
        )
    if language and language not in others:
        raise NotFound(f"translation of {slug}", language, others)
    folder = services.settings.templates / "campaigns" / slug
    return [translations.declare(folder, wave, each) for each in ([language] if language else others)]


def _known(option: str, given: Iterable[str], known: Iterable[str], there: str) -> None:
    asked = tuple(given)
    strange = [each for each in asked if each not in tuple(known)]
    if strange:
        raise DefinitionError(f"{option}: unknown {_listed(strange)}; {there}: {_listed(known)}")
    if not asked or len(set(asked)) < len(asked):
        raise DefinitionError(
            f"{option}: found {_listed(asked) or 'nothing'}; name at least one, each once; {there}: {_listed(known)}"
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
