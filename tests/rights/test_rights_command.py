"""Export, forget and retention by terminal."""

import io
import json
import sys

import pytest

from outreach.cli.main import app
from outreach.cli.rights import lines_about, lines_about_replay
from outreach.errors import DefinitionError
from outreach.model.rights import Forgotten, Replayed
from tests.builders_rights import History, house

KEY = "0123456789abcdef0123456789abcdef"


class Terminal(io.StringIO):
    """What somebody types, at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(params=["sqlite"])
def database_url(request, tmp_path, sqlite_template):
    """SQLite alone: the commands only call steps, which are tested on both databases."""
    path = tmp_path / "outreach.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def outreach(settings, monkeypatch, capsys):
    """Run a command; return what it printed."""
    monkeypatch.setenv("OUTREACH_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("OUTREACH_HOME", str(settings.home))
    monkeypatch.setenv("OUTREACH_SECRET", settings.secret.get_secret_value())
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> str:
        app(words, result_action="return_value")
        return capsys.readouterr().out

    return run


def test_a_person_is_exported_forgotten_and_known_by_key_alone(outreach, services, tmp_path):
    house(services).add("weg@example.org", History())
    file = tmp_path / "weg.json"

    assert outreach("contacts", "export", "weg@example.org", "--to", str(file)) == f"written to {file}\n"
    printed = json.loads(outreach("contacts", "export", "weg@example.org"))
    assert printed["mails"] == json.loads(file.read_text())["mails"]
    assert file.stat().st_mode & 0o777 == 0o600
    key = outreach("contacts", "key", "weg@example.org").strip()
    assert f"kept out from now on, as {key}" in outreach("contacts", "forget", "weg@example.org")
    assert outreach("contacts", "forget", "weg@example.org").startswith("nothing was held")
    replayed = outreach("contacts", "forget", "--replay", str(tmp_path / "erasures.jsonl"))
    assert replayed == "1 people in the log, 0 of them were in the database\n"


@pytest.mark.parametrize(("typed", "done"), [("\n", False), ("weg@example.org\n", False), ("Ja\n", True)])
def test_whoever_sits_at_a_terminal_is_asked_whether_forgetting_is_meant(outreach, services, monkeypatch, typed, done):
    house(services).add("weg@example.org", History())
    monkeypatch.setattr(sys, "stdin", Terminal(typed))

    told = outreach("contacts", "forget", "weg@example.org")

    left = json.loads(outreach("contacts", "export", "weg@example.org"))["contact"]
    assert told.startswith(
        "weg@example.org: groups 2, consents 4, signups 2, letters_asked_for 2, suppressions 1, mails 1, answers 1\n"
        "Forget this person? Nobody can undo it. [y/N] "
    )
    assert ("forgotten: contacts 1" in told, left is None) == (done, done)


def test_an_address_of_nobody_is_said_to_be_one_before_it_is_forgotten(outreach, services, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))

    assert outreach("contacts", "forget", "weg@example.org") == (
        "weg@example.org: nothing is held about this address\nForget this person? Nobody can undo it. [y/N] "
    )


def test_with_yes_nobody_is_asked(outreach, services, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal(""))

    assert outreach("contacts", "forget", "weg@example.org", "--yes").startswith("nothing was held")


def test_forgetting_asks_for_one_person_or_one_log(outreach):
    with pytest.raises(DefinitionError, match="name one address, or --replay FILE"):
        outreach("contacts", "forget")


def test_retention_is_shown_tried_and_run(outreach):
    assert "nothing old enough: " in outreach("retention", "run", "--dry-run")
    assert "last run: never" in outreach("retention", "show")
    assert "engagement" in outreach("retention", "run")
    assert "│ never" not in outreach("retention", "show")


def test_an_export_that_cannot_be_written_says_so(outreach, tmp_path):
    with pytest.raises(DefinitionError, match="cannot be written: No such file or directory"):
        outreach("contacts", "export", "weg@example.org", "--to", str(tmp_path / "none" / "weg.json"))


def test_what_was_done_is_told_in_words():
    assert lines_about(Forgotten(KEY, contacts=1, deliveries=2)) == [
        "forgotten: contacts 1, deliveries 2",
        f"the address is kept out from now on, as {KEY}",
    ]
    assert lines_about_replay(Replayed(3, (Forgotten(KEY),), (KEY,), ((7, "it is not JSON"),))) == [
        "3 people in the log, 1 of them were in the database",
        f"{KEY} came back by an act of their own since, and stays",
        "line 7 cannot be read: it is not JSON",
    ]
