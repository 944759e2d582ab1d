"""What people's rights come to: somebody forgotten, erasures done again after a restore, and what was kept too long."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, in rows. *key* is the keyed hash that is kept, so that no import brings the person back.

    *deliveries* and *submissions* stay as rows that name nobody, so that figures and goals stay right. *mentions* are
    texts of others in which the address stood. *approvals* were carried over to the waves without this person.
    *error_rows* stood in the files of rows with errors under `home`.
    """

    key: str
    contacts: int = 0
    groups: int = 0
    consents: int = 0
    signups: int = 0
    letters: int = 0
    suppressions: int = 0
    deliveries: int = 0
    engagement: int = 0
    reports: int = 0
    submissions: int = 0
    mentions: int = 0
    approvals: int = 0
    exports: int = 0
    error_rows: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """One line of the erasure log: who asked, as a keyed hash, when and why."""

    key: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What replaying an erasure log came to. *returned* confirmed a sign-up of their own since: they stay.

    *damaged* names lines that cannot be read, by number and fault.
    """

    erasures: int
    forgotten: tuple[Forgotten, ...] = ()
    returned: tuple[str, ...] = ()
    damaged: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What is removed once it is older than *days*, and *why* so."""

    name: str
    what: str
    days: int
    why: str


@dataclass(frozen=True, slots=True)
class Removed:
    """The proof of one rule in one run: rows older than *cutoff*, and the SHA-256 over what identified them.

    In a dry run *digest* is empty, and *removed* what would go.
    """

    rule: str
    cutoff: datetime
    removed: int
    oldest: datetime | None
    newest: datetime | None
    digest: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """All rules as they are in force, and the newest proofs of each."""

    rules: tuple[Rule, ...]
    proofs: tuple[Removed, ...]
    kept: Mapping[str, str] = field(default_factory=dict)
