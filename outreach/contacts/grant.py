"""What an import says about the consent of the people in it."""

from datetime import UTC, date, datetime, time, timedelta

from outreach.errors import DefinitionError
from outreach.model.people import TRACKING, Basis, Consent, ConsentAct

IMPORT = "import "
"""How the source of a consent begins that came with a file; what readers say themselves has other sources."""

AHEAD = timedelta(hours=14)
"""Somewhere on earth it is tomorrow already: a date is not refused for that."""


def source_of(file_name: str) -> str:
    """Return what the ledger of consent calls a file."""
    return f"{IMPORT}{file_name}"


def grant_of(
    topic: str | None,
    basis: str | None,
    evidence: str | None,
    given_on: date | None,
    *,
    source: str,
    at: datetime,
) -> Consent | None:
    """Return the consent that an import gives its people, None where nothing is said; half of it is refused.

    *given_on* is the date of the evidence. What the people were shown an import cannot know: the text stays empty.
    """
    said = {"topic": topic, "basis": basis, "evidence": evidence}
    given = {option: value.strip() for option, value in said.items() if value and value.strip()}
    missing = [option for option in said if option not in given] + ([] if given_on else ["date"])
    if not given and given_on is None:
        return None
    if missing or given_on is None:
        raise DefinitionError(
            f"consent needs topic, basis, evidence and date together; missing: {', '.join(missing)}; "
            "with none of them, people are stored but not written to"
        )
    if given["topic"] == TRACKING:
        raise DefinitionError(f"topic {TRACKING}: say it per person, in a column named {TRACKING} with yes or no")
    if given_on > (at + AHEAD).date():
        raise DefinitionError(f"date {given_on}: lies in the future; write the date of the evidence")
    return Consent(
        given["topic"],
        ConsentAct.GIVEN,
        _basis(given["basis"]),
        given["evidence"],
        source,
        at,
        confirmed_at=datetime.combine(given_on, time(), UTC),
    )


def tracking_consent(*, allowed: bool, source: str, at: datetime) -> Consent:
    """Return what a cell of the column `tracking` says, as an act."""
    act = ConsentAct.GIVEN if allowed else ConsentAct.WITHDRAWN
    return Consent(TRACKING, act, Basis.CONSENT, f"column {TRACKING}", source, at)


def _basis(text: str) -> Basis:
    try:
        return Basis(text)
    except ValueError:
        raise DefinitionError(f"basis {text!r} is not known; known: {', '.join(Basis)}") from None
