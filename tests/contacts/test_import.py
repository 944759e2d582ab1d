import csv
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from outreach.errors import ImportRefused
from outreach.model.people import AddressKind, ConsentAct, SuppressionReason
from outreach.services import Services
from outreach.steps import importing, people
from outreach.steps.importing import ImportReport
from outreach.store.tables import ConsentRow, ContactGroupRow, ContactRow, OrganisationRow
from tests.builders_people import Soul, add, consent, suppress, write_csv
from tests.conftest import FakeClock

GRANT = {"topic": "poverty", "basis": "consent", "evidence": "list of November", "given_on": date(2026, 11, 1)}


def bring(services: Services, folder: Path, *lines: str, **options: str) -> ImportReport:
    path = write_csv(folder / "people.csv", [line.split(";") for line in lines])
    return importing.import_contacts(services, path, **options)


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return report.new, report.changed, report.unchanged, report.repeated, report.invalid


def faults(report: ImportReport) -> list[str]:
    assert report.errors_file is not None
    with report.errors_file.open(encoding="utf-8-sig", newline="") as file:
        return [row["error"] for row in csv.DictReader(file, delimiter=";")]


def contact(services: Services, email: str) -> ContactRow:
    with services.sessions() as session:
        return session.scalars(select(ContactRow).where(ContactRow.email == email)).one()


def ledger(services: Services) -> list[tuple[str, str, str, str, str]]:
    with services.sessions() as session:
        rows = session.scalars(select(ConsentRow).order_by(ConsentRow.id))
        return [(row.topic, row.act, row.basis, row.evidence, row.source) for row in rows]


def test_people_organisations_groups_and_consents_are_stored(services: Services, tmp_path: Path):
    report = bring(
        services,
        tmp_path,
        "id;email;voornaam;achternaam;taal;groep;organisatie;soort;code;regio;land;tracking;sector",
        "7;bo@example.org;Bo;Zandstraal;nl;member;Zilverdrecht;gemeente;GM9001;Rivierenhoek;NL;ja;youth",
        ";info@example.org;;;;;;;GM9001;;;;",
        **GRANT,
    )

    assert report == ImportReport(
        file="people.csv",
        rows=2,
        new=2,
        changed=0,
        unchanged=0,
        repeated=0,
        invalid=0,
        suppressed=0,
        without_consent=0,
        organisations=1,
        topic="poverty",
        errors_file=None,
    )
    bo, info = contact(services, "bo@example.org"), contact(services, "info@example.org")
    assert (bo.external_id, bo.first_name, bo.last_name, bo.language, bo.kind, bo.attributes) == (
        "7", "Bo", "Zandstraal", "nl", "personal", {"sector": "youth"},
    )  # fmt: skip
    assert (info.external_id, info.first_name, info.language, info.kind, info.attributes) == (
        None,
        "",
        None,
        "role",
        {},
    )
    assert bo.organisation_id == info.organisation_id
    with services.sessions() as session:
        organisation = session.scalars(select(OrganisationRow)).one()
        groups = session.execute(select(ContactGroupRow.contact_id, ContactGroupRow.name)).all()
    assert (organisation.name, organisation.kind, organisation.code, organisation.region, organisation.country) == (
        "Zilverdrecht", "municipality", "GM9001", "Rivierenhoek", "NL",
    )  # fmt: skip
    assert [tuple(row) for row in groups] == [(bo.id, "member")]
    assert ledger(services) == [
        ("poverty", "given", "consent", "list of November", "import people.csv"),
        ("poverty", "given", "consent", "list of November", "import people.csv"),
        ("tracking", "given", "consent", "column tracking", "import people.csv"),
    ]


def test_the_same_file_twice_changes_nothing(services: Services, clock: FakeClock, tmp_path: Path):
    lines = (
        "email;groep;organisatie;tracking",
        "bo@example.org;member;Kade;yes",
        "bo@example.org;social-worker;Kade Oost;no",
        "cy@example.org;;;no",
    )
    first = bring(services, tmp_path, *lines, **GRANT)
    clock.forward(days=1)

    second = bring(services, tmp_path, *lines, **GRANT)

    assert counts(first) == (2, 0, 0, 1, 0)
    assert counts(second) == (0, 0, 2, 1, 0)
    assert second.organisations == 0
    assert contact(services, "bo@example.org").updated_at < clock()


