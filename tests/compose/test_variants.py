import pytest

from outreach.compose.variants import languages_of, variant_for, variants
from outreach.model.campaign import Edition
from outreach.model.people import AddressKind
from tests.builders_compose import campaign, wave

PERSONAL, ROLE = AddressKind.PERSONAL, AddressKind.ROLE
PREFERENCE, STACKED = Edition.PREFERENCE, Edition.STACKED


@pytest.mark.parametrize(
    ("edition", "language", "kind", "variant"),
    [
        (PREFERENCE, "nl", PERSONAL, "nl"),
        (PREFERENCE, "de", PERSONAL, "de"),
        (PREFERENCE, None, PERSONAL, "nl+de"),
        (PREFERENCE, "fr", PERSONAL, "nl+de"),
        (PREFERENCE, "nl", ROLE, "nl+de"),
        (PREFERENCE, "de", ROLE, "de+nl"),
        (PREFERENCE, None, ROLE, "nl+de"),
        (STACKED, "nl", PERSONAL, "nl+de"),
        (STACKED, "de", PERSONAL, "de+nl"),
        (STACKED, None, PERSONAL, "nl+de"),
        (STACKED, "de", ROLE, "de+nl"),
    ],
)
def test_who_gets_which_variant(edition: Edition, language: str | None, kind: AddressKind, variant: str):
    assert variant_for(("nl", "de"), edition, language, kind) == variant


@pytest.mark.parametrize("kind", AddressKind)
@pytest.mark.parametrize("language", ["nl", None])
def test_a_campaign_of_one_language_has_one_variant(language: str | None, kind: AddressKind):
    assert variant_for(("nl",), PREFERENCE, language, kind) == "nl"


@pytest.mark.parametrize(
    ("languages", "edition", "expected"),
    [
        (("nl", "de"), PREFERENCE, ("nl", "de", "nl+de", "de+nl")),
        (("nl", "de"), STACKED, ("nl+de", "de+nl")),
        (("nl",), PREFERENCE, ("nl",)),
        (("nl",), STACKED, ("nl",)),
        (("nl", "de", "en"), STACKED, ("nl+de+en", "de+nl+en", "en+nl+de")),
    ],
)
def test_a_wave_has_every_variant_that_somebody_could_get(
    languages: tuple[str, ...], edition: Edition, expected: tuple[str, ...]
):
    assert variants(campaign(languages=languages), wave(edition=edition)) == expected


def test_a_variant_names_its_languages_in_order():
    assert languages_of("de+nl") == ("de", "nl")
