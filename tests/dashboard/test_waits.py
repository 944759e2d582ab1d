"""Who waits for which moment, in words."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from outreach.dashboard.render import DashboardLinks, overview_markdown, wave_markdown
from outreach.dashboard.waits import paused_in_words, state_in_words, waits_in_words
from outreach.model.left import NOBODY, Left
from outreach.model.pace import Waiting
from outreach.model.trial import Choice, Decision, Part, Trial, Trying, Verdict
from outreach.model.wave import WaveState
from tests.builders_dashboard import report
from tests.conftest import NOON

SENDING, PAUSED = WaveState.SENDING, WaveState.PAUSED
QUIET = Waiting(NOON + timedelta(hours=19), "quiet hours in Europe/Amsterdam", 1200)
CANARY = Trying(Trial(0.1, timedelta(minutes=30)), {Part.FIRST: 10, Part.REST: 90}, {}, {}, last=NOON)
TO_CHOOSE = replace(CANARY, trial=replace(CANARY.trial, versions=True, choose=Choice.PERSON))
ASKED = replace(TO_CHOOSE, verdict=Verdict(Decision.ASKED, "", NOON))
LINKS = DashboardLinks("http://a.example", "http://b.example")
STEER = "[steer&#45;wave](http://b.example/v2/deployments)"


def overview(**of_waves: tuple[WaveState, Left]) -> list[str]:
    """The blocks of an overview of waves of these names."""
    told = dict(enumerate(of_waves.items(), 1))
    reports = [
        report(wave_id=number, wave=name, title="Titel", state=state, paused_why=left.paused_why)
        for number, (name, (state, left)) in told.items()
    ]
    left = {number: left for number, (_, (_, left)) in told.items()}
    return overview_markdown(reports, [], LINKS, NOON, left).split("\n\n")


def test_who_waits_is_told_with_the_moment_and_the_reason():
    put_off = Waiting(NOON + timedelta(hours=20), "put off from batch 3: 450 jan.smit@example.org is full", 1)

    assert waits_in_words([QUIET, put_off]) == [
        "1,200 wait until 21 Nov 2026, 08:00 CET (quiet hours in Europe/Amsterdam)",
        "1 waits until 21 Nov 2026, 09:00 CET (put off from batch 3: 450 j…@example.org is full)",
    ]
    assert waits_in_words([]) == []


def test_of_many_reasons_the_first_are_told_and_the_others_counted():
    many = [Waiting(NOON + timedelta(minutes=number), f"reason {number}", number) for number in range(1, 9)]

    assert waits_in_words(many)[4:] == [
        "5 wait until 20 Nov 2026, 13:05 CET (reason 5)",
        "21 more wait for other moments or reasons",
    ]


def test_a_dashboard_says_who_waits_right_under_where_the_wave_stands():
    left = Left(1202, waits=(QUIET, Waiting(QUIET.until, "<b>450</b>", 2)), trying=replace(CANARY, ends=QUIET.until))
    shown = wave_markdown(report(state=SENDING), links=LINKS, now=NOON, left=left).split("\n\n")

    assert shown[1].startswith("**Waits until 21 Nov 2026, 08:00 CET** · wave sociaal&#45;werkers/call · as of ")
    assert unescape(shown[2]) == (
        "- ⏳ 1,200 wait until 21 Nov 2026, 08:00 CET (quiet hours in Europe/Amsterdam)\n"
        "- ⏳ 2 wait until 21 Nov 2026, 08:00 CET (<b>450</b>)\n"
        "- ⏳ The rest (90 people) waits until 21 Nov 2026, 08:00 CET; then it follows, if not too much comes back."
    )
    assert "<b>" not in shown[2]


def test_a_dashboard_says_above_everything_what_a_person_has_to_choose():
    shown = wave_markdown(report(state=SENDING), links=LINKS, now=NOON, left=Left(90, trying=TO_CHOOSE)).split("\n\n")

    assert shown[1].startswith("**Waits for a person to choose** · ")
    assert shown[2].startswith(
        f"> **To do: choose a version, now or later.** Run {STEER}: *send version a to the rest* or "
        "*send version b to the rest*.\n>\n> The rest "
    )


@pytest.mark.parametrize(
    ("left", "state", "told"),
    [
        (NOBODY, SENDING, "Sending now"),
        (Left(5, going=5, waits=(QUIET,)), SENDING, "Sending now"),
        (Left(5, waits=(QUIET,)), SENDING, "Waits until 21 Nov 2026, 08:00 CET"),
        (Left(5, waits=(QUIET,)), PAUSED, "Paused"),
        (Left(90, trying=CANARY), SENDING, "Waits until 20 Nov 2026, 13:30 CET"),
        (Left(90, trying=replace(CANARY, ends=NOON)), SENDING, "Sending now"),
        (Left(90, waits=(QUIET,), trying=CANARY), SENDING, "Waits until 20 Nov 2026, 13:30 CET"),
        (Left(90, trying=TO_CHOOSE), SENDING, "Waits for a person to choose"),
        (Left(91, waits=(QUIET,), trying=TO_CHOOSE), SENDING, "Waits until 21 Nov 2026, 08:00 CET"),
    ],
)
def test_a_list_says_of_each_wave_what_it_waits_for(left, state, told):
    words = {SENDING: "Sending now", PAUSED: "Paused"}
    assert state_in_words(left, state, NOON, words[state]) == told


def test_the_overview_says_what_has_to_be_done_and_then_what_waits_for_what():
    shown = overview(
        quiet=(SENDING, Left(1200, waits=(QUIET,))),
        asked=(SENDING, Left(90, trying=ASKED)),
        held=(PAUSED, Left(1, paused_by="Noor")),
        broken=(PAUSED, Left(7, paused_why="5 % bounced")),
    )

    assert [unescape(block) for block in shown[2:4]] == [
        "> **⚠ Paused by itself:** Titel, sociaal-werkers/broken: 5 % bounced. 7 people were not written to yet. "
        f"{unescape(STEER)}",
        f"> ✋ Titel, sociaal-werkers/asked: **To do: choose a version.** Run {unescape(STEER)}: *send version a to "
        "the rest* or *send version b to the rest*. Its dashboard shows what came of both.",
    ]
    waiting = shown[shown.index("## Waves") + 1].splitlines()
    assert [unescape(line).partition(": ")[0] for line in waiting] == [
        "- ⏳ Titel, sociaal-werkers/quiet",
        "- ⏳ Titel, sociaal-werkers/asked",
        "- ⏸ Titel, sociaal-werkers/held",
    ]


def test_an_overview_of_very_many_waits_stays_small():
    many = {f"wave{number}": (SENDING, Left(5, waits=(QUIET,) * 9)) for number in range(200)}

    assert len("\n\n".join(overview(**many)).encode()) < 100_000


def test_who_paused_a_wave_is_told_and_what_for():
    assert paused_in_words(Left(1119, paused_by="Noor", paused_at=NOON, paused_why="a wrong date.")) == (
        "Paused by Noor since 20 Nov 2026, 13:00 CET; 1,119 were not written to yet. Why: a wrong date."
    )
    assert paused_in_words(Left(1, paused_why="5 % bounced")) == "Paused by itself; 1 was not written to yet."
    assert paused_in_words(Left(0)) == "Paused by a person; 0 were not written to yet."
