"""The house's look and legal words, read from `templates/brand.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from outreach.compose.assets import PICTURES
from outreach.errors import DefinitionError
from outreach.model.campaign import Sender, Words

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
_STRICT = ConfigDict(extra="forbid")
NAME = "sender.name"


@dataclass(frozen=True)
class Palette:
    """The colours of one scheme, by what they do. Text pairs are checked for contrast before every wave."""

    __pydantic_config__ = _STRICT

    paper: Colour
    card: Colour
    soft: Colour
    line: Colour
    ink: Colour
    muted: Colour
    link: Colour
    accent: Colour
    on_accent: Colour
    hero: Colour
    on_hero: Colour
    glow: Colour
    """A light warm tone for small words on the hero and the ornament beneath it."""

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the names of (text, ground) as they meet in the templates."""
        return (
            ("ink", "card"), ("ink", "paper"), ("ink", "soft"), ("muted", "card"), ("muted", "paper"),
            ("muted", "soft"), ("link", "card"), ("link", "paper"), ("link", "soft"), ("on_accent", "accent"),
            ("on_hero", "hero"), ("glow", "hero"),
        )  # fmt: skip


@dataclass(frozen=True)
class LogoImage:
    """A picture in the place of the logo's first letter, as large as it is shown; *file* stands under `templates/`."""

    __pydantic_config__ = _STRICT

    file: str
    width: Annotated[int, Field(ge=16, le=200)]
    height: Annotated[int, Field(ge=16, le=80)]
    alt: Words


@dataclass(frozen=True)
class Brand:
    """Who speaks. *house* is the language where nothing better is known; *zones* give each language its time zone."""

    __pydantic_config__ = _STRICT

    slug: str
    house: str
    domain: str
    logo: Words
    claim: Words
    zones: Words
    sender: Sender
    heading_font: str
    body_font: str
    light: Palette
    dark: Palette
    unsubscribe_email: str = ""
    """A mailbox that somebody empties, offered beside one-click unsubscribing; empty: none is offered."""
    logo_image: LogoImage | None = None

    def logo_in(self, language: str) -> str:
        """Return the name as it is written in *language*, else in the house's."""
        return self.logo.get(language) or self.logo[self.house]

    def claim_in(self, language: str) -> str:
        """Return the line beneath the name."""
        return self.claim.get(language) or self.claim[self.house]

    def logo_alt_in(self, language: str) -> str:
        """Return what the logo's picture shows, empty where it has none."""
        alt = self.logo_image.alt if self.logo_image else {}
        return alt.get(language) or alt.get(self.house, "")

    def zone_in(self, language: str) -> str:
        """Return the name of the time zone that readers of *language* live in."""
        return self.zones.get(language) or self.zones[self.house]


_READER = TypeAdapter(Brand)


def read_brand(path: Path) -> Brand:
    """Return the brand in *path*; `DefinitionError` names every field that is missing or wrong."""
    where = f"{path.parent.name}/{path.name}"
    try:
        brand = _READER.validate_python(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError as error:
        raise DefinitionError(f"{where} is missing; it says who speaks and in which colours") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{where}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise DefinitionError("\n".join(_told(where, error))) from error
    for name, words in _worded(brand).items():
        if brand.house not in words:
            raise DefinitionError(f"{where}: {name}: {brand.house!r} is missing, the house's own language; write it")
    if brand.logo_image:
        _check_file(f"{where}: logo_image.file", path.parent, brand.logo_image.file)
    return brand


def _worded(brand: Brand) -> dict[str, Words]:
    image = {"logo_image.alt": brand.logo_image.alt} if brand.logo_image else {}
    name = brand.sender.name
    names = {brand.house: name} if isinstance(name, str) else name
    said = {code: text for code, text in names.items() if text.strip()}
    return {"logo": brand.logo, "claim": brand.claim, "zones": brand.zones, NAME: said, **image}


def _check_file(where: str, folder: Path, name: str) -> None:
    picture = folder / name
    if picture.suffix.lower() not in PICTURES:
        raise DefinitionError(f"{where}: found {name!r}; write a picture that ends in {', '.join(PICTURES)}")
    if not picture.is_file() or not picture.resolve().is_relative_to(folder.resolve()):
        raise DefinitionError(f"{where}: no file {name!r} under {folder.name}/; put the picture there")


def _told(where: str, error: ValidationError) -> list[str]:
    # a sender's name is tried as a text and as texts: of these faults the last one, which looks deepest, is told
    found = {_path(one["loc"]): one for one in error.errors()}
    return [f"{where}: {path}: {_remedy(path, one['type'], one['input'], one['msg'])}" for path, one in found.items()]


def _path(loc: tuple[int | str, ...]) -> str:
    return NAME if loc[:2] == ("sender", "name") else ".".join(str(part) for part in loc)


def _remedy(path: str, kind: str, found: object, message: str) -> str:
    match kind:
        case "missing":
            return "is missing; write it"
        case "unexpected_keyword_argument":
            return "unknown key; take it out or correct its name"
        case "string_pattern_mismatch":
            return f"found {found!r}; write a colour such as '#1f4a45'"
        case _ if path == NAME:
            return f'found {found!r}; write one name in quotes, or one in each language: {{ nl = "…", de = "…" }}'
        case _:
            return f"found {found!r}; {message}"
