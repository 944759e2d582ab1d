"""Whether colours can be read, in light and dark: those of the brand, and those that a mail really sets text in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cssselect import SelectorError, parse
from cssselect.parser import Selector
from lxml.cssselect import CSSSelector  # type: ignore[import-untyped]

from outreach.compose.brand import Brand, Palette

ENOUGH = 4.5
"""WCAG 2.2, level AA, for text of any size."""

_DARK = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_HIDDEN = re.compile(r"display:\s*none|font-size:\s*0(?:px)?\s*(?:;|$)")
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_NAMES = {"black": "#000000", "white": "#ffffff"}
_UNSEEN = ("head", "style", "script", "title")
_SAMPLE = 40


@dataclass(frozen=True, slots=True)
class Look:
    """How the words of an element are seen."""

    text: str
    ground: str
    hidden: bool = False


BARE = {"light": Look("#000000", "#ffffff"), "dark": Look("#ffffff", "#121212")}
"""What browsers begin with, where a page says that it knows both schemes."""


Colours = Mapping[Any, Mapping[str, str]]
"""What a scheme says of elements: `color` and `background-color`, where it says something."""


def ratio(one: str, other: str) -> float:
    """Return the contrast of two colours such as `#1f4a45`: 1 for the same, 21 for black on white."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def too_faint(brand: Brand) -> Iterator[str]:
    """Yield what of the brand cannot be read well enough, with its ratio."""
    schemes: tuple[tuple[str, Palette], ...] = (("light", brand.light), ("dark", brand.dark))
    for scheme, palette in schemes:
        for text, ground in palette.pairs():
            found = ratio(getattr(palette, text), getattr(palette, ground))
            if found < ENOUGH:
                yield f"{scheme}: {text} on {ground} has a contrast of {found:.1f}; from {ENOUGH} on it can be read"


def unreadable(page: Any) -> Iterator[str]:
    """Yield the words of a compiled mail that are too faint, once for each pair of colours.

    Light is what the style attributes say; dark is what the media query in the stylesheet changes of it.
    """
    light = {element: _declared(element.get("style", "")) for element in page.iter("*")}
    for scheme, colours in (("light", light), ("dark", _in_the_dark(page, light))):
        seen = set()
        for words, look in _words(page, colours, BARE[scheme]):
            pair = look.text, look.ground
            found = ratio(*pair)
            if found < ENOUGH and pair not in seen:
                seen.add(pair)
                told = f"{words[:_SAMPLE]}…" if len(words) > _SAMPLE else words
                yield (
                    f"{scheme}: “{told}” stands in {look.text} on {look.ground}, a contrast of {found:.1f}; "
                    f"from {ENOUGH} on it can be read"
                )


def _words(page: Any, colours: Colours, bare: Look) -> Iterator[tuple[str, Look]]:
    """Yield the words of every element with how they are seen."""
    looks: dict[Any, Look] = {}
    for element in page.iter("*"):
        above = looks.get(element.getparent(), bare)
        own = colours.get(element, {})
        looks[element] = Look(
            text=_colour(own.get("color", "")) or above.text,
            ground=_colour(own.get("background-color", "")) or _colour(element.get("bgcolor", "")) or above.ground,
            hidden=above.hidden or element.tag in _UNSEEN or _HIDDEN.search(element.get("style", "")) is not None,
        )
        words = " ".join(" ".join(filter(None, (element.text, *(child.tail for child in element)))).split())
        if re.search(r"\w", words) and not looks[element].hidden:
            yield words, looks[element]


def _in_the_dark(page: Any, light: Colours) -> Colours:
    """Return what elements look like where the reader prefers dark: rules marked important go before style attributes.

    Of two rules the more specific one counts, else the later one.
    """
    dark = {element: dict(own) for element, own in light.items()}
    rules = [
        (selector.specificity(), number, selector.canonical(), values)
        for number, (selectors, values) in enumerate(_dark_rules(page))
        for selector in _parsed(selectors)
    ]
    for _, _, selector, values in sorted(rules, key=lambda rule: rule[:2]):
        for element in CSSSelector(selector)(page):
            dark[element] |= values
    return dark


def _dark_rules(page: Any) -> Iterator[tuple[str, dict[str, str]]]:
    css = "".join(style.text or "" for style in page.iter("style"))
    for block in _DARK.findall(css):
        for selectors, declared in _RULE.findall(block):
            yield selectors, _declared(";".join(one for one in declared.split(";") if "!important" in one))


def _parsed(selectors: str) -> list[Selector]:
    try:
        return [selector for selector in parse(selectors) if ":" not in selector.canonical()]  # no mouse is over it
    except SelectorError:
        return []


def _declared(style: str) -> dict[str, str]:
    parts = (one.partition(":") for one in style.replace("!important", "").split(";"))
    return {name.strip().lower(): value.strip().lower() for name, _, value in parts if value.strip()}


def _colour(value: str) -> str:
    """Return *value* as six digits, empty where it is no colour that covers what is beneath it."""
    value = _NAMES.get(value.strip().lower(), value.strip().lower())
    match = _HEX.fullmatch(value)
    if not match:
        return ""
    return value if len(match[1]) > len("fff") else "#" + "".join(digit * 2 for digit in match[1])


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - of the definition
