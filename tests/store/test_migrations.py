from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, Table, select, text

from outreach.delivery.queries import freeze, plan
from outreach.model.people import Basis, SuppressionReason
from outreach.store import migrate, open_engine, open_sessions
from outreach.store.suppressions import suppress
from outreach.store.tables import Base, ContactRow, SuppressionRow
from tests.builders_delivery import everyone, message
from tests.builders_subscriptions import derived, in_force
from tests.postgres import Cluster

JANUARY, MARCH, MAY = (datetime(2026, month, 3, 8, 30, tzinfo=UTC) for month in (1, 3, 5))
VARIANTS = {("nl", "personal"): "nl"}


def person(number: int) -> dict[str, Any]:
    return {
        "id": number, "email": f"person{number}@example.org", "first_name": f"Zoë {number}", "last_name": "Kade",
        "language": "nl", "kind": "personal", "organisation_id": 1 if number == 1 else None,
        "attributes": {"sector": "youth"}, "created_at": JANUARY, "updated_at": JANUARY,
    }  # fmt: skip


def act(number: int, contact: int, what: str, at: datetime, topic: str = "social-work") -> dict[str, Any]:
    return {
        "id": number, "contact_id": contact, "topic": topic, "act": what, "evidence": "the list of 2025",
        "basis": "membership" if what == "given" else "consent", "source": "import", "language": "nl", "at": at,
    }  # fmt: skip


def delivery(number: int, contact: int, **more: object) -> dict[str, Any]:
    return {
        "id": number, "wave_id": 1, "contact_id": contact, "batch_id": 1, "audience": "members", "variant": "nl",
        "email": f"person{contact}@example.org", "first_name": f"Zoë {contact}", "organisation": "", "tracked": True,
    } | more  # fmt: skip


FILLED: dict[str, list[dict[str, Any]]] = {
    "organisation": [{"id": 1, "name": "Zilverdrecht", "kind": "municipality", "region": "Drecht", "country": "NL"}],
    "contact": [person(number) for number in (1, 2, 3, 4)],
    "contact_group": [{"contact_id": 1, "name": "member"}, {"contact_id": 2, "name": "member"}],
    "consent": [
        act(1, 1, "given", JANUARY),
        act(2, 1, "given", MARCH, topic="tracking"),
        act(3, 2, "given", JANUARY),
        act(4, 3, "given", JANUARY),
        act(5, 2, "withdrawn", MARCH),
        act(6, 3, "withdrawn", MARCH),
        act(7, 3, "given", MAY),
    ],
    "suppression": [{"email": "person4@example.org", "reason": "by_hand", "detail": "asked us", "at": MARCH}],
    "campaign": [
        {"id": 1, "slug": "workers", "title": {"nl": "Werk"}, "summary": {}, "topic": "social-work",
         "languages": ["nl"], "created_at": JANUARY}
    ],
    "wave": [
        {"id": 1, "campaign_id": 1, "name": "start", "title": {}, "audiences": ["members"], "state": "sent", "out": {},
         "created_at": JANUARY, "started_at": MARCH},
        {"id": 2, "campaign_id": 1, "name": "reminder", "title": {}, "audiences": ["members"], "state": "draft",
         "out": {}, "created_at": MAY},
    ],
    "message": [
        {"id": 1, "wave_id": 1, "variant": "nl", "languages": ["nl"], "sender_email": "a@example.org",
         "sender_name": "", "reply_to": "", "subject": "Dag", "html": "<p>", "text": "", "headers": {},
         "salutations": {}, "digest": "d"}
    ],
    "link": [{"message_id": 1, "position": 0, "url": "https://example.org/", "label": "lees"}],
    "batch": [{"id": 1, "wave_id": 1, "message_id": 1, "number": 1, "size": 2, "state": "accepted", "detail": ""}],
    "attempt": [
        {"id": 1, "batch_id": 1, "number": 1, "provider": "outbox", "key": "k", "body_digest": "b",
         "started_at": MARCH, "detail": "", "receipts": ["r1", "r2"]}
    ],
    "delivery": [delivery(1, 1, status="delivered", opened_at=MARCH), delivery(2, 2, unsubscribed_at=MAY)],
    "counter": [{"wave_id": 1, "audience": "members", "variant": "nl", "figure": "recipients", "value": 2}],
    "engagement": [
        {"id": 1, "wave_id": 1, "delivery_id": 1, "act": "open", "label": "human", "reason": "", "at": MARCH}
    ],
    "call": [{"id": 1, "campaign_id": 1, "slug": "nominate", "definition": {"fields": []}}],
    "submission": [
        {"id": 1, "call_id": 1, "delivery_id": 1, "contact_id": 1, "language": "nl", "answers": {"who": "Bo"},
         "form_token": "t", "at": MAY}
    ],
}  # fmt: skip
"""A database of the first version, as its users left it."""