def test_a_change_is_stored_and_an_empty_cell_takes_nothing_away(services: Services, clock: FakeClock, tmp_path: Path):
    bring(services, tmp_path, "email;voornaam;taal;sector;land", "bo@example.org;Bo;nl;youth;")
    clock.forward(days=1)

    report = bring(services, tmp_path, "email;voornaam;taal;zaal", "bo@example.org;Bob;;3")

    bo = contact(services, "bo@example.org")
    assert counts(report) == (0, 1, 0, 0, 0)
    assert (bo.first_name, bo.language, bo.attributes) == ("Bob", "nl", {"sector": "youth", "zaal": "3"})
    assert bo.updated_at == clock()


def test_a_kind_given_once_is_not_guessed_away(services: Services, tmp_path: Path):
    bring(services, tmp_path, "email;adressoort", "info@example.org;persoonlijk")

    report = bring(services, tmp_path, "email", "info@example.org")

    assert counts(report) == (0, 0, 1, 0, 0)
    assert contact(services, "info@example.org").kind == AddressKind.PERSONAL


def test_rows_with_errors_are_written_out_corrected_and_imported_again(services: Services, tmp_path: Path):
    report = bring(services, tmp_path, "email;telefoon", "bo@@example.org;+31 6", "cy@example.org;", group="member")
    assert report.errors_file == tmp_path / "people.errors.csv"
    assert report.errors_file.read_text("utf-8-sig") == (
        "line;email;telefoon;error\n"
        "2;bo@@example.org;'+31 6;address 'bo@@example.org' is impossible: "
        "The part after the @-sign contains invalid characters: '@'.\n"
    )

    report.errors_file.write_text(
        report.errors_file.read_text("utf-8-sig").replace("bo@@example.org;", "bo@example.org;")
    )
    again = importing.import_contacts(services, report.errors_file)

    assert (counts(report), counts(again)) == ((1, 0, 0, 0, 1), (1, 0, 0, 0, 0))
    assert contact(services, "bo@example.org").attributes == {"telefoon": "+31 6"}


