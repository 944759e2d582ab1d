from datetime import UTC, date, datetime

import pytest

from outreach.contacts.grant import grant_of
from outreach.errors import DefinitionError
from outreach.model.people import Basis, Consent, ConsentAct
from tests.conftest import NOON

DAY = date(2026, 11, 1)


def refusal(topic: str | None, basis: str | None, evidence: str | None) -> str:
    with pytest.raises(DefinitionError) as caught:
        grant_of(topic, basis, evidence, DAY, source="import people.csv", at=NOON)
    return str(caught.value)


def test_a_grant_is_whole_and_dated_by_its_evidence():
    assert grant_of(" care ", "consent", "list", DAY, source="import people.csv", at=NOON) == Consent(
        topic="care",
        act=ConsentAct.GIVEN,
        basis=Basis.CONSENT,
        evidence="list",
        source="import people.csv",
        at=NOON,
        confirmed_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


def test_nothing_said_grants_nothing():
    assert grant_of(None, "", " ", None, source="import people.csv", at=NOON) is None


def test_half_a_grant_is_refused():
    assert refusal("care", None, " ") == (
        "consent needs topic, basis, evidence and date together; missing: basis, evidence; "
        "with none of them, people are stored but not written to"
    )


def test_a_grant_without_its_date_is_refused():
    with pytest.raises(DefinitionError, match=r"together; missing: date; with none of them"):
        grant_of("care", "consent", "list", None, source="import people.csv", at=NOON)


def test_an_unknown_basis_lists_the_known():
    assert refusal("care", "hope", "list") == "basis 'hope' is not known; known: consent, membership, published"


def test_tracking_is_not_granted_to_everybody_at_once():
    assert refusal("tracking", "consent", "list") == (
        "topic tracking: say it per person, in a column named tracking with yes or no"
    )


def test_a_date_in_the_future_is_no_evidence():
    with pytest.raises(DefinitionError, match=r"^date 2026-11-22: lies in the future; write the date of the evidence$"):
        grant_of("care", "consent", "list", date(2026, 11, 22), source="import people.csv", at=NOON)
