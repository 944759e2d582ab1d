"""Importing from the run form: asked first, with everything that would change, and keyed by what is in the file."""

from pathlib import Path

import pytest
from prefect import get_client
from pydantic import BaseModel, ValidationError
from sqlalchemy import func, select

from flows.import_contacts import ConsentForm, FileForm, ImportForm, import_contacts
from outreach.services import Services
from outreach.store.tables import ContactRow
from tests.builders_people import write_csv
from tests.flows.runs import Run

GIVEN = ConsentForm(topic="social-work", basis="membership", evidence="list", given_on="2026-11-01")
UNASKED = ImportForm(ask_first=False, group="member")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write_csv(
        tmp_path / "people.csv", [["email", "Naam"], ["bo@example.org", "Bo"], ["jan.smit@@example.org", "|"]]
    )


def stored(services: Services) -> int:
    with services.sessions() as session:
        return session.scalar(select(func.count()).select_from(ContactRow)) or 0


def artifact(key: str) -> str:
    with get_client(sync_client=True) as client:
        return next(str(each.data) for each in client.read_artifacts() if each.key == key)


def started(**forms: BaseModel) -> Run:
    return Run(import_contacts, **forms)


def test_a_file_comes_in_unasked_and_its_report_masks_people(installed: str, services: Services, people: Path):
    outcome = import_contacts(FileForm(place=str(people)), GIVEN, UNASKED)

    assert outcome == {"new": 1, "changed": 0, "unchanged": 0, "invalid": 1, "without_consent": 0}
    report = artifact("outreach-import-people-csv")
    assert "| 3 | address 'j…@@example&#46;org' is impossible" in report.replace("@\u2060", "@")
    assert "jan" not in report
    assert people.with_name("people.errors.csv").exists()


def test_nothing_is_stored_before_somebody_says_so(installed: str, services: Services, people: Path):
    run = started(file=FileForm(place=str(people)), consent=GIVEN, people=ImportForm())

    paused = run.go()
    before = stored(services)
    question = run.question()
    run.answer(decision="import")
    done = run.go()

    assert (paused, before, done, stored(services)) == ("Suspended", 0, "Completed", 1)
    assert "Import people&#46;csv?" in question
    assert "| Naam | name | its heading |" in question
    assert "it would be 1 new, 0 changed" in question


def test_whoever_leaves_it_stores_nothing(installed: str, services: Services, people: Path):
    run = started(file=FileForm(place=str(people)), people=ImportForm())

    run.go()
    run.answer(decision="leave it")

    assert (run.go(), stored(services)) == ("Completed", 0)


def test_a_file_that_changed_since_is_asked_about_anew(installed: str, services: Services, people: Path):
    run = started(file=FileForm(place=str(people)), people=ImportForm())

    run.go()
    run.answer(decision="import")
    write_csv(people, [["email"], ["cy@example.org"], ["dee@example.org"]])

    assert (run.go(), stored(services)) == ("Suspended", 0)
    assert "it would be 2 new" in run.question()


@pytest.mark.parametrize(
    ("columns", "reason"),
    [("Naam=surename", "'surename' is not known; known: email, name"), ("Naam", "write HEADING=MEANING")],
)
def test_a_form_that_cannot_work_says_why(installed: str, services: Services, people: Path, columns: str, reason: str):
    with pytest.raises(Exception, match=reason):
        import_contacts(FileForm(place=str(people), columns=columns), GIVEN, UNASKED)

    assert stored(services) == 0


def test_a_day_that_is_none_is_refused():
    with pytest.raises(ValidationError):
        ConsentForm(given_on="1 november")
