"""The house's own letters, compiled."""

import re

import pytest

from outreach.compose.brand import read_brand
from outreach.compose.letter import compile_letter
from outreach.model.letter import Letter
from tests.builders_compose import ENVIRONMENT, TEMPLATES

BRAND = read_brand(TEMPLATES / "brand.toml")


@pytest.mark.parametrize("language", ["nl", "de", "en"])
@pytest.mark.parametrize("kind", list(Letter))
def test_a_letter_has_its_link_and_the_imprint_and_nothing_that_counts_or_lists(kind: Letter, language: str):
    letter = compile_letter(ENVIRONMENT, BRAND, kind, language, "https://mail.example.org")

    link = f"https://mail.example.org/{kind}/@@{kind}@@?lang={language}"
    unwanted = r"@@rid@@|@@pixel@@|@@unsubscribe@@|<img|@@first_name@@"
    assert (letter.slots, letter.links, letter.variant) == ({kind.value}, (), language)
    assert set(re.findall(r'<a [^>]*href="([^"]+)"', letter.html)) == {link}
    assert link in letter.text.splitlines()
    assert re.findall(unwanted, letter.html + letter.text) == []
    assert re.findall(r'<html lang="(\w+)"', letter.html) == [language]
    assert BRAND.sender.imprint[language] in letter.html
    assert dict(letter.headers) == {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": language,
    }
