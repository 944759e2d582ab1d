from dataclasses import replace
from pathlib import Path

import pytest

from outreach.cli import audience, contacts
from outreach.cli.contacts import lines_about
from outreach.errors import ImportRefused
from outreach.steps.people import ImportReport
from tests.builders_people import write_csv
from tests.conftest import KEY


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, with the embedded database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OUTREACH_SECRET", KEY)
    monkeypatch.delenv("OUTREACH_DATABASE_URL", raising=False)
    return tmp_path


def test_people_are_imported_and_counted_from_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]):
    path = write_csv(home / "people.csv", [["email"], ["bo@example.org"], ["[/]@@"]])

    contacts.import_file(path, topic="social-work", basis="membership", evidence="list", group="member")
    audience.count("members")

    assert capsys.readouterr().out.splitlines() == [
        "people.csv: 1 new, 0 changed, 0 unchanged, 1 invalid",
        f"rows with errors: {home / 'people.errors.csv'}; correct them there and import that file",
        "members: 1 recipients for social-work",
        "  unknown: 1",
    ]


def test_a_refused_file_raises_what_the_command_line_shows(home: Path):
    with pytest.raises(ImportRefused, match=r"people\.csv: no column with email addresses"):
        contacts.app(["import", str(write_csv(home / "people.csv", [["naam"], ["Bo"]]))])


def test_audiences_are_listed_with_their_titles(home: Path, capsys: pytest.CaptureFixture[str]):
    audience.list_audiences()

    assert capsys.readouterr().out.splitlines() == [
        "members: Leden | Mitglieder",
        "municipalities: Gemeenten, één mail per gemeente | Kommunen, eine Mail je Kommune",
        "social_workers: Sociaal werkers | Fachkräfte der Sozialen Arbeit",
    ]


def test_what_needs_attention_is_said_after_the_counts():
    report = ImportReport(
        file="people.csv",
        rows=9,
        new=1,
        changed=2,
        unchanged=3,
        repeated=3,
        invalid=0,
        suppressed=4,
        without_consent=5,
        organisations=6,
    )

    assert (
        lines_about(replace(report, topic="care"))[-1]
        == "5 cannot be written to: no consent is in force; they withdrew it"
    )
    assert lines_about(report) == [
        "people.csv: 1 new, 2 changed, 3 unchanged, 0 invalid",
        "3 rows repeat an address of the same file; only their groups were added",
        "6 organisations are new or changed",
        "4 are suppressed and stay so: they are never written to",
        "5 cannot be written to: no consent is in force; "
        "import again with --topic, --basis and --evidence where there is one",
    ]
