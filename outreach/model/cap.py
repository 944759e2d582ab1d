"""How many mails one person gets at most, over all campaigns of the house."""

import re
from dataclasses import dataclass

from outreach.errors import DefinitionError

_CAP = re.compile(r"\s*(\d{1,4})\s*/\s*(\d{1,4})\s*")


@dataclass(frozen=True, slots=True)
class Cap:
    """So many *mails* in so many *days* of the calendar, today one of them; letters that somebody asked for apart."""

    mails: int
    days: int

    @classmethod
    def read(cls, text: str, name: str = "OUTREACH_FREQUENCY_CAP") -> "Cap | None":
        """Read `3/7`; empty: there is no cap. `DefinitionError` names *name*."""
        if not text.strip():
            return None
        found = _CAP.fullmatch(text)
        mails, days = (int(part) for part in found.groups()) if found else (0, 0)
        if not (mails and days):
            raise DefinitionError(
                f"{name}: found {text!r}; write mails/days, such as 3/7 for three mails in seven days; empty: no cap"
            )
        return cls(mails, days)

    @property
    def why(self) -> str:
        """Why somebody is left out, in words."""
        return f"had {_some(self.mails, 'mail')} in {_some(self.days, 'day')}"


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"
