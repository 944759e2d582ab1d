import csv
from pathlib import Path

from outreach.demo.people import write_people
from outreach.services import Services
from outreach.steps import importing, people
from tests.conftest import NOON


def addresses(path: Path, delimiter: str, column: str) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row[column] for row in csv.DictReader(file, delimiter=delimiter)]


def test_the_same_seed_invents_the_same_people(tmp_path: Path):
    first, second, other = (write_people(tmp_path / name, 100, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))

    assert [path.name for path in first] == ["members.csv", "municipalities.csv", "social_workers.csv"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert [path.read_bytes() for path in first] != [path.read_bytes() for path in other]


def test_a_few_invented_mailboxes_are_gone_or_full_and_a_few_people_stand_in_two_files(tmp_path: Path):
    members, _, workers = write_people(tmp_path, 2000, 1)
    listed = addresses(members, ";", "E-mailadres") + addresses(workers, "\t", "E-Mail-Adresse")

    assert 20 < sum(email.startswith("bounce.") for email in listed) < 80
    assert 10 < sum(email.startswith("full.") for email in listed) < 60
    assert (
        len(set(listed) & set(addresses(members, ";", "E-mailadres")) & set(addresses(workers, "\t", "E-Mail-Adresse")))
        > 20
    )
    assert {email.rpartition(".example.")[2] for email in listed if email.count("@") == 1} == {"org", "net", "com"}


def test_invented_people_come_in_with_their_mistakes_shown_and_fill_the_audiences(services: Services, tmp_path: Path):
    grant = {"topic": "social-work", "basis": "consent", "evidence": "invented", "given_on": NOON.date()}

    reports = [importing.import_contacts(services, path, **grant) for path in write_people(tmp_path, 400, 1)]

    assert [(each.rows, each.new, each.changed, each.invalid) for each in reports] == [
        (164, 160, 0, 4),
        (61, 60, 0, 1),
        (188, 180, 6, 2),
    ]
    totals = {name: people.count_audience(services, name).total for name in people.audience_names(services)}
    shown = ("members", "municipalities", "social_workers", "companies", "municipalities_mining_area")
    assert {name: totals[name] for name in shown} == {
        "members": 160, "municipalities": 42, "social_workers": 186, "companies": 7, "municipalities_mining_area": 14,
    }  # fmt: skip
