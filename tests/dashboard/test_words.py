from hypothesis import given
from hypothesis import strategies as st

from outreach.dashboard import words
from outreach.dashboard.words import Share, exactly, percent
from tests.conftest import NOON


def test_variants_are_called_by_the_languages_own_names():
    assert [words.variant(code) for code in ("nl", "de", "nl+de", "de+nl", "xx", "")] == [
        "Nederlands",
        "Deutsch",
        "Nederlands + Deutsch",
        "Deutsch + Nederlands",
        "xx",
        "",
    ]


def test_an_audience_is_shown_as_words():
    assert [words.audience(name) for name in ("social_workers", "members", "")] == [
        "Social workers",
        "Members",
        "(no audience)",
    ]


def test_a_share_known_for_certain_has_one_number():
    assert (exactly(2913, 3000).count, exactly(2913, 3000).percent) == ("2,913", "97.1 %")


def test_a_share_known_as_a_range_shows_both_ends():
    assert (Share(812, 1240, 2400).count, Share(812, 1240, 2400).percent) == ("812 … 1,240", "33.8 … 51.7 %")


def test_a_share_of_nothing_has_no_per_cent():
    assert (exactly(0, 0).percent, exactly(0, 0).shown, Share(1, 2, 0).percent) == ("–", "–", "–")


def test_a_cell_of_a_table_breaks_between_number_and_per_cent_only():
    assert Share(812, 1240, 2400).shown == "812\u00a0…\u00a01,240 (33.8\u00a0…\u00a051.7\u00a0%)"


def test_almost_nothing_is_not_nothing_and_almost_all_is_not_all():
    assert [percent(*pair) for pair in ((0, 9), (1, 10_000), (9_999, 10_000), (9, 9))] == [
        "0 %",
        "<0.1 %",
        ">99.9 %",
        "100 %",
    ]


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_only_nothing_is_0_and_only_everything_is_100_per_cent(part: int, of: int):
    assert (percent(part, of) == "0 %") == (part == 0)
    assert (percent(part, of) == "100 %") == (part == of)


def test_a_moment_is_shown_with_its_zone():
    assert (words.moment(NOON), words.moment(None)) == ("20 Nov 2026, 13:00 CET", "–")


def test_an_unknown_reason_is_shown_as_it_is_called():
    assert words.reason("wrote_by_hand") == "wrote by hand"
