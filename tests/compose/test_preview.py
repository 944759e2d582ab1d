from dataclasses import replace
from pathlib import Path

import pytest

from outreach.cli import campaign as terminal
from outreach.errors import DefinitionError, NotFound
from outreach.model.preflight import Finding, Level
from outreach.model.tokens import Tokens
from outreach.services import Services
from outreach.settings import Settings
from outreach.steps.checking import check_campaign
from outreach.steps.preview import preview
from tests.builders_compose import ENVIRONMENT, NOW
from tests.builders_preview import changed, with_campaign
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

    assert (
        str(caught.value)
        == "no wave of sociaal-werkers 'strat'; there is: nieuwsbrief, reminder, result, six-of-ten, start"
    )


def test_nothing_stops_the_campaign_that_is_shipped(desk: Services):
    assert check_campaign(desk, "sociaal-werkers") == ()


def test_an_audience_that_does_not_exist_is_told_once_a_piece(desk: Services, tmp_path: Path):
    (tmp_path / "social_workers.toml").write_text("")
    own, _ = with_campaign(desk, tmp_path)
    lacking = replace(own, settings=own.settings.model_copy(update={"audiences": tmp_path}))

    assert check_campaign(lacking, "x") == tuple(
        Finding(Level.STOP, f"{wave}: audience members", "no such audience; there is: social_workers")
        for wave in ("start", "news")
    )


def test_links_are_asked_where_it_is_wished(desk: Services, tmp_path: Path):
    own, folder = with_campaign(desk, tmp_path)
    for language in ("nl", "de"):
        changed(
            folder / f"start.{language}.md", {"Een tekst.": "[Daar](http://127.0.0.1:9/).", '"Kom kijken"': '"Kom"'}
        )

    assert check_campaign(own, "x") == ()
    assert [each.where for each in check_campaign(own, "x", links=True)] == ["http://127.0.0.1:9/"]


@pytest.fixture
def installed(desk: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small campaign as the terminal finds it; its folder."""
    own, folder = with_campaign(desk, tmp_path)
    monkeypatch.chdir(tmp_path)
    templates = own.settings.templates
    nowhere = "http://127.0.0.1:9"
    for name, value in (("HOME", tmp_path), ("SECRET", KEY), ("TEMPLATES", templates), ("OUTBOX_URL", nowhere)):
        monkeypatch.setenv(f"OUTREACH_{name}", str(value))
    return folder


def test_the_terminal_lists_checks_and_previews(installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    terminal.list_()
    terminal.check()
    terminal.check("x")
    terminal.preview("x", "news", to=tmp_path / "out")

    printed = capsys.readouterr().out.splitlines()
    assert printed[:3] == ["x", "x: nothing stops it", "x: nothing stops it"]
    assert printed[-1] == str(tmp_path / "out" / "news.de+nl.txt")
    assert "Voorbeeld: buurthuis" in (tmp_path / "out" / "news.nl.txt").read_text(encoding="utf-8")


def test_the_terminal_begins_a_campaign_and_names_the_next_command(installed: Path, capsys: pytest.CaptureFixture[str]):
    terminal.new("mijn-actie", languages="nl, de", with_="call")

    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == str(installed.parent / "mijn-actie" / "campaign.toml")
    assert printed[-1] == "  outreach campaign preview mijn-actie"
    terminal.translated("mijn-actie", "call")
    assert capsys.readouterr().out == f"{installed.parent / 'mijn-actie' / 'call.de.md'} is up to date\n"


def test_the_terminal_says_what_stops_a_campaign(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("OUTREACH_AUDIENCES", str(tmp_path))

    with pytest.raises(SystemExit) as caught:
        terminal.check("x")

    assert caught.value.code == 1
    assert capsys.readouterr().out.splitlines()[0] == "stop: start: audience members: no such audience; there is: none"


def test_files_are_written_of_one_wave_alone(installed: Path, tmp_path: Path):
    with pytest.raises(DefinitionError, match="--to: name the campaign and its wave"):
        terminal.preview("x", to=tmp_path / "out")


def test_the_terminal_tells_whom_a_test_did_not_reach(installed: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:  # nothing answers where the outbox would be
        terminal.send_test("x", "start", to=("Noor <noor@example.org>",), language=("nl",))

    assert caught.value.code == 1
    assert capsys.readouterr().out.startswith("noor@example.org (nl): not taken: ")
