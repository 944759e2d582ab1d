"""What a wave tries on a share of its recipients first: what an approver reads of it, and what came of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from outreach.dashboard import markdown
from outreach.dashboard.markdown import Align, escape
from outreach.dashboard.words import moment, number, percent
from outreach.model.trial import Choice, Decision, Part, Tally, Trial, Trying, going_until
from outreach.model.wave import WaveState

HEAD = ("Version", "Subject", "Sent", "Opened", "Clicked", "Share", "Bounced", "Complained")
_ALIGN: tuple[Align, ...] = ("left", "left", "right", "right", "right", "right", "right", "right")
_NAMES = {Part.FIRST: "goes first", Part.A: "a", Part.B: "b"}

UNDER = "if bounces, complaints and errors stay under the thresholds; else the wave is paused"
_BEFORE = (WaveState.DRAFT, WaveState.PLANNED, WaveState.APPROVED)
_AFTER = (WaveState.SENT, WaveState.CANCELLED)
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def tried_markdown(trying: Trying, state: WaveState, now: datetime, steer: str) -> str:
    """Return a heading, where it stands, what a person may do, and a line for each version.

    *state* is that of the wave, *steer* the link to what a person does it with.
    """
    rows = ([escape(cell) for cell in row] for row in rows_of(trying))
    table = markdown.table(list(zip(HEAD, _ALIGN, strict=True)), rows)
    note = (
        "*Opened and clicked count people who allow it, programs left out; the share is that of the readers whom the "
        "mail reached and who allow it.*"
    )
    may = "" if trying.waits_for_person else what_to_do(trying, state, steer)  # what must be done stands above it all
    return markdown.document(["## What goes first", escape(standing(trying, state, now)), may, table, note]).rstrip()


def rows_of(trying: Trying) -> Iterable[list[str]]:
    """Yield the cells of a line for each version, as `HEAD` names them."""
    for part in trying.trial.tried:
        tally = trying.tallies.get(part, Tally())
        subject = " / ".join(trying.subjects.get(part, ()))
        figures = (tally.accepted, tally.opened, tally.clicked)
        share = percent(tally.clicked, tally.readers)
        yield [
            _NAMES[part], subject, *map(number, figures), share, number(tally.bounced), number(tally.complained)
        ]  # fmt: skip


def question(trying: Trying) -> str:
    """Return what an approver reads: what goes first, and what becomes of the rest."""
    trial, after = trying.trial, f"{duration(trying.trial.wait)} after the last of these mails"
    if trial.versions:
        each = " and ".join(f"version {part} to {_people(trying.sizes.get(part, 0))}" for part in trial.tried)
        if not trying.rest:
            return f"Two versions go out: {each}. There is no rest."
        return f"Two versions go first: {each}. {after} the {_rest(trying)} gets {_which(trial)}, {UNDER}."
    if not trying.rest:
        return "Everybody gets it at once: they are too few for a share of them to go first."
    return f"It goes to {_people(trying.sizes.get(Part.FIRST, 0))} first. {after} the {_rest(trying)} gets it, {UNDER}."


def standing(trying: Trying, state: WaveState, now: datetime) -> str:
    """Return what waits for what, until when, or what was decided, when and by whom; *state* is that of the wave."""
    verdict = trying.verdict
    if verdict and verdict.decision is Decision.RELEASED:
        who = verdict.by or "the wave's own rules"
        return f"Decided {moment(verdict.at)} by {who} for the {_rest(trying)}: {verdict.why}."
    if state in _BEFORE:
        return question(trying)
    if verdict and verdict.decision is Decision.STOPPED:
        return f"Stopped {moment(verdict.at)}, before the {_rest(trying)}: {verdict.why}."
    if not trying.rest:
        return "Everybody got one at once; there is no rest that would wait."
    if state in _AFTER:
        return f"The wave ended before it was decided what the {_rest(trying)} gets: they get nothing."
    paused = " The wave is paused: until it is resumed, nothing of this happens." if state is WaveState.PAUSED else ""
    return f"{_waits(trying, now)}{paused}"


def what_to_do(trying: Trying, state: WaveState, steer: str) -> str:
    """Return as markdown what a person does about a trial, or may; *steer* is the link to what they do it with."""
    if not trying.is_open or state not in (WaveState.SENDING, WaveState.PAUSED):
        return ""
    choices = "*send version a to the rest* or *send version b to the rest*"
    if trying.verdict:
        return f"**To do: choose a version.** Run {steer}: {choices}."
    if trying.waits_for_person:
        return f"**To do: choose a version, now or later.** Run {steer}: {choices}."
    how = choices if trying.trial.versions else "*send the rest*"
    if state is WaveState.PAUSED:
        return f"To let the wave go on, and the rest at once, run {steer}: {how}."
    return f"Nothing has to be done. Not to wait for that, run {steer}: {how}."


def duration(wait: timedelta) -> str:
    """Return a wait in words: `30 minutes`, `4 hours`, `2 days`."""
    name, unit = next((each for each in _UNITS if wait >= each[1] and not wait % each[1]), _UNITS[-1])
    count = wait // unit
    return f"{count} {name}{'' if count == 1 else 's'}"


def _waits(trying: Trying, now: datetime) -> str:
    """Return what the rest of a wave under way waits for."""
    trial, verdict = trying.trial, trying.verdict
    nothing = "nothing goes to it before"
    if verdict:
        return f"Since {moment(verdict.at)} the {_rest(trying)} waits for a person to choose a version; {nothing}."
    when, late = moment(trying.looked_at(now)), _late(trying, now)
    if trying.ends is None:
        when += f" at the earliest, {duration(trial.wait)} after the last of the mails that go first"
    if trying.waits_for_person:
        asked = f"Readers have time to click until {when}; then the overview asks for the choice."
        return f"The {_rest(trying)} waits for a person to choose a version; {nothing}. {asked}{late}"
    if trying.ends and trying.ends <= now:
        return f"The {_rest(trying)} waited until {when}; it is about to be decided what it gets.{late}"
    then = f"then it gets {_which(trial)}" if trial.versions else "then it follows, if not too much comes back"
    return f"The {_rest(trying)} waits until {when}; {then}.{late}"


def _late(trying: Trying, now: datetime) -> str:
    late = trying.late(now)
    if not late:
        return ""
    few = "" if going_until(trying.sizes, trying.to_go, now) else "; nobody else waits for them"
    return f" {number(late)} of those who go first {'waits' if late == 1 else 'wait'} for a time of their own{few}."


def _which(trial: Trial) -> str:
    return "the one that a person chooses" if trial.choose is Choice.PERSON else "the one that more readers clicked in"


def _rest(trying: Trying) -> str:
    return f"rest ({_people(trying.rest)})"


def _people(count: int) -> str:
    return f"{number(count)} {'person' if count == 1 else 'people'}"
