from pathlib import Path

import pytest

from outreach.compose.brand import read_brand
from outreach.compose.contrast import ratio, too_faint
from outreach.errors import DefinitionError
from tests.builders_compose import BRAND, TEMPLATES

SHIPPED = (TEMPLATES / "brand.toml").read_text(encoding="utf-8")


def refusal(folder: Path, toml: str) -> str:
    (folder / "templates").mkdir()
    path = folder / "templates" / "brand.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read_brand(path)
    return str(caught.value)


def test_the_shipped_colours_can_be_read_in_light_and_dark():
    assert list(too_faint(BRAND)) == []


def test_contrast_runs_from_one_to_twenty_one():
    assert (ratio("#777777", "#777777"), round(ratio("#000000", "#ffffff"), 2)) == (1, 21)


@pytest.mark.parametrize(
    ("found", "instead", "told"),
    [
        ('ink = "#2b2622"', 'ink = "black"', "light.ink: found 'black'; write a colour such as '#1f4a45'"),
        ('ink = "#2b2622"', "", "light.ink: is missing; write it"),
        ('slug = "lindeplein"', 'slug = "l"\nlogotype = "x"', "logotype: unknown key; take it out or correct its name"),
        ('slug = "lindeplein"', "slug = 1", "slug: found 1; Input should be a valid string"),
        ('house = "nl"', 'house = "fr"', "logo: 'fr' is missing, the house's own language; write it"),
        ('house = "nl"', "house = nl", "not valid TOML: Invalid value (at line 3, column 9)"),
    ],
)
def test_a_wrong_brand_names_its_field(tmp_path: Path, found: str, instead: str, told: str):
    assert refusal(tmp_path, SHIPPED.replace(found, instead, 1)) == f"templates/brand.toml: {told}"


LOGO = '[logo_image]\nfile = "{file}"\nwidth = {width}\nheight = 40\nalt = {{ {alt} = "Een blad" }}\n'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"file": "x.png"}, "logo_image.file: no file 'x.png' under templates/; put the picture there"),
        ({"file": "../x.png"}, "logo_image.file: no file '../x.png' under templates/; put the picture there"),
        ({"file": "x.svg"}, "logo_image.file: found 'x.svg'; write a picture that ends in .png, .jpg, .jpeg, .gif"),
        ({"width": 600}, "logo_image.width: found 600; Input should be less than or equal to 200"),
        ({"alt": "de"}, "logo_image.alt: 'nl' is missing, the house's own language; write it"),
    ],
)
def test_a_logo_that_cannot_be_shown_is_told(tmp_path: Path, given: dict[str, object], told: str):
    (tmp_path / "x.png").write_bytes(b"")
    logo = LOGO.format(**{"file": "x.png", "width": 40, "alt": "nl", **given})

    assert refusal(tmp_path, f"{SHIPPED}\n{logo}") == f"templates/brand.toml: {told}"


def test_a_missing_brand_is_told(tmp_path: Path):
    with pytest.raises(DefinitionError) as caught:
        read_brand(tmp_path / "templates" / "brand.toml")

    assert str(caught.value) == "templates/brand.toml is missing; it says who speaks and in which colours"


def test_a_language_the_house_has_no_name_in_falls_back_to_its_own():
    assert (BRAND.logo_in("fr"), BRAND.claim_in("de"), BRAND.zone_in("fr")) == (
        "Lindeplein",
        "Verband für Soziale Arbeit",
        "Europe/Amsterdam",
    )
