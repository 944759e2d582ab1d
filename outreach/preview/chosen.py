"""What somebody chose to look at; it stands in the page's address, so that it can be kept and shared."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

VIEWS: Mapping[str, str] = {"mail": "Mail", "text": "Plain text", "headers": "Headers"}
SCREENS: Mapping[str, str] = {"phone": "Phone", "desktop": "Desktop", "both": "Both"}
COLOURS: Mapping[str, str] = {"light": "Light", "dark": "Dark", "both": "Both"}

_OPTIONS: Mapping[str, Mapping[str, str]] = {"view": VIEWS, "screen": SCREENS, "colours": COLOURS}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Campaign, wave or newsletter, reader, one variant or all, and how it is shown; empty: the first there is."""

    campaign: str = ""
    wave: str = ""
    reader: str = ""
    variant: str = ""
    view: str = "mail"
    screen: str = "phone"
    colours: str = "light"
    plain: str = ""
    """Not empty: without `<style>`."""

    @property
    def query(self) -> str:
        """The choice as it stands in an address."""
        return urlencode({name: value for name, value in self.pairs() if value})

    def pairs(self) -> list[tuple[str, str]]:
        """Return names and values."""
        return [(field.name, getattr(self, field.name)) for field in fields(self)]

    def but(self, **changes: str) -> str:
        """Return the address of the same page with *changes*."""
        return f"/?{replace(self, **changes).query}"


def chosen(values: Mapping[str, str]) -> Chosen:
    """Return what an address says; what it cannot mean is left as it is at first."""
    found = {field.name: values[field.name] for field in fields(Chosen) if field.name in values}
    return Chosen(**{name: value for name, value in found.items() if value in _OPTIONS.get(name, (value,))})
