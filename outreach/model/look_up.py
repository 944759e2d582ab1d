"""When "not found" in an email API's list means that a mail was not taken; it is sent again then.

Whoever the list does not show may have got the mail all the same: the list may be behind, may not reach back so far, or
may be another account's. So it is looked at twice after it has settled, in time, and it has to show a mail that is
known to have been taken about when the call was made, with the same account. Else a person decides.
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


def of_another(provider: str) -> str:
    """Return why nothing that a provider says now tells of a call of another account."""
    return f"it was made with another account of {provider} than the present one"


def not_of(provider: str, made: str, present: str) -> str:
    """Return why a call that was *made* with an account may be none of the *present* one's; empty: it is.

    Where only the key tells accounts apart, a key that was merely changed for a new one looks like another account.
    """
    if not made:
        return f"nobody wrote down with which account of {provider} it was made"
    return "" if made == present else of_another(provider)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the whole list for a call that was *begun* and, at the latest, *ended* then.

    *at* is when the look began, *settles* how long the list may be behind. *before* counts the looks before this one
    that counted, *again* how often the call was made anew because it was not found. *unsure* is why the list may be
    that of another account.
    """

    begun: datetime
    ended: datetime
    settles: timedelta
    at: datetime
    before: int = 0
    again: int = 0
    unsure: str = ""

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
    return "" if proof is Proof.SHOWN else look.unsure or proof
