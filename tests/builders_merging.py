"""Imports for tests: files as lists of lines, and the database told in content rather than in numbers."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from outreach.services import Services
from outreach.steps import importing
from outreach.steps.importing import ImportReport
from outreach.store.tables import (
    ConsentRow,
    ContactGroupRow,
    ContactRow,
    ErasedRow,
    OrganisationRow,
    SubscriptionRow,
    SuppressionRow,
)
from tests.builders_people import write_csv

TOPIC = "poverty"
GRANT = {"topic": TOPIC, "basis": "consent", "evidence": "list of November", "given_on": date(2026, 11, 1)}
TABLES = (OrganisationRow, ContactRow, ContactGroupRow, ConsentRow, SubscriptionRow, SuppressionRow)


def bring(services: Services, folder: Path, *lines: str, **options: Any) -> ImportReport:
    """Import lines with `;` between their cells."""
    return bring_rows(services, folder, [line.split(";") for line in lines], **options)


def bring_rows(services: Services, folder: Path, rows: Sequence[Sequence[str]], **options: Any) -> ImportReport:
    return importing.import_contacts(services, write_csv(folder / "people.csv", rows), **options)


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return report.new, report.changed, report.unchanged, report.repeated, report.invalid


def reasons(report: ImportReport) -> list[str]:
    return [reason for _, reason in report.faults]


def clear(services: Services) -> None:
    with services.sessions.begin() as session:
        for table in (ContactRow, OrganisationRow, SuppressionRow, ErasedRow):
            session.execute(delete(table))


def rows_of_tables(services: Services) -> list[Any]:
    """Every row of every table, with its number."""
    with services.sessions() as session:
        return [
            [repr(row) for row in session.execute(select(table.__table__).order_by(*table.__table__.primary_key))]
            for table in TABLES
        ]


def content(services: Services) -> dict[str, Any]:
    """What the database says, whatever the numbers."""
    with services.sessions() as session:
        contacts = session.scalars(select(ContactRow)).all()
        emails = {row.id: row.email for row in contacts}
        bodies = {
            row.id: _facts(row, "name kind code region country") for row in session.scalars(select(OrganisationRow))
        }
        groups = session.scalars(select(ContactGroupRow)).all()
        acts = session.scalars(select(ConsentRow).order_by(ConsentRow.id)).all()
        in_force = session.scalars(select(SubscriptionRow)).all()
        return {
            "contacts": {row.email: _contact(row, bodies) for row in contacts},
            "time zones": {row.email: row.time_zone for row in contacts if row.time_zone},
            "organisations": Counter(map(str, bodies.values())),
            "groups": {(emails[row.contact_id], row.name) for row in groups},
            "ledger": [
                [
                    _facts(row, "topic act basis evidence source confirmed_at")
                    for row in acts
                    if emails[row.contact_id] == each
                ]
                for each in sorted(emails.values())
            ],
            "in force": {(emails[row.contact_id], row.topic, row.basis, row.since) for row in in_force},
            "suppressed": {(row.email, row.reason) for row in session.scalars(select(SuppressionRow))},
        }


def _contact(row: ContactRow, bodies: dict[int, Any]) -> Any:
    body = bodies[row.organisation_id] if row.organisation_id else None
    return (*_facts(row, "external_id first_name last_name language kind attributes"), body)


def _facts(row: Any, names: str) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names.split())
