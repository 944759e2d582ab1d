"""Under which name a mail comes in: the house's or the campaign's own, in the language that stands on top."""

from dataclasses import replace
from pathlib import Path

import pytest

from outreach.campaigns.read import read_campaign
from outreach.compose.brand import read_brand
from outreach.errors import DefinitionError
from outreach.model.campaign import Sender
from outreach.model.mail import Address
from tests.builders_compose import BRAND, TEMPLATES, both, campaign, compiled, wave

BRAND_TOML = (TEMPLATES / "brand.toml").read_text("utf-8")
NAMES = 'name = { nl = "Lindeplein", de = "Lindenplatz", en = "Lindeplein" }'
CAMPAIGN = """
title = { %(words)s }
summary = { %(words)s }
topic = "social-work"
languages = [%(languages)s]
%(sender)s
[waves.start]
title = { %(words)s }
audiences = ["members"]
layout = "newsletter"
"""
TEXT = '+++\nsubject = "X"\npreheader = "Y"\n+++\n\n{{ salutation }}\n\nEen tekst.\n'


def read(folder: Path, sender: str = "", languages: str = "nl de", house: str = BRAND_TOML) -> Sender:
    codes = languages.split()
    own = folder / "templates" / "campaigns" / "x"
    own.mkdir(parents=True)
    (folder / "templates" / "brand.toml").write_text(house, "utf-8")
    words = ", ".join(f'{code} = "X"' for code in codes)
    quoted = ", ".join(f'"{code}"' for code in codes)
    (own / "campaign.toml").write_text(CAMPAIGN % {"words": words, "languages": quoted, "sender": sender}, "utf-8")
    for code in codes:
        (own / f"start.{code}.md").write_text(TEXT, "utf-8")
    return read_campaign(own).sender


@pytest.mark.parametrize(("variant", "name"), [("nl", "Huis"), ("de", "Haus"), ("nl+de", "Huis"), ("de+nl", "Haus")])
def test_a_mail_comes_under_the_name_in_the_language_on_top(variant: str, name: str):
    own = Sender(both("Huis", "Haus"), "post@example.net", "antwoord@example.net", both("Colofon", "Impressum"))

    mail = compiled(wave(), variant, of=campaign(wave(), sender=own))

    assert (mail.sender, mail.reply_to) == (Address("post@example.net", name), "antwoord@example.net")


def test_a_name_without_languages_is_the_same_in_all_of_them():
    assert {replace(BRAND.sender, name="Huis").name_in(code) for code in ("nl", "de", "fr")} == {"Huis"}


def test_the_house_is_called_in_each_language_as_its_brand_writes_it(tmp_path: Path):
    assert read(tmp_path).name == {"nl": "Lindeplein", "de": "Lindenplatz"}
    assert read_brand(tmp_path / "templates" / "brand.toml").sender.name_in("de") == "Lindenplatz"


def test_in_a_language_that_the_house_has_no_name_in_it_is_called_as_in_its_own(tmp_path: Path):
    imprint = 'en = "Vereniging Lindeplein'
    house = BRAND_TOML.replace(imprint, f'fr = "Mentions"\n{imprint}')

    assert read(tmp_path, languages="de fr", house=house).name == {"de": "Lindenplatz", "fr": "Lindeplein"}


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ('[sender]\nname = "Netwerk"', "Netwerk"),
        ('[sender]\nname = { nl = "Netwerk", de = "Netzwerk" }', {"nl": "Netwerk", "de": "Netzwerk"}),
    ],
)
def test_a_campaign_names_itself_in_one_name_or_in_each_language(tmp_path: Path, sender: str, name: object):
    assert read(tmp_path, sender).name == name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ('{ nl = "A" }', """'de' is missing: the campaign speaks nl, de; write de = "…\""""),
        ('{ nl = "A", de = " " }', """'de' is missing: the campaign speaks nl, de; write de = "…\""""),
        ("3", "found 3; write a text in quotes"),
        ('["A"]', "found ['A']; write a text in quotes"),
    ],
)
def test_a_name_of_a_campaign_that_cannot_be_read_is_told(tmp_path: Path, name: str, told: str):
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path, f"[sender]\nname = {name}")

    assert str(caught.value) == f"templates/campaigns/x/campaign.toml: line 7: sender.name: {told}"


EITHER = 'write one name in quotes, or one in each language: { nl = "…", de = "…" }'


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("3", f"found 3; {EITHER}"),
        ('{ nl = "A", de = 3 }', f"found 3; {EITHER}"),
        ('{ de = "A" }', "'nl' is missing, the house's own language; write it"),
        ('""', "'nl' is missing, the house's own language; write it"),
    ],
)
def test_a_name_of_the_house_that_cannot_be_read_is_told(tmp_path: Path, name: str, told: str):
    path = tmp_path / "brand.toml"
    path.write_text(BRAND_TOML.replace(NAMES, f"name = {name}"), "utf-8")

    with pytest.raises(DefinitionError) as caught:
        read_brand(path)

    assert str(caught.value) == f"{tmp_path.name}/brand.toml: sender.name: {told}"
