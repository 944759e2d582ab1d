"""When "not found" in an email API's list means that a mail was not taken; it is sent again then.

Whoever the list does not show may have got the mail all the same: the list may be behind, may not reach back so far, or
may be another account's. So it is looked at twice after it has settled, in time, and it has to show a mail that is
known to have been taken about when the call was made. Else a person decides.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LOOKS = 2
"""Times that nothing may be found, once the provider's list has settled, before something is concluded from it."""

BETWEEN = timedelta(minutes=5)
"""From one look to the next."""

LOOKED_FOR = timedelta(days=1)
"""How long an unknown call is asked about; some providers keep their lists no longer."""

MOST_AGAIN = 5
"""Times that a call is made again because it was not found; what never arrives would else be tried for ever."""


class Proof(StrEnum):
    """Whether the list shows a mail that is known to have been taken about when the call was made."""

    SHOWN = "the list shows others that were taken then"
    NOT_SHOWN = "the list does not show a mail that was taken then, either"
    NONE = "no mail is known to have been taken then, so the list may show none at all"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the whole list for a call that was *begun* and, at the latest, *ended* then.

    *at* is when the look began, *settles* how long the list may be behind. *before* counts the looks before this one
    that counted, *again* how often the call was made anew because it was not found.
    """

    begun: datetime
    ended: datetime
    settles: timedelta
    at: datetime
    before: int = 0
    again: int = 0

    @property
    def counts(self) -> bool:
        """Whether the list had settled."""
        return self.at >= self.ended + self.settles

    @property
    def is_last(self) -> bool:
        """Whether something is concluded from it."""
        return self.counts and self.before + 1 >= LOOKS

    @property
    def next(self) -> timedelta:
        """How long after this look the next one counts."""
        return max(self.ended + self.settles - self.at, BETWEEN)


def doubt(look: Look, proof: Proof) -> str:
    """Return why a mail may have been taken that the last look did not show either; empty: it was not taken."""
    if look.at - look.begun >= LOOKED_FOR:
        return "the list may not reach back so far any more"
    if look.again >= MOST_AGAIN:
        return f"nor was it when it was made again, {MOST_AGAIN} times"
    return "" if proof is Proof.SHOWN else proof
