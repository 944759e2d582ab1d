"""The export: everything held about a person, and nothing of anybody else."""

import json

from outreach.model.wave import Kind
from outreach.rights.holdings import HELD, LEFT_OUT, NOBODY
from outreach.steps import rights
from outreach.store.tables import Base
from tests.builders_rights import OTHER, Answer, History, house

NOON = "2026-11-20T12:00:00+00:00"


def test_every_column_of_every_table_is_given_out_or_has_a_reason_not_to_be():
    known = {f"{table}.{column}" for table, columns in HELD.items() for column in columns} | LEFT_OUT.keys()
    columns = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}

    assert {name for name in columns if name.partition(".")[0] not in NOBODY} == known
    assert NOBODY.keys() | HELD.keys() == Base.metadata.tables.keys()
    assert not NOBODY.keys() & HELD.keys()


def test_the_export_of_somebody_with_a_history(services):
    made = house(services)
    made.add("weg@example.org", History(answers=(Answer("golden", "Voorbeeldstad", spelled=True),)))

    document = rights.export(services, " Weg@EXAMPLE.org ")

    assert json.loads(json.dumps(document)) == document
    assert (document["format"], document["email"]) == ("outreach-person-1", "weg@example.org")
    assert document["exported_at"] == NOON
    assert document["contact"]["external_id"] == "crm weg@example.org"
    assert document["contact"]["attributes"] == {"sector": "youth"}
    assert document["contact"]["created_at"] == NOON
    assert document["organisation"]["code"] == "GM9901"
    assert document["groups"] == ["member", "voices"]
    assert [act["act"] for act in document["consents"]] == ["given", "withdrawn", "given", "withdrawn"]
    assert document["subscriptions"] == []
    assert [signup["confirmed_at"] for signup in document["signups"]] == [NOON, None]
    assert [letter["kind"] for letter in document["letters_asked_for"]] == ["confirm", "confirm"]
    assert [row["reason"] for row in document["suppressions"]] == ["unsubscribed"]
    assert [answer["answers"]["email"] for answer in document["answers"]] == ["Weg@Example.Org"]
    assert document["forgotten"] is None


def test_a_mail_comes_with_what_became_of_it(services):
    made = house(services)
    made.add("weg@example.org", History(reports=(Kind.DELIVERED,)))

    (mail,) = rights.export(services, "weg@example.org")["mails"]

    told = {name: mail[name] for name in ("campaign", "wave", "subject", "status", "sent_at", "opened_at")}
    assert told == {
        "campaign": "golden", "wave": "call", "subject": "Oproep", "status": "delivered", "sent_at": NOON,
        "opened_at": NOON,
    }  # fmt: skip
    assert [(hit["act"], hit["url"], hit["network"]) for hit in mail["opens_and_clicks"]] == [
        ("open", None, "192.0.2.0/24"),
        ("click", "https://www.example.org/nieuws?x=1", "192.0.2.0/24"),
    ]
    assert [report["kind"] for report in mail["reports"]] == ["delivered"]


def test_what_is_given_out_is_of_that_person_alone(services):
    made = house(services)
    made.add("weg@example.org", History(mentioned=False))

    assert OTHER not in json.dumps(rights.export(services, "weg@example.org"))
    assert "weg@example.org" not in json.dumps(rights.export(services, OTHER))


def test_an_answer_by_somebody_elses_mail_is_given_out_to_its_own_address(services):
    made = house(services)
    made.add("weg@example.org", History(answers=()))
    delivery = rights.export(services, "weg@example.org")["mails"][0]["id"]
    with services.sessions.begin() as session:
        made.answer(session, "collega@example.org", Answer("idea", "x"), delivery)

    theirs, colleagues = (rights.export(services, f"{name}@example.org") for name in ("weg", "collega"))

    assert (theirs["answers"], theirs["answers_under_another_address"]) == ([], 1)
    assert [answer["email"] for answer in colleagues["answers"]] == ["collega@example.org"]
    rights.forget(services, "weg@example.org", why="asked")
    assert rights.export(services, "collega@example.org")["answers"][0]["delivery_id"] is None


def test_of_a_stranger_nothing_is_held_and_the_keys_are_the_same(services):
    made = house(services)
    made.add("weg@example.org", History())

    stranger = rights.export(services, "niemand@example.org")

    assert stranger.keys() == rights.export(services, "weg@example.org").keys()
    assert not any(value for name, value in stranger.items() if name not in ("format", "email", "exported_at"))


def test_of_somebody_forgotten_it_is_known_when(services):
    rights.forget(services, "weg@example.org", why="asked")

    assert rights.export(services, "weg@example.org")["forgotten"] == {"at": NOON}
