"""Audiences and explanations from the terminal."""

from pathlib import Path

import pytest

from outreach.cli import audience
from outreach.cli.explain import explain
from outreach.services import open_services
from tests.builders_people import Body, Soul, add
from tests.conftest import KEY


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An embedded database with two members, one of a municipality, and a terminal wide enough."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OUTREACH_SECRET", KEY)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("OUTREACH_DATABASE_URL", raising=False)
    with open_services() as services, services.sessions.begin() as session:
        add(
            session,
            Soul("bo@example.org", groups=("member",), organisation=Body("[b]Kade")),
            Soul("cy@example.org", groups=("member", "municipality", "social-worker"), language=None),
        )
    return tmp_path


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.strip("│┃ ") for line in capsys.readouterr().out.splitlines()]


def test_a_sample_masks_addresses_unless_asked_for_whole_ones(home: Path, capsys: pytest.CaptureFixture[str]):
    audience.sample("members")
    masked = [" ".join(line.replace("│", "|").split()) for line in lines(capsys)]
    audience.sample("members", full=True, size=1)
    whole = "\n".join(lines(capsys))

    assert "b…@example.org | nl | [b]Kade | is in the group member" in masked
    assert "c…@example.org | unknown | | is in the group member" in masked
    assert ("bo@example.org" in whole, "cy@example.org" in whole) == (True, False)


def test_an_audience_is_explained_as_a_tree_with_numbers(home: Path, capsys: pytest.CaptureFixture[str]):
    audience.explain("municipalities")

    assert lines(capsys) == [
        "municipalities: 1 people, all of these",
        "└── is in the group municipality: 1 people; 1 left",
        "municipalities: 1 recipients for social-work",
        "unknown: 1",
    ]


def test_a_person_is_explained_at_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]):
    explain("bo@example.org", "sociaal-werkers/start")

    told = lines(capsys)
    assert told[1] == "so: would get it now, in the audience members"
    assert told[-9:] == [
        "✓ audience members: in it",
        "└── ✓ all of these",
        "└── ✓ is in the group member",
        "✗ audience municipalities: not in it: its rules do not let this person in",
        "└── ✗ all of these",
        "└── ✗ is in the group municipality",
        "✗ audience social_workers: not in it: its rules do not let this person in",
        "└── ✗ all of these",
        "└── ✗ is in the group social-worker",
    ]
