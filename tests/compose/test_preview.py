from dataclasses import replace
from pathlib import Path

import pytest

from outreach.cli import campaign as terminal
from outreach.errors import NotFound
from outreach.model.preflight import Finding, Level
from outreach.model.tokens import Tokens
from outreach.services import Services
from outreach.settings import Settings
from outreach.steps.preview import check_campaign, preview
from tests.builders_compose import ENVIRONMENT, NOW, TEMPLATES
from tests.fakes import FakeProvider

KEY = "a-key-for-tests-that-is-long-enough"
VARIANTS = ("nl", "de", "nl+de", "de+nl")


@pytest.fixture
def desk(tmp_path: Path) -> Services:
    """Services without a database: looking at a campaign needs none."""
    settings = Settings(_env_file=None, home=tmp_path, public_url="https://mail.example.org")
    return Services(settings, None, FakeProvider(), ENVIRONMENT, Tokens(KEY), lambda: NOW)  # type: ignore[arg-type]


def test_every_variant_is_written_in_both_parts(desk: Services, tmp_path: Path):
    paths = preview(desk, "sociaal-werkers", "start", tmp_path / "deep" / "folder")

    written = [f"start.{variant}.{part}" for variant in VARIANTS for part in ("html", "txt")]
    assert [path.name for path in paths] == written
    for path in paths:
        assert "@@" not in path.read_text(encoding="utf-8")
    assert "Beste Noor," in paths[1].read_text(encoding="utf-8")


def test_an_unknown_wave_names_the_ones_there_are(desk: Services, tmp_path: Path):
    with pytest.raises(NotFound) as caught:
        preview(desk, "sociaal-werkers", "strat", tmp_path)

    assert str(caught.value) == "no wave of sociaal-werkers 'strat'; there is: reminder, result, six-of-ten, start"


def test_nothing_stops_the_campaign_that_is_shipped(desk: Services):
    assert check_campaign(desk, "sociaal-werkers") == ()


def test_an_audience_that_does_not_exist_is_told_once_a_wave(desk: Services, tmp_path: Path):
    (tmp_path / "members.toml").write_text("")
    (tmp_path / "social_workers.toml").write_text("")
    lacking = replace(desk, settings=desk.settings.model_copy(update={"audiences": tmp_path}))

    assert check_campaign(lacking, "sociaal-werkers") == tuple(
        Finding(Level.STOP, f"{wave}: audience municipalities", "no such audience; there is: members, social_workers")
        for wave in ("start", "reminder", "six-of-ten", "result")
    )


def test_the_terminal_lists_checks_and_previews(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    monkeypatch.setenv("OUTREACH_SECRET", KEY)
    monkeypatch.setenv("OUTREACH_TEMPLATES", str(TEMPLATES))

    terminal.list_()
    terminal.check("sociaal-werkers")
    terminal.preview("sociaal-werkers", "result", to=tmp_path / "out")

    printed = capsys.readouterr().out.splitlines()
    assert "sociaal-werkers" in printed
    assert "sociaal-werkers: nothing stops it" in printed
    assert printed[-1] == str(tmp_path / "out" / "result.de+nl.txt")


def test_the_terminal_says_what_stops_a_campaign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    for name, value in (("HOME", tmp_path), ("SECRET", KEY), ("AUDIENCES", tmp_path)):
        monkeypatch.setenv(f"OUTREACH_{name}", str(value))

    with pytest.raises(SystemExit) as caught:
        terminal.check("sociaal-werkers")

    assert caught.value.code == 1
    assert capsys.readouterr().out.splitlines()[0] == "stop: start: audience members: no such audience; there is: none"
