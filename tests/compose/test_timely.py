"""Mails that would come too late, and marks that were left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from outreach.compose.timely import too_late
from outreach.model.campaign import Event, Layout
from outreach.model.preflight import Level
from outreach.steps.marks import marks_left
from tests.builders_compose import NOW, both, call, campaign, compiled, wave

MEETING = Event("meeting", both("Dag", "Tag"), NOW, NOW + timedelta(hours=3), both("Hier", "Hier"))


def levels(now: datetime, layout: Layout = Layout.INVITATION) -> list[Level]:
    definition = wave(event="meeting", call="join", layout=layout)
    of = campaign(definition, events={"meeting": MEETING}, calls={"join": call(closes=NOW + timedelta(days=1))})
    return [finding.level for finding in too_late(of, definition, now)]


def test_an_event_that_is_over_stops_its_wave_and_a_closed_call_is_told():
    assert levels(NOW) == []
    assert levels(NOW + timedelta(hours=4)) == [Level.STOP]
    assert levels(NOW + timedelta(days=2)) == [Level.STOP, Level.WARNING]
    assert levels(NOW + timedelta(days=2), Layout.CALL) == [Level.WARNING, Level.WARNING]
    assert list(too_late(campaign(), wave(), datetime(2099, 1, 1, tzinfo=UTC))) == []


def test_a_mark_in_a_comment_is_found_with_its_line(tmp_path: Path):
    (tmp_path / "campaign.toml").write_text("a = 1\nstarts = 2027-01-17T13:00:00 # ✎ set the day\n", encoding="utf-8")

    (finding,) = marks_left(replace(campaign(), folder=tmp_path))

    assert (finding.level, finding.what.split(";")[0]) == (
        Level.STOP,
        "line 2 still holds ✎: starts = 2027-01-17T13:00:00 # ✎ set the day",
    )
    assert list(marks_left(campaign())) == []


def test_a_tab_before_a_paragraph_changes_nothing():
    assert compiled(wave("Een.\n\n\tTwee **vet**.")).text == compiled(wave("Een.\n\nTwee **vet**.")).text
