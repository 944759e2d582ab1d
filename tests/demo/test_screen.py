import io

import pytest
from rich.console import Console

from outreach.demo.screen import Screen, in_one_line
from outreach.errors import DefinitionError


class Ticks:
    """Every look at the clock is a quarter of a second later."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 0.25
        return self.at


def screen_on(*, terminal: bool = False) -> tuple[Screen, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=60, highlight=False, color_system=None)
    return Screen(("pull feeds", "send waves"), console=console, tick=Ticks()), out


def test_without_a_terminal_each_stage_is_two_plain_lines():
    screen, out = screen_on()
    with screen, screen.stage("pull feeds"):
        screen.progress(7, 10)

    assert out.getvalue().splitlines() == ["… pull feeds", "✓ pull feeds · 0.2 s · 7 of 10"]


def test_the_seconds_of_each_stage_are_kept():
    screen, _ = screen_on()
    with screen:
        with screen.stage("pull feeds"):
            pass
        with screen.stage("send waves"):
            pass

    assert screen.seconds() == {"pull feeds": 0.25, "send waves": 0.25}


def test_a_stage_that_fails_is_marked_and_the_error_goes_on():
    screen, out = screen_on()
    with pytest.raises(DefinitionError), screen, screen.stage("send waves"):
        raise DefinitionError("no sender")

    assert out.getvalue().splitlines()[-1] == "✗ send waves · 0.2 s"
    assert screen.seconds() == {"send waves": 0.25}


def test_an_error_is_one_readable_line():
    screen, out = screen_on()

    screen.fail(DefinitionError("campaign.toml:\n  field [red]topic[/red] is missing"))

    assert out.getvalue() == "✗ campaign.toml: field [red]topic[/red] is missing\n"


def test_an_error_that_is_not_ours_is_named_by_its_kind():
    assert [in_one_line(error) for error in (OSError("port 8400 is taken"), KeyboardInterrupt(), "words")] == [
        "OSError: port 8400 is taken",
        "KeyboardInterrupt",
        "words",
    ]


def test_the_end_without_a_terminal_is_plain_lines_that_are_never_broken():
    screen, out = screen_on()
    long = "http://127.0.0.1:4200/v2/artifacts/artifact/" + "0" * 40

    screen.note("approved")
    screen.conclude({"delivered": 2913, "recipients": {"total": 3000}}, {"Dashboards": long})
    screen.stay()

    assert out.getvalue().splitlines() == [
        "  approved",
        "",
        "What came of it",
        "  delivered: 2,913",
        "  seconds: 0",
        "Where to look",
        f"  Dashboards: {long}",
        "Everything stays up until you press Ctrl-C.",
    ]


def test_on_a_terminal_all_stages_are_shown_with_how_far_they_are_and_then_the_addresses():
    screen, out = screen_on(terminal=True)
    with screen:
        with screen.stage("pull feeds"):
            screen.progress(3, 4)
        screen.conclude({}, {"Outbox": "http://127.0.0.1:8410"})

    words = ("✓", "pull feeds", "3 of 4", "send waves", "http://127.0.0.1:8410")
    assert [word for word in words if word in out.getvalue()] == list(words)


def test_on_a_terminal_a_stage_that_failed_is_marked():
    screen, out = screen_on(terminal=True)
    with pytest.raises(DefinitionError), screen, screen.stage("pull feeds"):
        raise DefinitionError("no feed")

    assert "✗ pull feeds" in out.getvalue()
