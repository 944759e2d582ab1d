from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from outreach.compose.locales import catalogue, gaps, shipped, translations
from outreach.errors import DefinitionError
from outreach.settings import ROOT
from outreach.templating import environment
from tests.builders_compose import ENVIRONMENT, TEMPLATES


def asked_for() -> set[str]:
    """Every text that mail templates and the composing code have translated."""
    found = set()
    for folder, methods in (
        (TEMPLATES / "mail", [("**.jinja", "jinja2.ext:babel_extract")]),
        (ROOT / "outreach" / "compose", [("**.py", "python")]),
    ):
        found |= {str(message) for _, _, message, *_ in extract_from_dir(str(folder), methods)}
    return found


def test_three_languages_are_shipped():
    assert shipped(ENVIRONMENT) == ("de", "en", "nl")


@pytest.mark.parametrize("language", ["de", "en", "nl"])
def test_no_catalogue_has_missing_or_fuzzy_entries(language: str):
    assert gaps(ENVIRONMENT, language) == ()


@pytest.mark.parametrize("language", ["de", "en", "nl"])
def test_every_text_of_the_templates_is_in_the_catalogue_and_no_other(language: str):
    assert {str(entry.id) for entry in catalogue(ENVIRONMENT, language) if entry.id} == asked_for()


def test_missing_and_fuzzy_entries_are_gaps(tmp_path: Path):
    (tmp_path / "locales").mkdir()
    entries = 'msgid "A"\nmsgstr "A"\n\nmsgid "B"\nmsgstr "B"\n\nmsgid "C"\nmsgstr "C"\n'
    (tmp_path / "locales" / "en.po").write_text(entries)
    (tmp_path / "locales" / "nl.po").write_text('msgid "A"\nmsgstr "Aa"\n\n#, fuzzy\nmsgid "B"\nmsgstr "Bb"\n')

    assert gaps(environment(tmp_path), "nl") == ("B", "C")


def test_a_language_without_catalogue_is_told():
    with pytest.raises(DefinitionError) as caught:
        translations(ENVIRONMENT, "fr")

    assert str(caught.value) == "templates/locales/fr.po is missing: mails speak de, en, nl; write the catalogue"
