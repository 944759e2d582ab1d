"""The house's look on the public pages: its name, its colours as CSS, its time zones."""

import logging
from dataclasses import fields
from pathlib import Path
from zoneinfo import ZoneInfo

from outreach.compose.brand import Brand, Palette, read_brand
from outreach.errors import DefinitionError
from outreach.receiver.language import ZONE

log = logging.getLogger(__name__)


class Look:
    """Drawn from `brand.toml`; a missing or faulty one leaves the plain look of `site.css`, and pages go on."""

    def __init__(self, templates: Path) -> None:
        self._brand = _read(templates / "brand.toml")
        image = self._brand.logo_image if self._brand else None
        self.logo = templates / image.file if image else None
        self.css = _css(self._brand) if self._brand else ""

    def name(self, language: str) -> str:
        """Return the house's name, empty where there is none."""
        return self._brand.logo_in(language) if self._brand else ""

    def claim(self, language: str) -> str:
        """Return the line beneath the name, empty where there is none."""
        return self._brand.claim_in(language) if self._brand else ""

    def imprint(self, language: str) -> str:
        """Return the legal notice, empty where there is none."""
        words = self._brand.sender.imprint if self._brand else {}
        return words.get(language) or next(iter(words.values()), "")

    def zone(self, language: str) -> ZoneInfo:
        """Return the time zone that readers of *language* live in."""
        return ZoneInfo(self._brand.zone_in(language)) if self._brand else ZONE


def _read(path: Path) -> Brand | None:
    try:
        return read_brand(path)
    except DefinitionError as error:
        log.warning("the public pages go without a brand: %s", error)
        return None


def _css(brand: Brand) -> str:
    light, dark = _variables(brand.light), _variables(brand.dark)
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def _variables(palette: Palette) -> str:
    # colours were checked to be colours when the brand was read
    return " ".join(f"--{field.name.replace('_', '-')}: {getattr(palette, field.name)};" for field in fields(palette))
