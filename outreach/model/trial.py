"""What a wave tries on a share of its recipients before the rest gets it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Part(StrEnum):
    """Which share of a wave a batch belongs to; a wave that tries nothing has only one."""

    ALL = ""
    FIRST = "first"  # the canary
    A = "a"
    B = "b"
    REST = "rest"


class Choice(StrEnum):
    """Who says which of two versions the rest gets."""

    CLICKS = "clicks"  # the one with the greater share of readers who clicked, programs left out
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Trial:
    """A share of the recipients goes first, and what came of it is looked at after *wait*, counted from its last mail.

    Without *versions* it is a canary: *share* (0 to 1) of the recipients, and the rest goes if they stay under the
    thresholds at which waves are stopped. With them, *share* goes to each of two texts, and *choose* says who decides
    which one the rest gets; the thresholds hold here too.
    """

    share: float
    wait: timedelta
    versions: bool = False
    choose: Choice = Choice.CLICKS

    @property
    def tried(self) -> tuple[Part, ...]:
        """The parts that go first."""
        return (Part.A, Part.B) if self.versions else (Part.FIRST,)

    def stored(self) -> dict[str, object]:
        """Return it as a row keeps it."""
        return {
            "share": self.share,
            "wait": self.wait.total_seconds(),
            "versions": self.versions,
            "choose": self.choose.value,
        }

    @classmethod
    def of(cls, stored: Mapping[str, object]) -> "Trial":
        """Return what `stored` gave."""
        return cls(
            share=float(str(stored["share"])),
            wait=timedelta(seconds=float(str(stored["wait"]))),
            versions=bool(stored["versions"]),
            choose=Choice(str(stored["choose"])),
        )
