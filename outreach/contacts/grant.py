"""What an import says about the consent of the people in it."""

from datetime import datetime

from outreach.errors import DefinitionError
from outreach.model.people import TRACKING, Basis, Consent, ConsentAct

IMPORT = "import "
"""How the source of a consent begins that came with a file; what readers say themselves has other sources."""


def source_of(file_name: str) -> str:
    """Return what the ledger of consent calls a file."""
    return f"{IMPORT}{file_name}"


def grant_of(
    topic: str | None, basis: str | None, evidence: str | None, *, source: str, at: datetime
) -> Consent | None:
    """Return the consent that an import gives its people, None where nothing is said; half of it is refused."""
    options = {"--topic": topic, "--basis": basis, "--evidence": evidence}
    given = {option: value.strip() for option, value in options.items() if value and value.strip()}
    if not given:
        return None
    missing = [option for option in options if option not in given]
    if missing:
        raise DefinitionError(
            f"consent needs --topic, --basis and --evidence together; missing: {', '.join(missing)}; "
            "with none of them, people are stored but not written to"
        )
    if given["--topic"] == TRACKING:
        raise DefinitionError(f"--topic {TRACKING}: say it per person, in a column named {TRACKING} with yes or no")
    return Consent(given["--topic"], ConsentAct.GIVEN, _basis(given["--basis"]), given["--evidence"], source, at)


def tracking_consent(*, allowed: bool, source: str, at: datetime) -> Consent:
    """Return what a cell of the column `tracking` says, as an act."""
    act = ConsentAct.GIVEN if allowed else ConsentAct.WITHDRAWN
    return Consent(TRACKING, act, Basis.CONSENT, f"column {TRACKING}", source, at)


def acts_on(consent: Consent, newest: Consent | None) -> bool:
    """Return whether *consent*, out of a file, is news after *newest*.

    What readers withdrew stays withdrawn and what they gave themselves is the better evidence: a list cannot know
    better. Only what an import wrote may an import give back or put in other words.
    """
    if newest is None:
        return consent.act is ConsentAct.GIVEN
    if consent.act is ConsentAct.WITHDRAWN:
        return newest.act is ConsentAct.GIVEN
    says_the_same = (consent.act, consent.basis, consent.evidence) == (newest.act, newest.basis, newest.evidence)
    return newest.source.startswith(IMPORT) and not says_the_same


def _basis(text: str) -> Basis:
    try:
        return Basis(text.strip())
    except ValueError:
        raise DefinitionError(f"--basis {text!r} is not known; known: {', '.join(Basis)}") from None
