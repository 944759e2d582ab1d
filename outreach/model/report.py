"""Figures of a wave: counters by audience and variant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from outreach.model.wave import WaveState


class Figure(StrEnum):
    """What is counted, once per delivery unless it says "hits"."""

    RECIPIENTS = "recipients"
    TRACKED = "tracked"  # recipients who allow acts to be known as theirs; read off the deliveries
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"  # all of them
    SOFT_BOUNCED = "soft_bounced"  # those of them that were given up for now; the address may work
    COMPLAINED = "complained"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    OPENS = "opens"  # hits, whoever made them
    OPENED = "opened"  # deliveries with any open, of people who allow it to be known
    OPENED_HUMAN = "opened_human"
    CLICKS = "clicks"  # hits
    CLICKED = "clicked"
    CLICKED_HUMAN = "clicked_human"
    SIGNUPS = "signups"
    UNSUBSCRIBES = "unsubscribes"


@dataclass(frozen=True, slots=True)
class Cell:
    """One corner of the figures."""

    audience: str
    variant: str


@dataclass(frozen=True, slots=True)
class WaveReport:
    """All figures of a wave. *unknown* counts recipients of batches whose outcome nobody knows; *waiting* the rest.

    *paused_why* is what a pause that no person asked for is for.
    """

    wave_id: int
    campaign: str
    wave: str
    title: str
    state: WaveState
    planned_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    batches: Mapping[str, int]
    unknown: int
    tracked: int
    cells: Mapping[Cell, Mapping[Figure, int]]
    out: Mapping[str, int]
    paused_why: str = ""

    def total(self, figure: Figure) -> int:
        """Sum *figure* over all audiences and variants."""
        return sum(cell.get(figure, 0) for cell in self.cells.values())

    def by(self, axis: str, figure: Figure) -> dict[str, int]:
        """Sum *figure* along `"audience"` or `"variant"`, in order of name."""
        sums: dict[str, int] = {}
        for cell, figures in self.cells.items():
            name = getattr(cell, axis)
            sums[name] = sums.get(name, 0) + figures.get(figure, 0)
        return dict(sorted(sums.items()))
