"""When a wave is stopped for what comes of it: bounces, complaints and errors, and how many of them are too many."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import isfinite, sqrt

from outreach.errors import DefinitionError

FEWEST = 3
"""Below so many of a kind nothing is stopped: two people out of five say nothing about a list."""

CERTAINTY = 1.645
"""Standard deviations of a one-sided 95 %: a share is too large where chance alone would hardly have made it so."""

STILL_REPORTED = 1000
"""How many of the last mails before a wave was resumed may still be reported on, at least; or a tenth of them all."""


class Measure(StrEnum):
    """What a wave is judged by, as `OUTREACH_STOP_AT` names it."""

    BOUNCES = "bounces"  # hard: the address will not work
    SOFT = "soft"  # given up for now: mailbox full, or we are not let in
    COMPLAINTS = "complaints"
    ERRORS = "errors"  # refused by the email API, at once or later


WORDS: Mapping[Measure, str] = {
    Measure.BOUNCES: "bounces",
    Measure.SOFT: "soft bounces",
    Measure.COMPLAINTS: "complaints",
    Measure.ERRORS: "errors",
}
"""How staff read of it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a wave, or of a share of it, so far: recipients, each counted once in what became of them.

    *accepted* are all whom the email API ever took and did not refuse later, also those that bounced or complained.
    """

    accepted: int = 0
    bounced: int = 0
    soft_bounced: int = 0
    complained: int = 0
    refused: int = 0

    def count(self, measure: Measure) -> tuple[int, int]:
        """Return how many there are by *measure*, and of how many: accepted, or for errors all that were called for."""
        match measure:
            case Measure.BOUNCES:
                return self.bounced, self.accepted
            case Measure.SOFT:
                return self.soft_bounced, self.accepted
            case Measure.COMPLAINTS:
                return self.complained, self.accepted
            case Measure.ERRORS:
                return self.refused, self.accepted + self.refused

    def rate(self, measure: Measure) -> float:
        """Return the share by *measure*, 0 to 1; 0 where there was nobody yet."""
        events, of = self.count(measure)
        return min(1.0, events / of) if of > 0 else 0.0

    def stored(self) -> dict[str, int]:
        """Return it as a row keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, object] | None) -> "Seen":
        """Return what `stored` gave; nothing where nothing was kept."""
        return cls(**{name: int(str(value)) for name, value in (stored or {}).items()})


NOTHING = Seen()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How many percent of each kind a wave may have; what is not named is not looked at."""

    percent: Mapping[Measure, float]

    @classmethod
    def read(cls, text: str, name: str = "OUTREACH_STOP_AT") -> "Thresholds":
        """Read `bounces=5,complaints=0.3`; empty: nothing stops a wave. `DefinitionError` names *name*."""
        percent: dict[Measure, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            measure = _measure(part, name)
            if measure in percent:
                raise DefinitionError(f"{name}: {measure} is given twice; keep one of them")
            percent[measure] = _percent(part, name)
        return cls(percent)

    def why(self, seen: Seen, forgiven: Seen = NOTHING) -> str:
        """Return why a wave should stop, in words for staff; empty: it may go on.

        *forgiven* is what a person had looked at when they let the wave go on: it no longer counts, and from there on
        the same shares hold. Reports come late, so the last mails before that moment count along.
        """
        found = (_excess(measure, limit, seen, forgiven) for measure, limit in self.percent.items())
        return "; ".join(filter(None, found))


def _excess(measure: Measure, limit: float, seen: Seen, forgiven: Seen) -> str:
    events, of = seen.count(measure)
    known, before = forgiven.count(measure)
    events = events - known
    of = max(of - before + min(before, max(STILL_REPORTED, before // 10)), events)
    if events < FEWEST or surely(events, of) * 100 <= limit:
        return ""
    since = " since it was resumed" if forgiven != NOTHING else ""
    return f"{WORDS[measure]}{since}: {events:,} of {of:,} ({100 * events / of:.3g} %), more than {limit:g} %"


def surely(events: int, of: int) -> float:
    """Return the share that *events* of *of* show at least, whatever chance did: Wilson's lower bound, 0 to 1."""
    z2 = CERTAINTY**2
    share = events / of
    spread = CERTAINTY * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return min(share, max(0.0, (share + z2 / (2 * of) - spread) / (1 + z2 / of)))  # beyond them only by rounding


def _measure(part: str, name: str) -> Measure:
    word, equals, _ = part.partition("=")
    if not equals or word.strip() not in list(Measure):
        raise DefinitionError(
            f"{name}: found {part!r}; write percentages such as bounces=5,complaints=0.3; "
            f"there is: {', '.join(Measure)}; empty: nothing stops a wave"
        )
    return Measure(word.strip())


def _percent(part: str, name: str) -> float:
    _, _, number = part.partition("=")
    try:
        percent = float(number)
    except ValueError:
        percent = -1.0
    if not (isfinite(percent) and 0 < percent < 100):  # noqa: PLR2004 - percent
        raise DefinitionError(
            f"{name}: found {part!r}; a percentage is a number above 0 and below 100, such as 0.3; "
            "leave a kind out that should stop nothing"
        )
    return percent
