"""When a wave is stopped: too many, surely, and of more than two."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from outreach.errors import DefinitionError
from outreach.model.breaker import FEWEST, Measure, Seen, Thresholds, surely
from outreach.settings import Settings

DEFAULT = Thresholds.read(Settings.model_fields["stop_at"].default)
EVENTS = ("bounced", "soft_bounced", "complained", "refused")


@st.composite
def seen(draw: st.DrawFn, most: int = 5000) -> Seen:
    """A wave so far; nobody comes to two ends among those who were accepted."""
    accepted = draw(st.integers(0, most))
    bounced = draw(st.integers(0, accepted))
    soft = draw(st.integers(0, accepted - bounced))
    return Seen(accepted, bounced, soft, draw(st.integers(0, accepted - bounced - soft)), draw(st.integers(0, most)))


def more(of: Seen, name: str, by: int) -> Seen:
    return Seen(**{**of.stored(), name: getattr(of, name) + by})


def test_the_reason_names_every_kind_with_its_figures():
    assert DEFAULT.why(Seen(1000, bounced=72, soft_bounced=40, complained=8)) == (
        "bounces: 72 of 1,000 (7.2 %), more than 5 %; complaints: 8 of 1,000 (0.8 %), more than 0.3 %"
    )
    assert DEFAULT.why(Seen(400, refused=100)) == "errors: 100 of 500 (20 %), more than 10 %"
    assert DEFAULT.why(Seen(1000, soft_bounced=300)) == "soft bounces: 300 of 1,000 (30 %), more than 20 %"


@pytest.mark.parametrize(
    "goes_on", [Seen(3, bounced=2), Seen(1000, bounced=50), Seen(1000, complained=3), Seen(20, refused=2), Seen()]
)
def test_what_chance_may_do_stops_nothing(goes_on):
    assert DEFAULT.why(goes_on) == ""


def test_a_large_wave_is_stopped_close_above_its_threshold():
    assert [bool(DEFAULT.why(Seen(100_000, complained=events))) for events in (300, 340)] == [False, True]


@given(seen(), st.sampled_from(EVENTS), st.integers(0, 100))
def test_a_wave_that_stops_would_stop_with_more_of_the_same(so_far, name, by):
    worse = more(so_far, name, by)
    assume(worse.bounced + worse.soft_bounced + worse.complained <= worse.accepted)

    assert bool(DEFAULT.why(worse)) >= bool(DEFAULT.why(so_far))


@given(seen(), st.integers(1, 20))
def test_a_wave_that_stops_would_stop_were_it_larger_with_the_same_shares(so_far, times):
    larger = Seen(*(value * times for value in so_far.stored().values()))

    assert bool(DEFAULT.why(larger)) >= bool(DEFAULT.why(so_far))


@given(st.integers(0, 10**7), st.floats(0.001, 99.9))
def test_nothing_stops_a_wave_of_which_nothing_is_told(accepted, percent):
    assert Thresholds(dict.fromkeys(Measure, percent)).why(Seen(accepted)) == ""


@given(seen())
@example(Seen(3, bounced=3))
def test_a_wave_stops_only_over_a_threshold_and_for_more_than_a_few(so_far):
    over = [
        measure
        for measure, percent in DEFAULT.percent.items()
        if so_far.rate(measure) * 100 > percent and so_far.count(measure)[0] >= FEWEST
    ]
    assert bool(DEFAULT.why(so_far)) <= bool(over)


@given(st.integers(1, 10**6).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_what_is_sure_lies_between_nothing_and_what_was_seen(counted):
    events, of = counted

    assert 0 <= surely(events, of) <= events / of


@given(seen())
def test_a_wave_that_a_person_let_go_on_does_not_stop_at_once_again(so_far):
    assert DEFAULT.why(so_far, so_far) == ""


@given(seen(), st.sampled_from(EVENTS))
def test_a_wave_that_was_let_go_on_stops_when_it_gets_as_bad_again(so_far, name):
    worse = more(more(so_far, "accepted", 100_000), name, 60_000)

    assert "since it was resumed" in DEFAULT.why(worse, so_far) or so_far == Seen()


def test_late_reports_of_mails_from_before_stop_no_wave_that_was_let_go_on():
    looked_at = Seen(100_000, bounced=6000, complained=400)

    assert DEFAULT.why(Seen(100_020, bounced=6300, complained=420), looked_at) == ""
    assert DEFAULT.why(Seen(101_000, bounced=7000, complained=400), looked_at) == (
        "bounces since it was resumed: 1,000 of 11,000 (9.09 %), more than 5 %"
    )


def test_without_thresholds_nothing_stops():
    assert Thresholds.read(" ").why(Seen(1000, 900)) == ""


@given(seen())
def test_figures_survive_their_row(so_far):
    assert (Seen.of(so_far.stored()), Seen.of(None)) == (so_far, Seen())


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("bounce=5", "found 'bounce=5'; write percentages such as bounces=5,complaints=0.3; there is: bounces, soft,"),
        ("bounces", "found 'bounces'; write percentages"),
        ("bounces=0", "found 'bounces=0'; a percentage is a number above 0 and below 100"),
        ("errors=nan", "found 'errors=nan'; a percentage"),
        ("errors=10 %", "found 'errors=10 %'; a percentage"),
        ("soft=5,soft=6", "soft is given twice"),
    ],
)
def test_thresholds_that_cannot_be_read_are_refused(text, wrong):
    with pytest.raises(DefinitionError, match="^OUTREACH_STOP_AT: " + wrong.replace("(", r"\(")):
        Thresholds.read(text)
