"""Who of a wave under way did not get it yet, and what for."""

from dataclasses import dataclass
from datetime import datetime

from outreach.model.pace import Waiting
from outreach.model.trial import Trying


@dataclass(frozen=True, slots=True)
class Left:
    """How many *people* were not written to yet; *going* of them may be now, or are.

    *waits* are those who wait for a moment, the next ones first; *trying* is how a trial stands that the rest may wait
    for. While the wave is paused: *paused_at* is since when, *paused_by* the person who asked for it, empty: it paused
    itself, and *paused_why* what for.
    """

    people: int = 0
    going: int = 0
    waits: tuple[Waiting, ...] = ()
    trying: Trying | None = None
    paused_by: str = ""
    paused_at: datetime | None = None
    paused_why: str = ""

    def next_at(self, now: datetime) -> datetime | None:
        """Return when somebody may be written to again; None where somebody may now, or a person must choose before."""
        if self.going:
            return None
        moments = [each.until for each in self.waits[:1]]
        if self.trying and self.trying.is_open and not self.trying.waits_for_person:
            moments.append(self.trying.looked_at(now))
        return min(moments, default=None)

    @property
    def paused_itself(self) -> bool:
        """Whether it is paused, and no person asked for it."""
        return bool(self.paused_why) and not self.paused_by

    @property
    def waits_for_person(self) -> bool:
        """Whether nobody more is written to before a person has chosen what the rest gets."""
        return bool(self.trying and self.trying.waits_for_person and not self.going and not self.waits)


NOBODY = Left()
"""What is left of a wave that did not begin, or is over."""
