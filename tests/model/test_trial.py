from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.model.trial import Choice, Decision, Part, Tally, ToGo, Trial, Trying, Verdict, better, going_until
from tests.conftest import NOON


def tally(clicked: int, readers: int) -> Tally:
    return Tally(recipients=readers, accepted=readers, readers=readers, clicked=clicked)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    readers = draw(st.integers(0, 500))
    return tally(draw(st.integers(0, readers)), readers)


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        (
            tally(20, 400), tally(40, 410),
            (Part.B, "version b, by clicks: a 20 of 400 readers (5 %), b 40 of 410 readers (9.76 %)"),
        ),
        (
            tally(8, 100), tally(7, 100),
            (
                Part.A,
                "version a, by clicks: a 8 of 100 readers (8 %), b 7 of 100 readers (7 %); "
                "so small a difference may be chance",
            ),
        ),
        (
            tally(10, 100), tally(5, 50),
            (
                Part.A,
                "version a, as both did equally well: a 10 of 100 readers (10 %), b 5 of 50 readers (10 %)",
            ),
        ),
        (
            tally(0, 100), tally(9, 100),
            (
                Part.A,
                "version a, as too little is known: 9 readers clicked in all, and fewer than 10 say nothing",
            ),
        ),
    ],
)  # fmt: skip
def test_the_version_with_the_greater_share_of_clicks_goes_on_and_says_how_sure_that_is(
    a: Tally, b: Tally, found: tuple[Part, str]
):
    assert better(a, b) == found


@given(tallies(), tallies())
def test_the_rest_never_gets_the_version_that_did_worse_where_enough_is_known(a: Tally, b: Tally):
    part, why = better(a, b)

    known = "too little is known" not in why
    assert not (known and part is Part.A and a.share < b.share)
    assert not (part is Part.B and b.share <= a.share)


@given(
    share=st.floats(0.0001, 1), minutes=st.integers(1, 20_000), versions=st.booleans(), choose=st.sampled_from(Choice),
    people=st.integers(0, 1000),
)  # fmt: skip
def test_what_is_tried_comes_back_from_a_row_as_it_was(
    share: float, minutes: int, versions: bool, choose: Choice, people: int
):
    trial = Trial(share, timedelta(minutes=minutes), versions, choose, people)

    assert Trial.of(trial.stored()) == trial


def test_a_verdict_comes_back_from_a_row_as_it_was():
    verdict = Verdict(Decision.RELEASED, "version b, as a person chose", NOON, "Noor", Part.B)

    assert Verdict.of(verdict.stored()) == verdict
    assert Verdict.of(replace(verdict, by="", part=Part.ALL).stored()).part is Part.ALL


SOON, LATER = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
SIZES = {Part.A: 100, Part.B: 100, Part.REST: 9}


@pytest.mark.parametrize(
    ("to_go", "until"),
    [
        ([], None),
        ([ToGo(Part.A, 10, SOON), ToGo(Part.B, 10, LATER)], None),
        ([ToGo(Part.A, 1)], NOON),
        ([ToGo(Part.A, 1, NOON)], NOON),
        ([ToGo(Part.A, 10, LATER), ToGo(Part.B, 1)], NOON),
        ([ToGo(Part.A, 11, LATER)], LATER),
        ([ToGo(Part.A, 10, LATER), ToGo(Part.A, 1, SOON)], SOON),
        ([ToGo(Part.A, 60, SOON), ToGo(Part.B, 11, LATER)], LATER),
    ],
)
def test_the_wait_begins_once_nine_tenths_of_each_part_went_and_the_others_wait_for_a_time_of_their_own(to_go, until):
    assert going_until(SIZES, to_go, NOON) == until


def test_when_a_trial_is_looked_at_is_known_at_any_time_at_the_earliest():
    trying = Trying(Trial(0.1, timedelta(minutes=30), versions=True), SIZES, {}, {}, last=NOON - timedelta(hours=3))
    half = timedelta(minutes=30)

    assert trying.looked_at(NOON) == NOON - timedelta(hours=3) + half
    assert replace(trying, asking=True).looked_at(NOON) == NOON + half
    assert replace(trying, to_go=(ToGo(Part.B, 50, LATER),)).looked_at(NOON) == LATER + half
    assert replace(trying, to_go=(ToGo(Part.B, 50, LATER),), ends=SOON).looked_at(NOON) == SOON
