"""Files and addresses come in as somebody asked: what an address gives is not kept, its faulty rows are."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from outreach.contacts.download import Download
from outreach.dialling.hops import Dialler
from outreach.errors import ApprovalVoid, ImportRefused
from outreach.services import Services
from outreach.steps.import_files import Asked, described, import_file
from outreach.store.tables import ContactRow, SuppressionRow
from tests.builders_imports import FIXTURES, write_xlsx

URL = "https://lists.example.org/export/people.csv?key=secret"


def serving(content: bytes) -> Download:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(content))

    return Download(Dialler(resolve=lambda *_: ["93.184.215.14"], transport=lambda: httpx.MockTransport(answer)))


def stored(services: Services) -> list[str]:
    with services.sessions() as session:
        return list(session.scalars(select(ContactRow.email).order_by(ContactRow.email)))


def test_what_an_address_gives_is_imported_and_only_its_faulty_rows_are_kept(services: Services):
    content = b"email;naam\nbo@example.org;Bo\nwrong;Cy\n"

    outcome = import_file(services, Asked(URL), download=serving(content))

    assert stored(services) == ["bo@example.org"]
    (left,) = (services.settings.home / "imports").iterdir()
    assert outcome.report.errors_file == left
    assert left.name == "people.errors.csv"
    assert Asked(URL).name == "https://lists.example.org/export/people.csv"


def test_a_file_that_is_refused_is_not_kept_either(services: Services):
    with pytest.raises(ImportRefused, match="no column with email addresses"):
        import_file(services, Asked(URL), download=serving(b"naam\nBo\n"))

    assert list((services.settings.home / "imports").iterdir()) == []


def test_a_corrected_row_of_a_workbook_comes_in_with_the_file_of_errors(services: Services, tmp_path: Path):
    path = write_xlsx(
        tmp_path / "people.xlsx", {"Leden": [["E-mail", "Naam"], ["b@@example.org", "Zoë"], ["#N/A", "Cy"]]}
    )
    first = import_file(services, Asked(str(path)))
    assert first.report.errors_file is not None
    errors = first.report.errors_file
    errors.write_text(errors.read_text("utf-8-sig").replace("b@@", "b@"), "utf-8-sig")

    again = import_file(services, Asked(str(errors)))

    assert first.report.faults[1] == (3, "cell A3 holds the error #N/A")
    assert stored(services) == ["b@example.org"]
    assert [line for line, _ in again.report.faults] == [3]
    assert again.report.errors_file == tmp_path / "people.errors-2.csv"


def test_only_what_was_agreed_to_is_imported(services: Services, tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_text("email\nbo@example.org\n")
    asked = Asked(str(path))
    digest = import_file(services, asked, dry_run=True).digest

    with pytest.raises(ApprovalVoid, match=r"people\.csv: the file changed since it was agreed to"):
        import_file(services, Asked(str(path), group="member"), agreed=digest)
    path.write_text("email\ncy@example.org\n")
    with pytest.raises(ApprovalVoid):
        import_file(services, asked, agreed=digest)

    assert stored(services) == []
    path.write_text("email\nbo@example.org\n")
    assert import_file(services, asked, agreed=digest).report.new == 1


@pytest.mark.parametrize(
    ("name", "left"), [("listmonk.csv", ["bo@example.org"]), ("mailchimp-unsubscribed.csv", ["bo@example.org"])]
)
def test_whoever_left_another_system_is_never_written_to_here(
    services: Services, tmp_path: Path, name: str, left: list[str]
):
    path = tmp_path / name
    path.write_bytes((FIXTURES / name).read_bytes())

    outcome = import_file(services, Asked(str(path)))

    with services.sessions() as session:
        assert list(session.scalars(select(SuppressionRow.email))) == left
    assert outcome.report.suppressed == 1


def test_how_a_file_was_read_is_told_in_words(services: Services):
    outcome = import_file(services, Asked(str(FIXTURES / "outlook-de.txt")), dry_run=True)

    assert described(outcome.sheet) == [
        "CSV in windows-1252, tab between columns, 2 rows",
        "not UTF-8 at line 2; read as Windows-1252; if names look wrong, give --encoding",
    ]
    mailchimp = import_file(services, Asked(str(FIXTURES / "mailchimp-unsubscribed.csv")), dry_run=True)
    assert described(mailchimp.sheet)[1] == "this looks like an export of Mailchimp"


def test_a_file_that_is_not_there_is_named(services: Services, tmp_path: Path):
    with pytest.raises(ImportRefused, match=r"none\.csv: cannot be opened: No such file or directory"):
        import_file(services, Asked(str(tmp_path / "none.csv")))
