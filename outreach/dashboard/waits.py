"""Who of a wave waits for which moment, and why, in words for staff."""

from collections.abc import Sequence

from outreach.dashboard.imports import masked_text
from outreach.dashboard.markdown import escape
from outreach.dashboard.words import moment, number
from outreach.model.pace import Waiting

MOST_TOLD = 5
"""Moments and reasons that are told one by one; the email API's words for people it put off are many."""


def waits_in_words(waits: Sequence[Waiting]) -> list[str]:
    """Return a sentence for each moment and reason, the next ones first; addresses in them cannot be read."""
    told = [f"{_wait(each.people)} until {moment(each.until)} ({masked_text(each.why)})" for each in waits]
    others = sum(each.people for each in waits[MOST_TOLD:])
    return [*told[:MOST_TOLD], *([f"{_wait(others, ' more')} for other moments or reasons"] if others else [])]


def waits_markdown(waits: Sequence[Waiting]) -> str:
    """Return the sentences as a list for a dashboard; nothing where nobody waits."""
    return "\n".join(f"- ⏳ {escape(sentence)}" for sentence in waits_in_words(waits))


def waits_briefly(waits: Sequence[Waiting]) -> str:
    """Return how many wait, and until when at the earliest; nothing where nobody does."""
    return f"{number(sum(each.people for each in waits))} until {moment(waits[0].until)}" if waits else ""


def _wait(people: int, more: str = "") -> str:
    return f"{number(people)}{more} {'waits' if people == 1 else 'wait'}"
