"""What a form takes and what it says."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.calls.form import PHRASES, Checked, check, email_in, fold_of
from outreach.model.campaign import Field, FieldKind
from outreach.settings import ROOT
from tests.builders_engagement import answers, nomination

CALL = nomination()
SAY = {name: name for name in PHRASES} | {"too_long": "{length} over {limit}"}


def faults(**changed: str) -> dict[str, tuple[str, ...]]:
    return dict(check(CALL, answers(**changed), SAY).errors)


def test_good_answers_are_kept_as_they_are() -> None:
    assert check(CALL, answers(), SAY) == Checked(answers(), {})


def test_blanks_line_ends_and_control_characters_are_tidied() -> None:
    posted = answers(municipality="  Voorbeeldstad \x00", reason="a\r\nb\rc\ud800", agreed="on")

    kept = check(CALL, posted, SAY).values

    assert kept == answers(reason="a\nb\nc")


def test_what_was_not_asked_is_left_out() -> None:
    assert "admin" not in check(CALL, answers(admin="yes"), SAY).values


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"municipality": "  "}, {"municipality": ("required",)}),
        ({"agreed": ""}, {"agreed": ("tick",)}),
        ({"theme": ""}, {"theme": ("choose",)}),
        ({"theme": "money"}, {"theme": ("not_a_choice",)}),
        ({"name": ""}, {}),
        ({"name": "Bo\nBcc: all@example.org"}, {"name": ("line_break",)}),
        ({"municipality": "x" * 81}, {"municipality": ("81 over 80",)}),
        ({"municipality": "x\n" * 50 + "x"}, {"municipality": ("101 over 80", "line_break")}),
        ({"reason": "ö" * 600}, {}),
        ({"reason": "ö" * 601}, {"reason": ("601 over 600",)}),
        ({"email": "bo@"}, {"email": ("email",)}),
        ({"email": "bo@example.org, ann@example.org"}, {"email": ("email",)}),
        ({"email": "bo@example.org\nBcc: ann@example.org"}, {"email": ("line_break",)}),
        ({"email": " Bo@EXAMPLE.org "}, {}),
    ],
)
def test_a_fault_is_told_by_field(changed: dict[str, str], expected: dict[str, tuple[str, ...]]) -> None:
    assert faults(**changed) == expected


def test_all_faults_are_told_at_once() -> None:
    told = check(CALL, {}, SAY).errors

    assert list(told) == ["municipality", "theme", "reason", "email", "agreed"]


def test_the_address_is_normalised_apart_from_the_answer() -> None:
    values = check(CALL, answers(email=" Bo@EXAMPLE.org "), SAY).values

    assert (values["email"], email_in(CALL, values)) == ("Bo@EXAMPLE.org", "Bo@example.org")


def test_a_form_without_an_address_has_none() -> None:
    call = nomination(fields=(Field("name", FieldKind.LINE, {"nl": "Naam"}),), fold_by=None)

    assert (email_in(call, {"name": "Bo"}), fold_of(call, {"name": "Bo"})) == (None, None)


@pytest.mark.parametrize("written", ["Den Haag", " den  HAAG", "DEN HAAG", "Den\u00a0Haag"])
def test_equal_values_fold_together(written: str) -> None:
    assert fold_of(CALL, {"municipality": written}) == "den haag"


def test_an_empty_value_folds_with_nothing() -> None:
    assert fold_of(CALL, {"municipality": ""}) is None


@given(st.dictionaries(st.sampled_from([field.name for field in CALL.fields]), st.text()))
def test_whatever_is_posted_is_judged_and_storable(posted: dict[str, str]) -> None:
    checked = check(CALL, posted, SAY)

    assert set(checked.values) == {field.name for field in CALL.fields}
    assert not any("\x00" in value for value in checked.values.values())
    for value in checked.values.values():
        value.encode()


@pytest.mark.parametrize("language", ["nl", "de", "en"])
def test_every_language_has_every_phrase(language: str) -> None:
    words = tomllib.loads((ROOT / "templates" / "pages" / f"words.{language}.toml").read_text("utf-8"))

    assert tuple(sorted(words["fault"])) == tuple(sorted(PHRASES))
    assert words["fault"]["too_long"].format(limit=80, length=81)


def test_words_have_the_same_keys_in_every_language() -> None:
    def keys(language: str) -> set[str]:
        words = tomllib.loads((ROOT / "templates" / "pages" / f"words.{language}.toml").read_text("utf-8"))
        return {f"{name}.{key}" for name, part in words.items() for key in (part if isinstance(part, dict) else [""])}

    assert keys("nl") == keys("de") == keys("en")
