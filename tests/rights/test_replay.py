"""The erasure log: a backup that is restored brings nobody back."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from outreach.errors import DefinitionError
from outreach.model.people import Basis, Consent, ConsentAct
from outreach.model.rights import Erasure
from outreach.rights import erasures
from outreach.steps import rights
from outreach.store import consents
from outreach.store.tables import Base, BatchRow, ContactRow, ErasedRow, SignupRow
from tests.builders_engagement import everything
from tests.builders_rights import OTHER, Answer, History, House, house, places_of
from tests.conftest import NOON

KEY = "0123456789abcdef0123456789abcdef"


def restore(services, backup) -> None:
    tables = Base.metadata.sorted_tables
    with services.sessions.begin() as session:
        session.execute(delete(ContactRow))  # its consents go with it, and only with it
        for table in reversed(tables):
            session.execute(delete(table))
        for table in tables:
            if backup[table.name]:
                session.execute(
                    insert(table), [dict(zip(table.c.keys(), row, strict=True)) for row in backup[table.name]]
                )


def test_after_a_restore_a_replay_forgets_again_whom_the_backup_brought_back(services, clock):
    made = house(services)
    made.add("weg@example.org", History())
    made.add("ook@example.org", History(contact=False, answers=(Answer("idea", "x", spelled=True),), signups=()))
    backup = everything(services.sessions)
    clock.forward(days=1)
    rights.forget(services, "weg@example.org", why="asked")
    rights.forget(services, "ook@example.org", why="asked")
    forgotten = everything(services.sessions)
    restore(services, backup)
    log = services.settings.erasures

    replayed = rights.replay(services, log)

    assert (replayed.erasures, len(replayed.forgotten), replayed.returned, replayed.damaged) == (2, 2, (), ())
    assert everything(services.sessions) == forgotten
    assert len(log.read_text().splitlines()) == 2
    again = rights.replay(services, log)
    assert (again.forgotten, everything(services.sessions)) == ((), forgotten)
    assert rights.export(services, OTHER)["contact"]


def test_the_log_never_holds_an_address_and_nobody_else_can_read_it(services):
    rights.forget(services, "Weg@example.org", why="weg@EXAMPLE.org wrote to us")
    log = services.settings.erasures

    assert json.loads(log.read_text()) == {
        "key": rights.key_of(services, "weg@example.org"),
        "at": NOON.isoformat(),
        "why": "[removed] wrote to us",
    }
    assert log.stat().st_mode & 0o777 == 0o600


def test_whoever_came_back_since_stays(services, clock):
    rights.forget(services, "terug@example.org", why="asked")
    clock.forward(hours=1)
    contact_id = house(services).add("terug@example.org", History(mails=(), answers=(), mentioned=False))
    confirm(services, contact_id)
    with services.sessions.begin() as session:
        session.execute(delete(ErasedRow))  # confirming a sign-up lifts it
    before = everything(services.sessions)

    replayed = rights.replay(services, services.settings.erasures)

    assert replayed.returned == (rights.key_of(services, "terug@example.org"),)
    assert everything(services.sessions) == before


def confirm(services, contact_id: int) -> None:
    now = services.clock()
    act = Consent(
        "poverty", ConsentAct.GIVEN, Basis.CONSENT, "ticked", "form", now, requested_at=now, confirmed_at=now
    )  # fmt: skip
    with services.sessions.begin() as session:
        consents.write(session, [(contact_id, act)])


def restored(services, clock, history: History) -> tuple[House, int]:
    """Somebody who was forgotten, and whom a backup brought back a day later."""
    made = house(services)
    contact_id = made.add("weg@example.org", history)
    backup = everything(services.sessions)
    clock.forward(days=1)
    rights.forget(services, "weg@example.org", why="asked")
    restore(services, backup)
    clock.forward(days=1)
    return made, contact_id


def test_an_answer_and_a_signup_never_confirmed_bring_nobody_back(services, clock):
    made, contact_id = restored(services, clock, History(suppressed=None, mentioned=False))
    with services.sessions.begin() as session:
        made.answer(session, "weg@example.org", Answer("golden", "Elders", by_mail=False))
        session.add(SignupRow(contact_id=contact_id, topics=[], language="nl", form_url="", requested_at=clock()))

    replayed = rights.replay(services, services.settings.erasures)

    assert (len(replayed.forgotten), replayed.returned) == (1, ())
    places = places_of(services, "weg@example.org")
    assert [place.partition(":")[0] for place in places] == ["submission"]  # what was answered since
    state = everything(services.sessions)
    assert rights.replay(services, services.settings.erasures).forgotten == ()
    assert everything(services.sessions) == state


def test_of_whoever_came_back_goes_what_is_older(services, clock):
    _, contact_id = restored(services, clock, History(suppressed=None, mentioned=False, leaves=False))
    with services.sessions.begin() as session:
        session.execute(update(BatchRow).values(settled_at=NOON))
    confirm(services, contact_id)

    replayed = rights.replay(services, services.settings.erasures)

    assert replayed.returned == (rights.key_of(services, "weg@example.org"),)
    [old] = replayed.forgotten
    assert (old.contacts, old.deliveries, old.submissions, old.letters) == (0, 1, 1, 2)
    places = {place.partition(":")[0] for place in places_of(services, "weg@example.org")}
    assert places == {"contact", "consent", "signup"}
    with services.sessions() as session:
        assert session.scalars(select(ErasedRow.key)).all() == []


def test_a_replay_finds_whoever_had_another_address_when_the_backup_was_made(services, clock):
    made = house(services)
    contact_id = made.add("oud@example.org", History(mentioned=False, answers=()))
    backup = everything(services.sessions)
    with services.sessions.begin() as session:
        session.get_one(ContactRow, contact_id).email = "nieuw@example.org"
    clock.forward(days=1)
    rights.forget(services, "nieuw@example.org", why="oud@example.org is nieuw@example.org")
    log = services.settings.erasures
    keys = [rights.key_of(services, f"{name}@example.org") for name in ("nieuw", "oud")]
    assert [(each.key, each.why) for each in erasures.read(log)[0]] == [(key, "[removed] is [removed]") for key in keys]
    restore(services, backup)

    replayed = rights.replay(services, log)

    assert [each.contacts for each in replayed.forgotten] == [1]
    assert places_of(services, "oud@example.org") == []
    with services.sessions() as session:
        assert sorted(session.scalars(select(ErasedRow.key))) == sorted(keys)


def test_another_houses_log_is_added_to_ours_line_by_line(services, tmp_path):
    other = tmp_path / "other.jsonl"
    erasures.append(other, Erasure(KEY, NOON, "asked"))

    rights.replay(services, other)
    rights.replay(services, other)

    assert erasures.read(services.settings.erasures) == ([Erasure(KEY, NOON, "asked")], [])
    with services.sessions() as session:
        assert session.scalars(select(ErasedRow.key)).all() == [KEY]


def test_damaged_lines_are_named_and_the_others_count(tmp_path):
    log = tmp_path / "erasures.jsonl"
    good = json.dumps({"key": KEY, "at": NOON.isoformat(), "why": "asked"})
    lines = [
        good, "", "{half", '{"key": "short", "at": "2026-01-01T00:00Z"}', f'{{"key": "{KEY}"}}', "[1]",
        f'{{"key": "{KEY}", "at": "2026-01-01"}}', f'{{"key": "{KEY}", "at": "soon"}}', "caf\udce9", good,
    ]  # fmt: skip
    log.write_text("\n".join(lines), errors="surrogateescape")

    read, damaged = erasures.read(log)

    assert read == [Erasure(KEY, NOON, "asked")] * 2
    assert damaged == [
        (3, "it is not JSON: Expecting property name enclosed in double quotes at character 2"),
        (4, "its key is not 32 hexadecimal digits"),
        (5, "it has no 'at'"),
        (6, "it is no JSON object with the texts key and at"),
        (7, "its time has no time zone"),
        (8, "Invalid isoformat string: 'soon'"),
        (9, "it is not UTF-8"),
    ]


def test_a_line_torn_by_a_crash_damages_no_other(tmp_path):
    log = tmp_path / "erasures.jsonl"
    log.write_text('{"key": "012')

    erasures.append(log, Erasure(KEY, NOON + timedelta(hours=1), "asked"))

    read, damaged = erasures.read(log)
    assert [erasure.key for erasure in read] == [KEY]
    assert [number for number, _ in damaged] == [1]


def test_nobody_is_forgotten_whose_erasure_cannot_be_written_down(services):
    made = house(services)
    made.add("weg@example.org", History())
    services.settings.erasures.mkdir()
    before = everything(services.sessions)

    with pytest.raises(DefinitionError, match=r"erasures\.jsonl cannot be written .*nobody was forgotten"):
        rights.forget(services, "weg@example.org", why="asked")

    assert everything(services.sessions) == before
    assert places_of(services, "weg@example.org")


def test_a_log_that_is_not_there_is_named(services, tmp_path):
    with pytest.raises(DefinitionError, match=r"none\.jsonl cannot be read: No such file or directory"):
        rights.replay(services, tmp_path / "none.jsonl")


def test_a_person_can_be_named_by_key(services):
    made = house(services)
    made.add("weg@example.org", History())
    key = rights.key_of(services, "weg@example.org")

    file, counts = rights.export_to_folder(services, key)

    assert json.loads(file.read_text())["email"] == "weg@example.org"
    assert file.stat().st_mode & 0o777 == 0o600
    assert (counts["contact"], counts["mails"], counts["answers"]) == (1, 1, 1)
    forgotten = rights.forget_by(services, key, why="asked")
    assert (forgotten.contacts, forgotten.exports, file.exists()) == (1, 1, False)
    assert rights.forget_by(services, key, why="asked").contacts == 0
