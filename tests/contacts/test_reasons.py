"""Why an address is not written to, where there are several reasons: an import sees all and counts a person once."""

from datetime import date
from pathlib import Path
from typing import Any

from outreach.audience.queries import person
from outreach.model.people import SuppressionReason
from outreach.services import Services
from outreach.steps import importing
from tests.builders_people import write_csv
from tests.builders_subscriptions import contact, suppress, suppressed
from tests.conftest import NOON

OLD, NEW = "old@example.org", "new@example.org"
GRANT: dict[str, Any] = {"topic": "poverty", "basis": "consent", "evidence": "a list", "given_on": date(2026, 11, 1)}


def bring(services: Services, path: Path, *rows: list[str]) -> importing.ImportReport:
    return importing.import_contacts(services, write_csv(path, list(rows)), **GRANT)


def test_a_new_address_does_not_undo_a_wish_that_came_after_a_bounce(services: Services, tmp_path: Path) -> None:
    bring(services, tmp_path / "a.csv", ["id", "email"], ["7", OLD])
    for reason in (SuppressionReason.HARD_BOUNCE, SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT):
        suppress(services.sessions, OLD, reason)

    report = bring(services, tmp_path / "b.csv", ["id", "email"], ["7", NEW])

    assert (report.invalid, contact(services.sessions, NEW)) == (1, None)


def test_a_new_address_may_follow_a_bounce_alone(services: Services, tmp_path: Path) -> None:
    bring(services, tmp_path / "a.csv", ["id", "email"], ["7", OLD])
    suppress(services.sessions, OLD, SuppressionReason.HARD_BOUNCE)

    report = bring(services, tmp_path / "b.csv", ["id", "email"], ["7", NEW])

    assert (report.invalid, contact(services.sessions, OLD)) == (0, None)


def test_whoever_has_two_reasons_is_counted_once(services: Services, tmp_path: Path) -> None:
    suppress(services.sessions, OLD, SuppressionReason.HARD_BOUNCE)

    report = bring(services, tmp_path / "a.csv", ["email", "status"], [OLD, "unsubscribed"], [NEW, "subscribed"])

    assert suppressed(services.sessions) == {OLD: "hard_bounce, unsubscribed"}
    assert report.suppressed == 1


def test_an_explanation_names_what_came_first(services: Services) -> None:
    suppress(services.sessions, OLD, SuppressionReason.UNSUBSCRIBED)
    suppress(services.sessions, OLD, SuppressionReason.COMPLAINT)

    with services.sessions() as session:
        found = person.suppression(session, OLD)

    assert found is not None
    assert (found.reason, found.at) == (SuppressionReason.COMPLAINT, NOON)
