"""What a machine saw of a planned wave's mails, with the network and the programs that it has."""

from dataclasses import dataclass

from outreach.model.preflight import Finding, Level


@dataclass(frozen=True, slots=True)
class Seen:
    """What an address in a mail answered; without a *level* all is well. *label* is what readers click on."""

    url: str
    what: str
    level: Level | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """How much a mail looks like spam, and the rules that say so, with their points."""

    points: float
    rules: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """What a message looks like. *key* is the part of its address that nobody can guess."""

    message: str
    width: int
    scheme: str
    png: bytes
    key: str = ""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A message with how many bytes its HTML has at most, and its score where there is one."""

    message: str
    subject: str
    held: int
    score: Score | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """A look over the wave as it was planned under *digest*.

    *findings* are all there are, those of planning first; *new* are the ones that this look added.
    """

    wave_id: int
    digest: str
    findings: tuple[Finding, ...]
    new: tuple[Finding, ...]
    links: tuple[Seen, ...] = ()
    mails: tuple[Weighed, ...] = ()
    pictures: tuple[Picture, ...] = ()
