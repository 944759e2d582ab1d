"""How far a call to action has come."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CallProgress:
    """*count* is what the goal counts: forms that fold together count as one; *forms* is how many came in."""

    slug: str
    title: str
    count: int
    forms: int
    goal: int | None
    closes: datetime | None
