"""Rows that tell about the same people, people who want out, and others who write at the same time."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from outreach.contacts.queries.merging import MEANWHILE, foresee
from outreach.errors import DefinitionError, StateError
from outreach.model.erasure import address_key
from outreach.model.people import Basis, Consent, ConsentAct, SuppressionReason
from outreach.services import Services
from outreach.steps import importing
from outreach.steps.import_words import lines_about
from outreach.store import consents
from outreach.store.tables import ConsentRow, ContactRow, ErasedRow, OrganisationRow
from tests.builders_merging import GRANT, TOPIC, bring, content, counts, reasons
from tests.builders_people import Soul, add, consent, write_csv
from tests.conftest import NOON


def erase(services: Services, email: str) -> None:
    with services.sessions.begin() as session:
        session.add(ErasedRow(key=address_key(services.settings.erasure_secret(), email), at=NOON))


def once_read(rows: int, act: Callable[[], None]) -> importing.Progress:
    """Return a progress that does something between reading and storing."""
    pending = [act]

    def told(done: int, total: int) -> None:
        if pending and done == rows // 2:
            pending.pop()()

    return told


def on_sqlite(services: Services) -> bool:
    return services.sessions.kw["bind"].dialect.name == "sqlite"


def test_rows_with_one_address_add_up_and_the_fullest_counts(services: Services, tmp_path: Path):
    report = bring(
        services,
        tmp_path,
        "email;voornaam;achternaam;taal;groep;tracking;zaal",
        "bo@example.org;Bo;;;a,b;yes;1",
        "BO@example.org;Bob;Zandstraal;nl;b,c;no;2",
        "bo@example.org;;;;d;;",
        "cy@example.org;Cy;;;;;",
        "cy@example.org;Cy;;;;;",
    )

    said = content(services)
    assert counts(report) == (2, 0, 0, 3, 0)
    assert said["contacts"]["bo@example.org"] == (None, "Bob", "Zandstraal", "nl", "personal", {"zaal": "2"}, None)
    assert {name for email, name in said["groups"]} == {"a", "b", "c", "d"}
    assert said["ledger"] == [[], []]
    assert report.contradicting == 3
    assert report.contradictions == ("lines 2, 3 and 4, bo@example.org: first name, tracking, zaal",)


def test_a_time_zone_is_kept_changed_and_not_taken_away_by_an_empty_cell(services: Services, tmp_path: Path):
    heading = "email;tijdzone;voornaam"
    bring(services, tmp_path, heading, "bo@example.org;Bonaire;", "bo@example.org;;", "cy@example.org;;")

    report = bring(services, tmp_path, heading, "bo@example.org;;", "cy@example.org;Europe/Berlin;", "d@example.org;X;")

    assert counts(report) == (0, 1, 1, 0, 1)
    assert content(services)["time zones"] == {
        "bo@example.org": "America/Kralendijk", "cy@example.org": "Europe/Berlin"
    }  # fmt: skip


def test_one_external_id_on_two_addresses_is_refused_on_both(services: Services, tmp_path: Path):
    report = bring(services, tmp_path, "id;email", "7;bo@example.org", ";cy@example.org", "7;di@example.org")

    assert counts(report) == (1, 0, 0, 0, 2)
    assert (
        reasons(report)
        == ["external id '7' stands on rows with different addresses, from line 2 to line 4; leave it on one address"]
        * 2
    )


def test_an_organisation_told_differently_is_told_by_the_fullest_row(services: Services, tmp_path: Path):
    report = bring(
        services,
        tmp_path,
        "email;organisatie;code;regio;land",
        "a@example.org;Otteroord;GM9002;Zuid;",
        "b@example.org;Otteroord;GM9002;Noord;NL",
        "c@example.org;Otteroord;;Oost;",
    )

    assert list(content(services)["organisations"]) == ["('Otteroord', '', 'GM9002', 'Noord', 'NL')"]
    assert (report.organisations, report.contradicting) == (1, 2)
    assert report.contradictions == ("lines 2 to 3, organisation GM9002: region",)


def test_whoever_asked_to_be_forgotten_is_kept_nowhere(services: Services, tmp_path: Path):
    erase(services, "bo@example.org")

    report = bring(
        services,
        tmp_path,
        "email;taal;organisatie",
        "Bo@example.org;nl;Bureau Bo",
        "bo@example.org;Klingon;",
        "cy@example.org;Klingon;",
        "cy@example.org;nl;",
    )

    assert (counts(report), report.erased) == ((1, 0, 0, 0, 1), 2)
    assert report.errors_file is not None
    assert "bo@" not in report.errors_file.read_text("utf-8-sig").lower()
    assert (list(content(services)["contacts"]), content(services)["organisations"]) == (["cy@example.org"], {})


def test_whoever_is_forgotten_while_the_file_is_imported_stays_forgotten(services: Services, tmp_path: Path):
    asks = once_read(3, lambda: erase(services, "bo@example.org"))

    report = bring(services, tmp_path, "email", "bo@example.org", "bo@example.org", "cy@example.org", progress=asks)

    assert (counts(report), report.erased) == ((1, 0, 0, 0, 0), 2)
    assert list(content(services)["contacts"]) == ["cy@example.org"]


def test_whoever_is_forgotten_meanwhile_is_left_out_of_every_chunk(services: Services, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 1)
    asks = once_read(3, lambda: erase(services, "cy@example.org"))

    lines = ("bo@example.org;", "di@example.org;", "cy@example.org;unsubscribed")
    report = bring(services, tmp_path, "email;status", *lines, progress=asks)

    assert (counts(report), report.erased) == ((2, 0, 0, 0, 0), 1)
    assert (sorted(content(services)["contacts"]), content(services)["suppressed"]) == (
        ["bo@example.org", "di@example.org"],
        set(),
    )


def test_whoever_left_another_list_is_suppressed_and_consents_to_nothing(services: Services, tmp_path: Path):
    report = bring(
        services, tmp_path, "email;status", "bo@example.org;unsubscribed", "cy@example.org;subscribed", **GRANT
    )

    said = content(services)
    assert (report.new, report.suppressed, report.without_consent) == (2, 1, 1)
    assert said["suppressed"] == {("bo@example.org", SuppressionReason.UNSUBSCRIBED)}
    assert {email for email, *_ in said["in force"]} == {"cy@example.org"}


@pytest.mark.parametrize("turned", [False, True])
def test_whoever_left_by_a_row_that_is_refused_has_left(services: Services, tmp_path: Path, turned: bool):
    bring(services, tmp_path, "id;email", "9;di@example.org")
    lines = [
        ";bo@example.org;subscribed;nl",
        ";Bo@example.org;unsubscribed;Klingon",  # wrong in itself
        "7;cy@example.org;unsubscribed;nl",  # one id, two addresses
        "7;ed@example.org;;nl",
        ";cy@example.org;;nl",
        "8;di@example.org;unsubscribed;nl",  # contradicts what is known
    ]

    heading, ordered = "id;email;status;taal", lines[::-1] if turned else lines
    dry = bring(services, tmp_path, heading, *ordered, **GRANT, dry_run=True)
    report = bring(services, tmp_path, heading, *ordered, **GRANT)

    said = content(services)
    assert counts(dry) == counts(report) == (2, 0, 0, 0, 4)
    assert dry.suppressed == report.suppressed == 2
    assert {email for email, _ in said["suppressed"]} == {"bo@example.org", "cy@example.org", "di@example.org"}
    assert said["in force"] == set()


def test_nobody_moves_away_from_an_address_that_left(services: Services, tmp_path: Path):
    bring(services, tmp_path, "id;email", "1;bo@example.org")

    lines = (";bo@example.org;unsubscribed;Klingon", "1;new@example.org;;nl")
    report = bring(services, tmp_path, "id;email;status;taal", *lines, **GRANT)

    assert reasons(report)[1] == "external id '1' wants no mail (unsubscribed); a new address changes nothing"
    assert list(content(services)["contacts"]) == ["bo@example.org"]
    assert content(services)["in force"] == set()


def test_places_that_are_called_otherwise_today_are_told(services: Services, tmp_path: Path):
    lines = ["z@example.org;Kade;;5382060;DE", *(f"{each}@example.org;Kade{each};;;NL" for each in "ab")]
    dry = bring(services, tmp_path, "email;organisatie;soort;gemeente;land", *lines, dry_run=True)
    report = bring(services, tmp_path, "email;organisatie;soort;gemeente;land", *lines)

    told = "line 2: '5382060' was read as 05382060: Excel takes the first 0 of an AGS away"
    assert (dry.reread, dry.readings) == (report.reread, report.readings) == (1, (told,))
    words = ["1 rows name places otherwise than the official register; that counts:", f"  {told}"]
    assert lines_about(report)[-2:] == words


@pytest.mark.parametrize(
    ("acts", "news"),
    [
        ([], True),
        ([(ConsentAct.GIVEN, "form")], False),  # what readers gave is the better evidence
        ([(ConsentAct.WITHDRAWN, "unsubscribe")], False),  # what readers withdrew stays withdrawn
        ([(ConsentAct.GIVEN, "import old.csv")], True),  # in other words
        ([(ConsentAct.WITHDRAWN, "import old.csv")], True),
        ([(ConsentAct.GIVEN, "import old.csv"), (ConsentAct.WITHDRAWN, "unsubscribe")], False),
    ],
)
def test_a_file_acts_on_what_files_said_and_leaves_readers_their_word(
    services: Services, tmp_path: Path, acts: list[tuple[ConsentAct, str]], news: bool
):
    with services.sessions.begin() as session:
        ids = add(session, Soul("bo@example.org", acts={}))
        for act, source in acts:
            consent(session, ids["bo@example.org"], TOPIC, act, source)

    report = bring(services, tmp_path, "email", "bo@example.org", **GRANT)

    assert (report.changed, len(content(services)["ledger"][0])) == (int(news), len(acts) + int(news))


def test_a_later_date_of_the_evidence_is_news_once(services: Services, tmp_path: Path):
    grants = (GRANT, GRANT | {"given_on": NOON.date()}, GRANT | {"given_on": NOON.date()})

    reports = [bring(services, tmp_path, "email", "bo@example.org", **grant) for grant in grants]

    assert [report.changed for report in reports] == [0, 1, 0]


def test_a_topic_that_is_written_down_nowhere_is_refused(services: Services, tmp_path: Path):
    with pytest.raises(
        DefinitionError,
        match=r'^topic "povrety": no such topic; did you mean "poverty"\? There is: poverty, social-work, ',
    ):
        bring(services, tmp_path, "email", "bo@example.org", **GRANT | {"topic": "povrety"})


def test_an_import_that_was_broken_off_is_run_again(services: Services, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    path = write_csv(tmp_path / "people.csv", [["email"], *([f"{each}@example.org"] for each in "abcde")])

    def stop(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing.import_contacts(services, path, **GRANT, progress=stop)
    broken = sorted(content(services)["contacts"])
    report = importing.import_contacts(services, path, **GRANT)

    assert broken == ["a@example.org", "b@example.org"]
    assert counts(report) == (3, 0, 2, 0, 0)


def test_somebody_whom_others_changed_meanwhile_is_left_for_the_next_time(
    services: Services, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(importing, "CHUNK", 2)
    pending = ["9"]

    def others(done: int, total: int) -> None:
        if done > total // 2 and pending:
            with services.sessions.begin() as session:
                add(session, Soul("bo@example.org", acts={}), Soul("cy@example.org", first_name="Cy", acts={}))
                taken = update(ContactRow).where(ContactRow.email == "bo@example.org")
                session.execute(taken.values(external_id=pending.pop()))

    lines = ("1;a@example.org;", "2;b@example.org;", "7;bo@example.org;Bob", "8;cy@example.org;")
    report = bring(services, tmp_path, "id;email;voornaam", *lines, progress=others)

    assert (counts(report), reasons(report)) == ((2, 1, 0, 0, 1), [MEANWHILE])
    assert content(services)["contacts"]["cy@example.org"][:2] == ("8", "Cy")


def test_a_dry_run_gives_up_where_somebody_else_writes(services: Services, tmp_path: Path):
    if on_sqlite(services):
        return  # there it waits for its turn
    bring(services, tmp_path, "email;organisatie;regio", "bo@example.org;Otteroord;Noord")
    with services.sessions.begin() as session:
        session.execute(select(OrganisationRow.id).with_for_update()).all()
        with pytest.raises(StateError, match=r"start the dry run again$"):
            bring(services, tmp_path, "email;organisatie;regio", "bo@example.org;Otteroord;Zuid", dry_run=True)


def test_nobody_waits_for_a_dry_run(services: Services, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 1)
    bring(services, tmp_path, "email;voornaam", "bo@example.org;Bo", "cy@example.org;Cy", **GRANT)
    left: list[str] = []

    def foresee_and_be_left(session: Session, *rest: Any) -> None:
        foresee(session, *rest)
        with services.sessions() as reader:  # while the dry run has its transaction open
            impatient = "PRAGMA busy_timeout = 0" if on_sqlite(services) else "SET lock_timeout = '1ms'"
            reader.execute(text(impatient))
            for person in reader.scalars(select(ContactRow).with_for_update()):
                withdrawn = Consent(TOPIC, ConsentAct.WITHDRAWN, Basis.CONSENT, "unsubscribe", "unsubscribe", NOON)
                consents.write(reader, [(person.id, withdrawn)])
                left.append(person.email)
            reader.rollback()

    monkeypatch.setattr(importing, "foresee", foresee_and_be_left)
    lines = ("bo@example.org;Bob;Kade", "cy@example.org;Cyd;Kade")
    dry = bring(services, tmp_path, "email;voornaam;organisatie", *lines, dry_run=True)

    assert (dry.changed, dry.organisations, left) == (2, 1, ["bo@example.org", "cy@example.org"] * 2)


def test_imports_take_turns_and_wait_for_nobody_crosswise(services: Services, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 20)
    people = [[f"p{number}@example.org", f"Bo {number}"] for number in range(100)]
    files = [tmp_path / "first.csv", tmp_path / "second.csv"]
    write_csv(files[0], [["email", "voornaam"], *people])
    write_csv(files[1], [["email", "achternaam"], *reversed(people)])
    importing.import_contacts(services, files[0], **GRANT)
    failures: list[Exception] = []

    def carry_out(work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as failure:
            failures.append(failure)

    def withdraw() -> None:
        said = Consent(TOPIC, ConsentAct.WITHDRAWN, Basis.CONSENT, "unsubscribe", "unsubscribe", NOON)
        for start in range(90, -1, -10):
            with services.sessions.begin() as session:
                emails = [f"p{number}@example.org" for number in range(start + 9, start - 1, -1)]
                ids = session.scalars(select(ContactRow.id).where(ContactRow.email.in_(emails))).all()
                for contact_id in reversed(ids):
                    consents.write(session, [(contact_id, said)])

    again = [lambda file=file: importing.import_contacts(services, file, **GRANT) for file in files]
    threads = [Thread(target=carry_out, args=(work,)) for work in (*again, withdraw)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    said = content(services)
    assert (failures, len(said["contacts"]), said["in force"]) == ([], 100, set())
    assert said["contacts"]["p7@example.org"][1:3] == ("Bo 7", "Bo 7")


def test_nothing_of_an_import_stays_on_its_connection(services: Services, tmp_path: Path):
    for _ in range(3):
        bring(services, tmp_path, "email", "bo@example.org")

    with services.sessions() as session, pytest.raises(Exception, match="incoming"):
        session.execute(text("SELECT * FROM incoming"))


def test_the_ledger_keeps_the_date_of_the_evidence(services: Services, tmp_path: Path):
    bring(services, tmp_path, "email", "bo@example.org", **GRANT)

    with services.sessions() as session:
        act = session.scalars(select(ConsentRow)).one()
    assert (act.text, act.version, act.confirmed_at.date(), act.at) == ("", "", GRANT["given_on"], NOON)
