from dataclasses import replace

import pytest

from outreach.contacts.grant import acts_on, grant_of, tracking_consent
from outreach.errors import DefinitionError
from outreach.model.people import Basis, Consent, ConsentAct
from tests.conftest import NOON

IMPORTED = Consent("care", ConsentAct.GIVEN, Basis.CONSENT, "list", "import people.csv", NOON)
BY_READER = replace(IMPORTED, evidence="form", source="form")
WITHDRAWN = ConsentAct.WITHDRAWN


def refusal(topic: str | None, basis: str | None, evidence: str | None) -> str:
    with pytest.raises(DefinitionError) as caught:
        grant_of(topic, basis, evidence, source="import people.csv", at=NOON)
    return str(caught.value)


def test_a_grant_is_whole():
    assert grant_of(" care ", "consent", "list", source="import people.csv", at=NOON) == IMPORTED


def test_nothing_said_grants_nothing():
    assert grant_of(None, "", " ", source="import people.csv", at=NOON) is None


def test_half_a_grant_is_refused():
    assert refusal("care", None, " ") == (
        "consent needs --topic, --basis and --evidence together; missing: --basis, --evidence; "
        "with none of them, people are stored but not written to"
    )


def test_an_unknown_basis_lists_the_known():
    assert refusal("care", "hope", "list") == "--basis 'hope' is not known; known: consent, membership, published"


def test_tracking_is_not_granted_to_everybody_at_once():
    assert refusal("tracking", "consent", "list") == (
        "--topic tracking: say it per person, in a column named tracking with yes or no"
    )


@pytest.mark.parametrize(
    ("said", "newest", "news"),
    [
        (IMPORTED, None, True),
        (IMPORTED, IMPORTED, False),
        (replace(IMPORTED, evidence="newer list"), IMPORTED, True),
        (replace(IMPORTED, basis=Basis.MEMBERSHIP), IMPORTED, True),
        (IMPORTED, BY_READER, False),  # what readers gave is the better evidence
        (IMPORTED, replace(BY_READER, act=WITHDRAWN), False),  # what readers withdrew stays withdrawn
        (IMPORTED, replace(IMPORTED, act=WITHDRAWN), True),
        (tracking_consent(allowed=False, source="import people.csv", at=NOON), None, False),
        (tracking_consent(allowed=False, source="import people.csv", at=NOON), BY_READER, True),
        (replace(IMPORTED, act=WITHDRAWN), replace(IMPORTED, act=WITHDRAWN), False),
    ],
)
def test_a_file_acts_on_what_files_said_and_leaves_readers_their_word(
    said: Consent, newest: Consent | None, *, news: bool
):
    assert acts_on(said, newest) is news
