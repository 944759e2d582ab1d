import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from outreach.audience.read import names
from outreach.cli import audience, contacts
from outreach.cli.contacts import mapping_lines
from outreach.contacts.columns import Reading
from outreach.errors import DefinitionError, ImportRefused
from outreach.settings import ROOT
from outreach.steps.import_words import BY_FORM, lines_about
from outreach.steps.importing import ImportReport
from tests.builders_imports import write_xlsx
from tests.builders_people import write_csv
from tests.conftest import KEY

GRANT = ["--topic", "social-work", "--basis", "membership", "--evidence", "list", "--date", "2026-11-01"]


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, with the embedded database."""
    (tmp_path / "home").mkdir()
    shutil.copy(sqlite_template, tmp_path / "home" / "outreach.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OUTREACH_SECRET", KEY)
    monkeypatch.delenv("OUTREACH_DATABASE_URL", raising=False)
    return tmp_path


def run(*words: str | Path) -> int:
    """Run `outreach contacts import …`; return its exit code."""
    with pytest.raises(SystemExit) as left:
        contacts.app(["import", *map(str, words)])
    return int(left.value.code or 0)


def test_people_are_imported_and_counted_from_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]):
    path = write_csv(home / "people.csv", [["email"], ["bo@example.org"], ["[/]@@"]])

    code = run(path, *GRANT, "--group", "member")
    audience.count("members")

    assert code == 3
    assert capsys.readouterr().out.splitlines() == [
        "people.csv: CSV in UTF-8, ; between columns, 2 rows",
        "  column  taken for  known by",
        "  email   email      its heading",
        "",
        "people.csv: 1 new, 0 changed, 0 unchanged, 1 invalid",
        f"rows with errors: {home / 'people.errors.csv'}; correct them there and import that file",
        "that file holds people's data and is yours to delete once you are done with it",
        "the first rows with errors:",
        "  line 3: address '[/]@@' is impossible: The email address contains invalid characters before the @-sign: "
        "'[', ']'.",
        "members: 1 recipients for social-work",
        "  unknown: 1",
    ]


def test_a_group_that_nobody_is_in_is_told_with_those_there_are(home: Path, capsys: pytest.CaptureFixture[str]):
    path = write_csv(home / "people.csv", [["email"], ["bo@example.org"]])
    run(path, "--group", "member; social worker")
    first = capsys.readouterr().out

    codes = [run(path, "--group", "membr", "--dry-run"), run(path, "--group", "press")]

    assert codes == [0, 0]
    assert "the group" not in first
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("the group")] == [
        "the group 'membr' is new, nobody was in it before; did you mean 'member'? "
        "Groups so far: member, social-worker",
        "the group 'press' is new, nobody was in it before; Groups so far: member, social-worker",
    ]


def test_a_dry_run_shows_everything_and_stores_nothing(home: Path, capsys: pytest.CaptureFixture[str]):
    rows = [["Adres", "Naam", "Fax", "Sector"], ["bo@example.org", "Bo Zandstraal", "1", ""], ["x", "", "", ""]]
    path = write_xlsx(home / "people.xlsx", {"Leden": rows, "Oud": rows})

    codes = [run(path, "--sheet", "oud", "--map", "Adres=email", "--map", "Fax=", "--dry-run") for _ in range(2)]

    out = capsys.readouterr().out.splitlines()
    assert codes == [3, 3]
    assert out[: len(out) // 2] == out[len(out) // 2 :]
    assert out[: len(out) // 2] == [
        "people.xlsx: Excel workbook, sheet 'Oud', 2 rows",
        "  column  taken for  known by",
        "  Adres   email      as asked",
        "  Naam    name       its heading",
        "  Fax     left out   as asked",
        "  Sector  left out   nothing in it",
        "",
        "people.xlsx: nothing was stored; it would be 1 new, 0 changed, 0 unchanged, 1 invalid",
        "1 cannot be written to: no consent is in force; where there is one, import the file again and give "
        '--topic TOPIC --basis consent|membership|published --evidence "where it is written down" --date YYYY-MM-DD',
        "the first rows with errors:",
        "  line 3: address 'x' is impossible: An email address must have an @-sign.",
    ]
    assert sorted(each.name for each in home.iterdir()) == ["home", "people.xlsx"]


def test_a_clean_import_leaves_with_0(home: Path):
    assert run(write_csv(home / "people.csv", [["email"], ["bo@example.org"]])) == 0


def test_a_refused_file_raises_what_the_command_line_shows(home: Path):
    with pytest.raises(ImportRefused, match=r"people\.csv: no column with email addresses"):
        contacts.app(["import", str(write_csv(home / "people.csv", [["naam"], ["Bo"]]))])


def test_half_a_consent_is_refused_with_what_is_missing(home: Path):
    path = write_csv(home / "people.csv", [["email"], ["bo@example.org"]])

    with pytest.raises(DefinitionError, match=r"missing: basis, date; with none of them, people are stored"):
        contacts.app(["import", str(path), "--topic", "social-work", "--evidence", "list"])


def test_an_address_that_is_not_public_is_refused_and_leaves_nothing(home: Path):
    with pytest.raises(ImportRefused, match=r"https://127\.0\.0\.1/people\.csv: .* is not public"):
        contacts.app(["import", "https://127.0.0.1/people.csv?key=secret"])

    assert list((home / "home" / "imports").iterdir()) == []


def test_audiences_are_listed_with_their_titles(home: Path, capsys: pytest.CaptureFixture[str]):
    audience.list_audiences()

    listed = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert list(listed) == names(ROOT / "audiences")
    assert listed["members"] == "Leden | Mitglieder"


def test_the_mapping_is_a_table():
    assert mapping_lines(
        [Reading("E-mailadres", "email", "its heading"), Reading("x", 'attribute "x"', "as asked")]
    ) == [
        "  column       taken for      known by",
        "  E-mailadres  email          its heading",
        '  x            attribute "x"  as asked',
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
        erased=7,
        contradicting=8,
        contradictions=("line 2 and 3",),
    )

    assert lines_about(replace(report, topic="care"))[5] == (
        "5 cannot be written to: no consent is in force; they withdrew it"
    )
    assert lines_about(report, remedy=BY_FORM) == [
        "people.csv: 1 new, 2 changed, 3 unchanged, 0 invalid",
        "3 rows repeat an address of the same file; they count as one with it",
        "6 organisations are new or changed",
        "7 asked to be forgotten and are not stored",
        "4 are suppressed and stay so: they are never written to",
        "5 cannot be written to: no consent is in force; where there is one, import the file again and give "
        "topic, basis, evidence and date under Consent",
        "8 rows contradict another row of the same address or organisation, such as:",
        "  line 2 and 3",
    ]
