"""What a look over a planned wave found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """A stop keeps the wave from going; a warning is shown to the approver; a note says what was looked at."""

    STOP = "stop"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """*where* names variant, file or link; *what* says what was found and what would work."""

    level: Level
    where: str
    what: str
