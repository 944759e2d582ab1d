"""Whether the brand's colours can be read, in light and dark."""

from collections.abc import Iterator

from outreach.compose.brand import Brand, Palette

ENOUGH = 4.5
"""WCAG 2.2, level AA, for text of any size."""


def ratio(one: str, other: str) -> float:
    """Return the contrast of two colours such as `#1f4a45`: 1 for the same, 21 for black on white."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def too_faint(brand: Brand) -> Iterator[str]:
    """Yield what cannot be read well enough, with its ratio."""
    schemes: tuple[tuple[str, Palette], ...] = (("light", brand.light), ("dark", brand.dark))
    for scheme, palette in schemes:
        for text, ground in palette.pairs():
            found = ratio(getattr(palette, text), getattr(palette, ground))
            if found < ENOUGH:
                yield f"{scheme}: {text} on {ground} has a contrast of {found:.1f}; from {ENOUGH} on it can be read"


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - of the definition
