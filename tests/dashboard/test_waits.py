"""Who waits for which moment, in words."""

from datetime import timedelta

from outreach.dashboard.render import DashboardLinks, wave_markdown
from outreach.dashboard.waits import waits_briefly, waits_in_words
from outreach.model.pace import Waiting
from tests.builders_dashboard import report
from tests.conftest import NOON

QUIET = Waiting(NOON + timedelta(hours=19), "quiet hours in Europe/Amsterdam", 1200)


def test_who_waits_is_told_with_the_moment_and_the_reason():
    put_off = Waiting(NOON + timedelta(hours=20), "put off from batch 3: 450 jan.smit@example.org is full", 1)

    assert waits_in_words([QUIET, put_off]) == [
        "1,200 wait until 21 Nov 2026, 08:00 CET (quiet hours in Europe/Amsterdam)",
        "1 waits until 21 Nov 2026, 09:00 CET (put off from batch 3: 450 j…@example.org is full)",
    ]
    assert waits_briefly([QUIET, put_off]) == "1,201 until 21 Nov 2026, 08:00 CET"
    assert (waits_in_words([]), waits_briefly([])) == ([], "")


def test_of_many_reasons_the_first_are_told_and_the_others_counted():
    many = [Waiting(NOON + timedelta(minutes=number), f"reason {number}", number) for number in range(1, 9)]

    assert waits_in_words(many)[4:] == [
        "5 wait until 20 Nov 2026, 13:05 CET (reason 5)",
        "21 more wait for other moments or reasons",
    ]


def test_a_dashboard_says_who_waits_right_under_where_the_wave_stands():
    waits = [QUIET, Waiting(QUIET.until, "<b>450</b>", 2)]
    shown = wave_markdown(report(), links=DashboardLinks("http://a.example", "http://b.example"), now=NOON, waits=waits)

    assert shown.split("\n\n")[2] == (
        "- ⏳ 1,200 wait until 21 Nov 2026, 08:00 CET &#40;quiet hours in Europe/Amsterdam&#41;\n"
        "- ⏳ 2 wait until 21 Nov 2026, 08:00 CET &#40;&#60;b&#62;450&#60;/b&#62;&#41;"
    )
