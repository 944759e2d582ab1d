"""How much an email API takes in a second, and how much of it waves may use."""

import re
from dataclasses import dataclass
from enum import StrEnum

from outreach.errors import DefinitionError

SHARE = 0.9
"""What waves take of an API's own limit; the rest is for letters, which wait for nobody, and for other programs."""

_WRITTEN = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(calls?|mails?)(?: *(?:/|per|a) *s(?:econd)?)?", re.IGNORECASE)


class Counted(StrEnum):
    """What an API counts: its calls, or the mails in them."""

    CALLS = "calls"
    MAILS = "mails"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls or mails *per_second*, counted over all who use the account."""

    per_second: float
    of: Counted

    def __str__(self) -> str:
        return f"{self.per_second:g} {self.of} a second"


def read_rate(written: str) -> Rate | None:
    """Return what `OUTREACH_RATE` says, such as `20 mails` or `2 calls`; None where it says nothing."""
    if not written.strip():
        return None
    found = _WRITTEN.fullmatch(written.strip())
    per_second = float(found[1]) if found else 0.0
    if not found or not per_second:
        raise DefinitionError(
            f"OUTREACH_RATE: found {written.strip()!r}; write how many the email API takes in a second and what it "
            "counts, such as '20 mails' or '2 calls', or leave it empty for what the API takes by default"
        )
    return Rate(per_second, Counted.CALLS if found[2].lower().startswith("call") else Counted.MAILS)


def for_waves(declared: Rate | None, written: str) -> Rate | None:
    """Return the rate that waves keep to: as *written*, else `SHARE` of what the API is *declared* to take by default.

    None where neither is known: nothing is held back.
    """
    asked = read_rate(written)
    if asked is not None or declared is None:
        return asked
    return Rate(declared.per_second * SHARE, declared.of)
