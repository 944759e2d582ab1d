"""Beginning a campaign, checking it and declaring translations, on a copy of the templates and without a database."""
# ruff: noqa: E501 - a row of a table stays on one line

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from outreach import templating
from outreach.campaigns.new import NAMES, Part
from outreach.campaigns.read import load_campaign
from outreach.compose import parity
from outreach.errors import DefinitionError, NotFound
from outreach.model.preflight import Finding, Level
from outreach.model.tokens import Tokens
from outreach.services import Services
from outreach.settings import Settings
from outreach.steps import checking, pieces
from outreach.steps.folders import Asked, declare_translated, new_campaign
from tests.builders_compose import NOW, TEMPLATES
from tests.conftest import KEY
from tests.fakes import FakeProvider

EVERY = tuple(Part)


@pytest.fixture
def desk(tmp_path: Path) -> Services:
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder, ignore=shutil.ignore_patterns("static", "pages", "campaigns"))
    settings = Settings(_env_file=None, home=tmp_path, templates=folder, public_url="https://mail.example.org")
    templates = templating.environment(folder)
    return Services(settings, None, FakeProvider(), templates, Tokens(KEY), lambda: NOW)  # type: ignore[arg-type]


def asked(slug: str = "proef", **changes: object) -> Asked:
    made = Asked(slug, languages=("nl", "de"), topic="social-work", parts=("message",))
    return replace(made, **changes)  # type: ignore[arg-type]


def begun(desk: Services, **changes: object) -> Path:
    return new_campaign(desk, asked(**changes))[0].parent


@pytest.mark.parametrize("languages", [("nl",), ("de", "nl"), ("nl", "de", "en")])
def test_a_new_folder_can_be_read(desk: Services, languages: tuple[str, ...]):
    begun(desk, languages=languages, parts=EVERY)

    campaign = load_campaign(desk.settings.templates, "proef")
    assert campaign.languages == languages
    assert list(campaign.waves) == ["start", "call", "invitation", "letter"]
    assert list(campaign.newsletters) == ["news"]


@pytest.mark.parametrize("parts", [*itertools.combinations(EVERY, 1), EVERY])
def test_a_new_folder_holds_what_was_asked_for(desk: Services, parts: tuple[Part, ...]):
    folder = begun(desk, parts=parts)

    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [
            "NOTES.md", "assets", "campaign.toml",
            *(f"{NAMES[part]}.{language}.md" for part in parts for language in ("nl", "de")),
        ]
    )  # fmt: skip
    assert set(pieces.pieces(load_campaign(desk.settings.templates, "proef"))) == {NAMES[part] for part in parts}


def test_nothing_but_what_is_to_be_written_stops_a_new_campaign(desk: Services):
    begun(desk, parts=EVERY)

    findings = checking.check_campaign(desk, "proef")

    assert findings
    assert [each for each in findings if "✎" not in each.what] == []
    assert (
        Finding(
            Level.STOP,
            "templates/campaigns/proef/campaign.toml: line 16",
            "title.nl still holds “✎ Naam van de campagne”; write what belongs there",
        )
        in findings
    )


def test_a_house_without_words_in_a_language_is_asked_for_its_imprint(desk: Services):
    brand = desk.settings.templates / "brand.toml"
    brand.write_text(
        "\n".join(line for line in brand.read_text("utf-8").split("\n") if 'redactie@example.org."' not in line)
    )

    begun(desk, languages=("nl", "en"))

    assert load_campaign(desk.settings.templates, "proef").sender.imprint == {
        "nl": "✎ Colofon: naam, adres, register, vragen aan",
        "en": "✎ Imprint: name, address, register, whom to ask",
    }


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"slug": "Mijn actie"}, "name of the campaign: found 'Mijn actie'; write lower-case letters, digits and dashes, such as 'my-name'"),
        ({"slug": "../x"}, "name of the campaign: found '../x'; write lower-case letters, digits and dashes, such as 'my-name'"),
        ({"slug": "er-al"}, "templates/campaigns/er-al is there already and stays as it is; choose another name, or edit it"),
        ({"languages": ("nl", "fr")}, "languages: unknown fr; languages with words in templates/locales/: de, en, nl"),
        ({"languages": ("nl", "nl")}, "languages: found nl, nl; name at least one, each once; languages with words in templates/locales/: de, en, nl"),
        ({"languages": ()}, "languages: found nothing; name at least one, each once; languages with words in templates/locales/: de, en, nl"),
        ({"topic": "socialwork"}, "topic: unknown socialwork; topics in templates/topics.toml: social-work, poverty, solidary-economy"),
        ({"parts": ("poster",)}, "with: unknown poster; what a campaign can begin with: message, call, event, letter, newsletter"),
    ],
)  # fmt: skip
def test_what_cannot_be_begun_is_refused_and_nothing_is_written(desk: Services, changes: dict[str, object], told: str):
    (desk.settings.templates / "campaigns" / "er-al").mkdir(parents=True)
    before = sorted((desk.settings.templates / "campaigns").rglob("*"))

    with pytest.raises(DefinitionError) as caught:
        new_campaign(desk, asked(**changes))

    assert str(caught.value) == told
    assert sorted((desk.settings.templates / "campaigns").rglob("*")) == before


