"""What a wave tries on a share of its recipients before the rest gets it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import sqrt

FEWEST_CLICKS = 10
"""Readers who clicked, in both versions together; of fewer than these nothing can be said."""

LEFT_BEHIND = 10
"""One in so many of each part that goes first may still wait for their time: nobody else waits for these few."""

SURE = 1.96
"""Standard deviations apart from which a difference is hardly chance: 95 %, on both sides."""


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

    Without *versions* it is a canary: *share* (0 to 1) of the recipients, or so many *people* in all, and the rest goes
    if they stay under the thresholds at which waves are stopped. With them, *share* goes to each of two texts, and
    *choose* says who decides which one the rest gets; the thresholds hold here too.
    """

    share: float
    wait: timedelta
    versions: bool = False
    choose: Choice = Choice.CLICKS
    people: int = 0

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
            "people": self.people,
        }

    @classmethod
    def of(cls, stored: Mapping[str, object]) -> "Trial":
        """Return what `stored` gave."""
        return cls(
            share=float(str(stored["share"])),
            wait=timedelta(seconds=float(str(stored["wait"]))),
            versions=bool(stored["versions"]),
            choose=Choice(str(stored["choose"])),
            people=int(str(stored["people"])),
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a part so far, in recipients. *accepted* are all whom the email API ever took.

    *suppressed* are those left out when it went. *readers* are those who got it and allow acts to be known as theirs;
    of these *opened* and *clicked* count who did, programs left out.
    """

    recipients: int = 0
    accepted: int = 0
    readers: int = 0
    opened: int = 0
    clicked: int = 0
    bounced: int = 0
    complained: int = 0
    refused: int = 0
    suppressed: int = 0

    @property
    def called(self) -> int:
        """How many were to get a mail when it went."""
        return self.recipients - self.suppressed

    @property
    def share(self) -> float:
        """How many of the readers clicked, 0 to 1."""
        return self.clicked / self.readers if self.readers else 0.0


class Decision(StrEnum):
    """What a trial came to."""

    STOPPED = "stopped"  # too much came back: the wave is paused
    ASKED = "asked"  # its time is over; a person chooses between two versions
    RELEASED = "released"  # the rest goes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, when and why. *by* names the person, empty where the wave's own rules did it.

    *part* is the version that the rest gets, where two were tried.
    """

    decision: Decision
    why: str
    at: datetime
    by: str = ""
    part: Part = Part.ALL

    def stored(self) -> dict[str, str]:
        """Return it as a row keeps it."""
        return {
            "decision": self.decision.value,
            "why": self.why,
            "at": self.at.isoformat(),
            "by": self.by,
            "part": self.part.value,
        }

    @classmethod
    def of(cls, stored: Mapping[str, str]) -> "Verdict":
        """Return what `stored` gave."""
        return cls(
            decision=Decision(stored["decision"]),
            why=stored["why"],
            at=datetime.fromisoformat(stored["at"]),
            by=stored["by"],
            part=Part(stored["part"]),
        )


@dataclass(frozen=True, slots=True)
class ToGo:
    """So many *people* of a part that goes first were not written to yet; they wait *until* then, None: for nothing."""

    part: Part
    people: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trying:
    """How a wave's trial stands.

    *to_go* are those of what goes first who did not go yet, *last* is when it was known of the last who did what became
    of them, and *asking* whether that is still to be found out for others. *ends* is when it is looked at what came of
    it, None while that is open: `looked_at` says when that is at the earliest.
    """

    trial: Trial
    sizes: Mapping[Part, int]
    tallies: Mapping[Part, Tally]
    subjects: Mapping[Part, tuple[str, ...]]
    to_go: tuple[ToGo, ...] = ()
    last: datetime | None = None
    asking: bool = False
    ends: datetime | None = None
    verdict: Verdict | None = None

    @property
    def rest(self) -> int:
        """Who gets it only once the trial is decided."""
        return self.sizes.get(Part.REST, 0)

    @property
    def is_open(self) -> bool:
        """Whether it is still to be decided what the rest gets; a trial that stopped the wave was decided."""
        return bool(self.rest) and (self.verdict is None or self.verdict.decision is Decision.ASKED)

    @property
    def waits_for_person(self) -> bool:
        """Whether the rest gets nothing before a person has chosen."""
        return self.is_open and (self.verdict is not None or self.trial.choose is Choice.PERSON)

    def late(self, now: datetime) -> int:
        """Return how many of those who go first wait for a time of their own."""
        return sum(each.people for each in self.to_go if each.until and each.until > now)

    def looked_at(self, now: datetime) -> datetime:
        """Return when it is looked at what came of the trial, at the earliest."""
        if self.ends:
            return self.ends
        goes_until = going_until(self.sizes, self.to_go, now)
        return (goes_until or (now if self.asking else self.last) or now) + self.trial.wait


def going_until(sizes: Mapping[Part, int], to_go: Sequence[ToGo], now: datetime) -> datetime | None:
    """Return until when mails that are tried go out, at the earliest; None: enough have, and the wait can begin.

    Enough are nine tenths of each part, once all others wait for a time of their own: a limit on their domain, or the
    morning where they live, is no reason for everybody else to wait as well.
    """
    held = []
    for part, size in sizes.items():
        behind = 0
        for each in sorted((each for each in to_go if each.part is part), key=lambda each: each.until or now)[::-1]:
            until = max(now, each.until or now)
            behind += each.people
            if until == now or LEFT_BEHIND * behind > size:
                held.append(until)
                break
    return max(held, default=None)


def better(a: Tally, b: Tally) -> tuple[Part, str]:
    """Return the version that more of its readers clicked in, and why it is that one, in words for staff.

    Both were approved, so the better one goes even where chance may have made it so, and the words say so. A tie goes
    to a, and so does a trial with too few clicks to say anything.
    """
    clicks = a.clicked + b.clicked
    if clicks < FEWEST_CLICKS or not (a.readers and b.readers):
        told = f"{clicks} reader{'' if clicks == 1 else 's'} clicked in all"
        return Part.A, f"version a, as too little is known: {told}, and fewer than {FEWEST_CLICKS} say nothing"
    shares = f"{_clicked(Part.A, a)}, {_clicked(Part.B, b)}"
    if a.clicked * b.readers == b.clicked * a.readers:
        return Part.A, f"version a, as both did equally well: {shares}"
    part = Part.A if a.clicked * b.readers > b.clicked * a.readers else Part.B
    doubt = "" if _deviations(a, b) >= SURE else "; so small a difference may be chance"
    return part, f"version {part}, by clicks: {shares}{doubt}"


def _clicked(part: Part, tally: Tally) -> str:
    return f"{part} {tally.clicked:,} of {tally.readers:,} readers ({100 * tally.share:.3g} %)"


def _deviations(a: Tally, b: Tally) -> float:
    """Return how far the shares are apart, in standard deviations of chance."""
    both = (a.clicked + b.clicked) / (a.readers + b.readers)
    return abs(a.share - b.share) / sqrt(both * (1 - both) * (1 / a.readers + 1 / b.readers))