@pytest.fixture(params=["sqlite", "postgresql"])
def first_version(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A filled database of version 0001."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'first.db'}"
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.url("first")
        everything = open_engine(cluster.url("outreach")).execution_options(isolation_level="AUTOCOMMIT")
        with everything.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS first"))
            connection.execute(text("CREATE DATABASE first"))
        everything.dispose()
    engine = open_engine(url)
    migrate.upgrade(engine, "0001")
    fill(engine)
    yield engine
    engine.dispose()


def tables_of(engine: Engine) -> dict[str, Table]:
    reflected = MetaData()
    reflected.reflect(engine)
    return {table.name: table for table in reflected.sorted_tables}


def fill(engine: Engine) -> None:
    tables = tables_of(engine)
    with engine.begin() as connection:
        for name, rows in FILLED.items():
            for row in rows:
                connection.execute(tables[name].insert(), row)
            if engine.dialect.name == "postgresql" and "id" in rows[0]:
                connection.execute(text(f"SELECT setval('{name}_id_seq', max(id)) FROM {name}"))


def contents(engine: Engine, tables: dict[str, Table]) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in *tables*, in the columns that they had."""
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for name, table in tables.items()
            if name in FILLED
        }


def test_migrations_make_exactly_the_tables_that_the_code_knows(engine: Engine):
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert differences == []


def test_upgrading_a_current_database_changes_nothing(engine: Engine):
    migrate.upgrade(engine)

    assert migrate.is_current(engine)


def test_everything_in_a_database_of_the_first_version_outlives_the_upgrade(first_version: Engine):
    tables = tables_of(first_version)
    before = contents(first_version, tables)

    migrate.upgrade(first_version)

    assert contents(first_version, tables) == before
    with first_version.connect() as connection:
        assert connection.scalars(select(Base.metadata.tables["attempt"].c.account)).all() == [""]
    assert {name: len(rows) for name, rows in before.items()} == {name: len(rows) for name, rows in FILLED.items()}


def test_an_upgraded_database_has_exactly_the_tables_that_the_code_knows(first_version: Engine):
    migrate.upgrade(first_version)

    with first_version.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_after_the_upgrade_is_in_force_what_the_ledger_says(first_version: Engine):
    migrate.upgrade(first_version)

    sessions = open_sessions(first_version)
    assert (
        in_force(sessions)
        == derived(sessions)
        == {
            (1, "social-work"): Basis.MEMBERSHIP,
            (1, "tracking"): Basis.MEMBERSHIP,
            (3, "social-work"): Basis.MEMBERSHIP,
        }
    )
    with first_version.connect() as connection:
        since = connection.execute(
            select(Base.metadata.tables["subscription"].c.since).order_by(text("contact_id, topic"))
        )
        assert since.scalars().all() == [JANUARY, MARCH, MAY]


def test_an_upgraded_database_keeps_every_reason_why_an_address_is_not_written_to(first_version: Engine):
    migrate.upgrade(first_version)

    with open_sessions(first_version).begin() as session:
        suppress(session, "person4@example.org", SuppressionReason.COMPLAINT, "spam", MAY)
        suppress(session, "person4@example.org", SuppressionReason.BY_HAND, "again", MAY)
        kept = select(SuppressionRow.reason, SuppressionRow.detail).order_by(SuppressionRow.reason)
        assert session.execute(kept).tuples().all() == [("by_hand", "asked us"), ("complaint", "spam")]


def test_an_upgraded_database_goes_on_with_its_waves(first_version: Engine):
    migrate.upgrade(first_version)

    with open_sessions(first_version).begin() as session:
        plan.freeze_messages(session, 2, [message()])
        freeze.gather(session, {"members": everyone().where(ContactRow.id < 3)}, VARIANTS)
        freeze.freeze(session, 2, 500)
        assert plan.recipients(session, 2) == {("members", "nl"): 2}