def stale(desk: Services) -> list[str]:
    campaign = load_campaign(desk.settings.templates, "proef")
    return [each.where for each in parity.stale(campaign, campaign.waves["start"])]


def test_a_translation_is_stale_once_its_source_changed_until_it_is_declared_anew(desk: Services):
    folder = begun(desk, languages=("nl", "de", "en"))
    assert declare_translated(desk, "proef", "start") == [folder / "start.de.md", folder / "start.en.md"]
    assert stale(desk) == []

    source = folder / "start.nl.md"
    source.write_text(source.read_text("utf-8").replace("Nog een punt", "Een ander punt"), encoding="utf-8")
    assert stale(desk) == ["templates/campaigns/proef/start.de.md", "templates/campaigns/proef/start.en.md"]

    assert declare_translated(desk, "proef", "start", "de") == [folder / "start.de.md"]
    assert stale(desk) == ["templates/campaigns/proef/start.en.md"]


def test_declaring_changes_one_line_and_keeps_the_rest_to_the_byte(desk: Services):
    path = begun(desk) / "start.de.md"
    before = b'+++\r\nsubject = "B"\r\ntranslated_from = "old"\r\npreheader = "P"\r\n+++\r\n\r\nText +++\r\n'
    path.write_bytes(before)

    declare_translated(desk, "proef", "start", "de")

    digest = load_campaign(desk.settings.templates, "proef").waves["start"].bodies["nl"].digest
    assert path.read_bytes() == before.replace(b'"old"', f'"{digest}"'.encode())


def test_only_translations_can_be_declared(desk: Services):
    begun(desk)

    with pytest.raises(DefinitionError, match="'nl' is the language of proef that is translated from; name one of: de"):
        declare_translated(desk, "proef", "start", "nl")
    with pytest.raises(NotFound, match="no translation of proef 'en'; there is: de"):
        declare_translated(desk, "proef", "start", "en")
    with pytest.raises(NotFound, match="no wave of proef 'strat'; there is: start"):
        declare_translated(desk, "proef", "strat")


def test_every_campaign_is_checked_also_beside_one_that_cannot_be_read(desk: Services):
    begun(desk, slug="ander", languages=("nl",))
    (begun(desk) / "start.de.md").unlink()

    found = checking.check_all(desk)

    assert [each.where for each in found["ander"]][:1] == ["templates/campaigns/ander/start.nl.md"]
    assert found["proef"] == (
        Finding(
            Level.STOP,
            "proef",
            "templates/campaigns/proef/start.de.md is missing: the campaign speaks nl, de; "
            "write it or take 'de' out of languages",
        ),
    )


def test_a_mail_that_cannot_be_made_does_not_hide_what_is_wrong_with_others(desk: Services):
    folder = begun(desk, parts=("message", "call"))
    for name in ("start", "call"):
        path = folder / f"{name}.de.md"
        path.write_text(path.read_text("utf-8") + "\n{{ nonsense }}\n", encoding="utf-8")

    whats = [each.what for each in checking.check_campaign(desk, "proef") if "nonsense" in each.what]

    assert [what.partition(": 'nonsense'")[0] for what in whats] == [
        "templates/campaigns/proef/start.de.md: line 19",
        "templates/campaigns/proef/call.de.md: line 16",
    ]