def test_a_file_that_cannot_be_read_to_its_end_stores_nothing(services: Services, tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_bytes(b"email;naam\n" + b"bo@example.org;Bo\n" * 3 + b'zo@example.org;"Zo\n')

    with pytest.raises(ImportRefused):
        importing.import_contacts(services, path)

    with services.sessions() as session:
        assert session.scalars(select(ContactRow)).all() == []


def test_without_a_grant_people_are_stored_and_said_to_be_without_consent(services: Services, tmp_path: Path):
    lines = ("email;tracking", "bo@example.org;yes", "cy@example.org;")

    first = bring(services, tmp_path, *lines)
    second = bring(services, tmp_path, *lines, **GRANT)

    assert (first.without_consent, first.topic) == (2, None)
    assert (second.without_consent, second.topic) == (0, "poverty")
    assert counts(second) == (0, 2, 0, 0, 0)


def test_an_import_never_overturns_what_a_reader_withdrew(services: Services, tmp_path: Path):
    with services.sessions.begin() as session:
        ids = add(session, Soul("bo@example.org", acts={"poverty": (ConsentAct.GIVEN,)}))
        consent(session, ids["bo@example.org"], "poverty", ConsentAct.WITHDRAWN, source="unsubscribe")

    report = bring(services, tmp_path, "email", "bo@example.org", **GRANT)

    assert counts(report) == (0, 0, 1, 0, 0)
    assert report.without_consent == 1
    assert [row[1] for row in ledger(services)] == ["given", "withdrawn"]


def test_a_suppressed_address_stays_suppressed(services: Services, tmp_path: Path):
    with services.sessions.begin() as session:
        suppress(session, "bo@example.org")

    report = bring(services, tmp_path, "email", "bo@example.org", "cy@example.org", group="member", **GRANT)

    assert (report.new, report.suppressed) == (2, 1)
    counted = people.count_audience(services, "members", topic="poverty")
    assert (counted.total, counted.left_out) == (1, {"suppressed": 1})


def test_tracking_is_given_and_taken_back_by_the_column(services: Services, tmp_path: Path):
    for word in ("yes", "yes", "no", "no", "", "yes"):
        bring(services, tmp_path, "email;tracking", f"bo@example.org;{word}")

    assert [(topic, act) for topic, act, *_ in ledger(services)] == [
        ("tracking", "given"),
        ("tracking", "withdrawn"),
        ("tracking", "given"),
    ]


def test_an_external_id_finds_a_person_whose_address_changed(services: Services, tmp_path: Path):
    bring(services, tmp_path, "id;email", "7;bo@example.org")
    before = contact(services, "bo@example.org").id

    report = bring(services, tmp_path, "id;email", "7;bo@example.net")

    assert counts(report) == (0, 1, 0, 0, 0)
    assert contact(services, "bo@example.net").id == before


def test_a_new_address_follows_a_bounce_but_does_not_undo_an_unsubscription(services: Services, tmp_path: Path):
    bring(services, tmp_path, "id;email", "7;bo@example.org", "8;cy@example.org")
    with services.sessions.begin() as session:
        suppress(session, "bo@example.org", SuppressionReason.HARD_BOUNCE)
        suppress(session, "cy@example.org")

    report = bring(services, tmp_path, "id;email", "7;bo@example.net", "8;cy@example.net")

    assert counts(report) == (0, 1, 0, 0, 1)
    assert faults(report) == ["external id '8' wants no mail (unsubscribed); a new address changes nothing"]


def test_ids_and_addresses_that_contradict_what_is_known_are_rejected(services: Services, tmp_path: Path):
    bring(services, tmp_path, "id;email", "1;bo@example.org", "2;cy@example.org", ";di@example.org")

    report = bring(
        services,
        tmp_path,
        "id;email;groep",
        "3;bo@example.org;a",
        ";bo@example.org;b",
        "2;di@example.org;a",
        "1;ed@example.org;a",
        ";cy@example.org;a",
    )

    assert counts(report) == (0, 1, 0, 0, 4)
    assert faults(report) == [
        "this address belongs to external id '1' already",
        "this address belongs to external id '1' already",
        "external id '2' is known with 'cy@example.org', and this address on its own",
        "external id '1' is known with 'bo@example.org', which another row has; leave one of the two rows",
    ]


def test_an_address_that_one_row_leaves_and_another_has_is_for_people_to_decide(services: Services, tmp_path: Path):
    bring(services, tmp_path, "id;email", "1;bo@example.org", "2;cy@example.org")
    lines = ("id;email", "1;ed@example.org", ";bo@example.org", "2;di@example.org")

    first = bring(services, tmp_path, *lines)
    second = bring(services, tmp_path, *lines)

    assert counts(first) == (0, 1, 0, 0, 2)
    assert faults(first) == [
        "external id '1' is known with 'bo@example.org', which another row has; leave one of the two rows",
        "another row moves external id '1' from this address to another; leave one of the two rows",
    ]
    assert counts(second) == (0, 0, 1, 0, 2)


def test_an_organisation_is_found_by_its_code_else_by_kind_and_name(services: Services, tmp_path: Path):
    report = bring(
        services,
        tmp_path,
        "email;organisatie;soort;code;regio",
        "a@example.org;Otteroord;gemeente;;",
        "b@example.org;Otteroord;gemeente;GM9002;Noorderwaard",
        "c@example.org;Gemeente Otteroord;gemeente;GM9002;",
        "d@example.org;Otteroord;vereniging;;",
        "e@example.org;Otteroord;gemeente;GM9003;",
        "f@example.org;;;GM9004;",
    )

    with services.sessions() as session:
        rows = session.scalars(select(OrganisationRow).order_by(OrganisationRow.id)).all()
    assert [(row.name, row.kind, row.code, row.region) for row in rows] == [
        ("Otteroord", "municipality", "GM9002", "Noorderwaard"),
        ("Otteroord", "municipality", "GM9003", ""),
        ("GM9004", "", "GM9004", ""),
        ("Otteroord", "association", None, ""),
    ]
    assert report.organisations == 4


def test_facts_of_an_organisation_are_brought_up_to_date(services: Services, tmp_path: Path):
    bring(services, tmp_path, "email;organisatie;code;regio", "a@example.org;Otteroord;GM9002;Noord")

    report = bring(services, tmp_path, "email;organisatie;code;regio", "a@example.org;Otteroord;GM9002;Noorderwaard")

    assert (counts(report), report.organisations) == ((0, 0, 1, 0, 0), 1)


def test_progress_is_told_in_rows_half_of_it_for_reading(services: Services, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(importing, "PIECE", 2)
    monkeypatch.setattr(importing, "CHUNK", 2)
    told: list[tuple[int, int]] = []
    path = write_csv(tmp_path / "people.csv", [["email"], ["a@example.org"], ["b@example.org"], ["x"]])

    importing.import_contacts(services, path, progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 3), (1, 3), (2, 3), (3, 3)]


def test_attributes_from_elsewhere_stay(services: Services, tmp_path: Path):
    with services.sessions.begin() as session:
        add(session, Soul("bo@example.org", first_name="Bo"))
        session.execute(update(ContactRow).values(attributes={"form": "yes"}))

    report = bring(services, tmp_path, "email;sector", "bo@example.org;youth")

    assert counts(report) == (0, 1, 0, 0, 0)
    assert contact(services, "bo@example.org").attributes == {"form": "yes", "sector": "youth"}
