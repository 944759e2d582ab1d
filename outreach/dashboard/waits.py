"""Who of a wave waits for which moment, and why, in words for staff."""

from collections.abc import Sequence
from datetime import datetime

from outreach.dashboard.imports import masked_text
from outreach.dashboard.markdown import escape
from outreach.dashboard.tried import standing
from outreach.dashboard.words import moment, number
from outreach.model.left import Left
from outreach.model.pace import Waiting
from outreach.model.wave import WaveState

MOST_TOLD = 5
"""Moments and reasons that are told one by one; the email API's words for people it put off are many."""

MOST_LISTED = 2
"""The same, where many waves are listed."""


def waits_in_words(waits: Sequence[Waiting], most: int = MOST_TOLD) -> list[str]:
    """Return a sentence for each moment and reason, the next ones first; addresses in them cannot be read."""
    told = [f"{_wait(each.people)} until {moment(each.until)} ({masked_text(each.why)})" for each in waits]
    others = sum(each.people for each in waits[most:])
    return [*told[:most], *([f"{_wait(others, ' more')} for other moments or reasons"] if others else [])]


def waits_markdown(left: Left, state: WaveState, now: datetime) -> str:
    """Return who waits as a list for a wave's dashboard; nothing where nobody does, or a person must do something."""
    sentences = waits_in_words(left.waits)
    if state is WaveState.SENDING and left.trying and left.trying.is_open and not left.trying.waits_for_person:
        sentences.append(standing(left.trying, state, now))
    return "\n".join(f"- ⏳ {escape(sentence)}" for sentence in sentences)


def waits_listed(left: Left, state: WaveState, now: datetime) -> list[str]:
    """Return what is waited for in a wave under way, in few sentences: for lists of many waves."""
    if state is WaveState.PAUSED:
        return [paused_in_words(left)]
    sentences = [f"{sentence}." for sentence in waits_in_words(left.waits, MOST_LISTED)]
    if left.trying and left.trying.is_open:
        sentences.append(standing(left.trying, state, now))
    return sentences


def state_in_words(left: Left, state: WaveState, now: datetime, words: str) -> str:
    """Return where a wave stands for a cell of a list; *words* are those of its *state* where nothing waits."""
    if state is not WaveState.SENDING:
        return words
    if left.waits_for_person:
        return "Waits for a person to choose"
    at = left.next_at(now)
    return f"Waits until {moment(at)}" if at and at > now else words


def paused_in_words(left: Left) -> str:
    """Return who paused a wave, since when, how many are left, and what for, where a person gave a reason."""
    since = f" since {moment(left.paused_at)}" if left.paused_at else ""
    why = f" Why: {left.paused_why.rstrip('.')}." if left.paused_why and not left.paused_itself else ""
    return f"Paused by {_who(left)}{since}; {_left(left.people)}.{why}"


def why_in_words(left: Left) -> str:
    """Return what a pause is for as a sentence; empty where nobody said."""
    return f"{left.paused_why[0].upper()}{left.paused_why[1:].rstrip('.')}." if left.paused_why else ""


def paused_markdown(left: Left, steer: str) -> str:
    """Return the same as what stands above everything on a wave's dashboard; *steer* is the link to how it goes on."""
    if left.paused_itself:
        head, to_do = "⚠ Paused by itself: nobody more is written to until a person says so.", steer
    else:
        head = f"⏸ Paused by {escape(_who(left))}: nobody more is written to until it is resumed."
        to_do = f"What to do: *resume* or *cancel* it with {steer}."
    since = f" since {moment(left.paused_at)}" if left.paused_at else ""
    lines = [f"**{head}**", escape(why_in_words(left)), f"Paused{since}; {_left(left.people)}. {to_do}"]
    return "\n>\n".join(f"> {line}" for line in lines if line)


def _who(left: Left) -> str:
    return "itself" if left.paused_itself else left.paused_by or "a person"


def _left(people: int) -> str:
    return f"{number(people)} {'was' if people == 1 else 'were'} not written to yet"


def _wait(people: int, more: str = "") -> str:
    return f"{number(people)}{more} {'waits' if people == 1 else 'wait'}"
