"""Waves from the terminal: by whatever name a person has for them, in 80 columns."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from outreach.campaigns import queries as campaigns
from outreach.cli import main, wave
from outreach.errors import DefinitionError, NotFound, StateError
from outreach.services import open_services
from outreach.steps import steering
from tests.builders_delivery import campaign, planned_wave, sending_wave
from tests.conftest import KEY


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An embedded database with two waves, of which the first is being sent, and a terminal of the usual width."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OUTREACH_SECRET", KEY)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("OUTREACH_DATABASE_URL", raising=False)
    with open_services() as services:
        sending_wave(services, 3)
        planned_wave(services, 0, slug="een-campagne-met-een-lange-naam")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, without the lines of tables."""
    return "\n".join(" ".join(line.split()) for line in re.sub("[│┃]", " ", capsys.readouterr().out).splitlines())


def test_the_list_names_every_wave_whole_and_what_it_waits_for(home: Path, capsys: pytest.CaptureFixture[str]):
    wave.pause("sociaal-werkers/start", by="Noor", why="a wrong date")
    capsys.readouterr()
    wave.list_waves()

    told = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in told.splitlines() if line.startswith("│")]
    whole = ["".join(cells) for cells in zip(*(row[:3] for row in rows), strict=True)]
    assert whole == ["21", "een-campagne-met-een-lange-naam/startsociaal-werkers/start", "plannedpaused"]
    assert max(map(len, told.splitlines())) == 80
    assert "Paused by Noor since" in " ".join(row[3] for row in rows)


def test_a_wave_is_steered_by_name_or_number_and_shown_with_figures(home: Path, capsys: pytest.CaptureFixture[str]):
    wave.pause("sociaal-werkers/start", by="Noor", why="a wrong date")
    wave.show("1")

    told = said(capsys)
    assert told.startswith("wave 1 is paused\nwave 1, sociaal-werkers/start, is paused: Start\nto members; planned ")
    assert "\nAccepted 0 0 % of recipients\n" in told
    assert "\nNot written to yet 3 100 % of recipients\n" in told
    assert told.splitlines()[-2].endswith("; 3 were not written to yet. Why: a wrong date.")
    assert told.splitlines()[-1] == "let it go on: outreach wave resume 1, then: outreach wave send 1"

    with pytest.raises(StateError, match=r"^wave 1 is paused: a wrong date; first: outreach wave resume 1$"):
        wave.send("1")
    wave.resume("1")
    wave.cancel("sociaal-werkers / start")
    assert said(capsys) == "wave 1 is sending\nwave 1 is cancelled"


def test_what_no_wave_is_called_is_refused_with_the_names_there_are(home: Path):
    with pytest.raises(
        NotFound, match=r"no planned wave 'abc'; there is: een-campagne-.*/start, sociaal-werkers/start"
    ):
        wave.pause("abc")
    with pytest.raises(DefinitionError, match="'sociaal-werkers', which is a campaign; write one of its waves: soc"):
        wave.plan("sociaal-werkers")


def test_a_wave_that_is_not_named_is_asked_for_as_it_is_written(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main.app(["wave", "pause"])
    assert "parameter WAVE requires an argument" in capsys.readouterr().err


@pytest.fixture
def three(services) -> tuple[int, int, int]:
    """Waves sociaal-werkers/start, "Start"; sociaal-werkers/kanarie, "Kanarie"; other/start, "Dank u"."""
    found = []
    with services.sessions.begin() as session:
        for slug, name, title in (
            ("sociaal-werkers", "start", "Start"),
            ("sociaal-werkers", "kanarie", "Kanarie & Co"),
            ("other", "start", "Dank u"),
        ):
            of, definition = campaign(slug)
            named = replace(definition, name=name, title={"nl": title})
            found.append(campaigns.register(session, of, named, services.clock()).id)
    return tuple(found)


def test_a_title_that_only_one_wave_has_is_as_good_as_its_name(services, three):
    names = {
        "sociaal-werkers/start": 0,
        " Sociaal-Werkers/Start ": 0,
        "sociaal-werkers / kanarie": 1,
        "kanarie & co": 1,
        "kanarie": 1,
        "Dank u": 2,
    }

    assert {name: steering.named(services, name).id for name in names} == {
        name: three[which] for name, which in names.items()
    }


def test_a_title_that_several_waves_have_is_refused_with_their_names(services, three):
    with pytest.raises(DefinitionError) as refused:
        steering.named(services, "start")

    assert str(refused.value) == (
        "wave: found 'start', which fits 2 waves; write one of them: other/start, sociaal-werkers/start"
    )
