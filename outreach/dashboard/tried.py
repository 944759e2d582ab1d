"""What a wave tries on a share of its recipients first: what an approver reads of it, and what came of it."""

from collections.abc import Iterable
from datetime import timedelta

from outreach.dashboard import markdown
from outreach.dashboard.markdown import Align, escape
from outreach.dashboard.words import moment, number, percent
from outreach.model.trial import Choice, Decision, Part, Tally, Trial, Trying

HEAD = ("Version", "Subject", "Sent", "Opened", "Clicked", "Share", "Bounced", "Complained")
_ALIGN: tuple[Align, ...] = ("left", "left", "right", "right", "right", "right", "right", "right")
_NAMES = {Part.FIRST: "goes first", Part.A: "a", Part.B: "b"}

UNDER = "if bounces, complaints and errors stay under the thresholds; else the wave is paused"
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def tried_markdown(trying: Trying) -> str:
    """Return a heading, where it stands, and a line for each version."""
    rows = ([escape(cell) for cell in row] for row in rows_of(trying))
    table = markdown.table(list(zip(HEAD, _ALIGN, strict=True)), rows)
    note = (
        "*Opened and clicked count people who allow it, programs left out; the share is that of the readers whom the "
        "mail reached and who allow it.*"
    )
    return markdown.document(["## What goes first", escape(standing(trying)), table, note]).rstrip()


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


def standing(trying: Trying) -> str:
    """Return in one sentence what waits for what, until when, or what was decided, when and by whom."""
    verdict, trial = trying.verdict, trying.trial
    if verdict and verdict.decision is Decision.RELEASED:
        who = verdict.by or "the wave's own rules"
        return f"Decided {moment(verdict.at)} by {who} for the {_rest(trying)}: {verdict.why}."
    if verdict and verdict.decision is Decision.STOPPED:
        return f"Stopped {moment(verdict.at)}, before the {_rest(trying)}: {verdict.why}."
    if not trying.rest:
        return "Everybody got one at once; there is no rest that would wait."
    if verdict:
        how = "by steer-wave, or by outreach wave choose"
        return f"Since {moment(verdict.at)} the {_rest(trying)} waits for a person to choose a version, {how}."
    then = f"then it gets {_which(trial)}" if trial.versions else "then it follows, if not too much comes back"
    until = f"until {moment(trying.ends)}"
    if trying.ends is None:
        until = f"for the last of the mails that go first, and {duration(trial.wait)} more"
    return f"The {_rest(trying)} waits {until}; {then}."


def duration(wait: timedelta) -> str:
    """Return a wait in words: `30 minutes`, `4 hours`, `2 days`."""
    name, unit = next((each for each in _UNITS if wait >= each[1] and not wait % each[1]), _UNITS[-1])
    count = wait // unit
    return f"{count} {name}{'' if count == 1 else 's'}"


def _which(trial: Trial) -> str:
    return "the one that a person chooses" if trial.choose is Choice.PERSON else "the one that more readers clicked in"


def _rest(trying: Trying) -> str:
    return f"rest ({_people(trying.rest)})"


def _people(count: int) -> str:
    return f"{number(count)} {'person' if count == 1 else 'people'}"
