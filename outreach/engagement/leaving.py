"""What a reader is told when unsubscribing."""

from dataclasses import dataclass

from outreach.model.campaign import Words


@dataclass(frozen=True, slots=True)
class Leaving:
    """Whose mails about what would stop. *languages*, house order, say which of the *title*'s words to fall back on."""

    email: str
    title: Words
    languages: tuple[str, ...]
    left: bool
