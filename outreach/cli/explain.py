"""`outreach explain EMAIL WAVE`: why one person gets a mail, or does not."""

from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from outreach.audience.explanation import Explanation, Ground, Had, Hearing, Out, Wish
from outreach.cli.audience import words
from outreach.cli.terminal import say
from outreach.model.people import DAYS_BETWEEN
from outreach.model.segment import Judged
from outreach.services import open_services
from outreach.steps import explaining

HOLDS, FAILS = "[green]✓[/]", "[red]✗[/]"


def explain(email: str, wave: str) -> None:
    """Say why a wave is for a person or not: which rules, on which consent, since when, and what the ledger says.

    Parameters
    ----------
    email
        The person's address.
    wave
        Campaign and wave, such as sociaal-werkers/start; it need not be planned yet.
    """
    with open_services() as services:
        explanation = explaining.explain(services, email, wave)
    say(lines(explanation))
    console = Console(highlight=False)
    for hearing in explanation.hearings:
        console.print(tree(hearing))


def lines(explanation: Explanation) -> list[str]:
    """Return what holds whatever the audience, in words."""
    aim = explanation.aim
    about = [f"{explanation.email} and {aim.campaign}/{aim.wave} (topic {aim.topic})", f"so: {_verdict(explanation)}"]
    if explanation.suppression:
        found = explanation.suppression
        about.append(f"suppressed: {found.reason}{_of(found.detail)}, since {_day(found.at)}")
    if explanation.person is None:
        return about
    zone = f"; lives in the time zone {explanation.person.time_zone}" if explanation.person.time_zone else ""
    joined = f"in our files since {_day(explanation.person.joined)}{zone}"
    wishes = (*_wish(explanation.wish), *_had(explanation.had))
    return [*about, joined, *_consent(explanation.ground, aim.topic), *wishes, _ledger(explanation)]


def tree(hearing: Hearing) -> Tree:
    """Return an audience's rules with what each says about the person."""
    said = f"not in it: {hearing.out}" if hearing.out else "in it"
    grown = Tree(f"{FAILS if hearing.out else HOLDS} audience {escape(hearing.audience)}: {escape(said)}")
    if hearing.instead:
        grown.add(escape(f"instead: {', '.join(hearing.instead)}"))
    if hearing.fault:
        grown.add(escape(hearing.fault))
    if hearing.judged:
        _grow(grown, hearing.judged)
    return grown


def _grow(grown: Tree, judged: Judged) -> None:
    branch = grown.add(f"{HOLDS if judged.holds else FAILS} {escape(words(judged.rule))}")
    for part in judged.parts:
        _grow(branch, part)


def _verdict(explanation: Explanation) -> str:
    if explanation.person is None:
        if explanation.forgotten_at:
            return f"nothing is sent; this person was forgotten on request, on {_day(explanation.forgotten_at)}"
        return "nothing is sent; nobody in our files has this address"
    if explanation.entry:
        return f"the wave was planned for this person, in the audience {explanation.entry.audience}"
    if explanation.taken_by:
        later = "; the wave was planned before that was so" if explanation.aim.planned_at else ""
        return f"would get it now, in the audience {explanation.taken_by}{later}"
    first = next((each.out for each in explanation.hearings if each.out not in (Out.RULES, Out.UNREADABLE)), None)
    return f"would not get it: {first or 'no audience of the wave lets this person in'}"


def _consent(ground: Ground | None, topic: str) -> list[str]:
    if ground is None:
        return [f"consent: nothing was ever said about {topic}, so nothing may be sent"]
    act = ground.act
    if not ground.in_force:
        return [f"consent: withdrawn on {_day(act.at)}, by {act.source}{_of(act.evidence)}"]
    since = ground.since or act.since
    written = f", written down {_day(act.at)}" if since != act.at else ""
    said = f"consent: {act.basis} to {topic}, in force since {_day(since)}{written}, from {act.source}"
    text = [f"  the text{_of(act.version)}: “{act.text}”"] if act.text else []
    return [f"{said}{_of(act.evidence)}", *text]


def _wish(wish: Wish | None) -> list[str]:
    if wish is None or not DAYS_BETWEEN[wish.frequency]:
        return []
    last = f"last written to on {_day(wish.last)}" if wish.last else "not written to before"
    return [f"frequency: at most {wish.frequency}; {last}{'; too lately for another mail' if wish.too_soon else ''}"]


def _had(had: Had | None) -> list[str]:
    if had is None:
        return []
    most = f"at most {had.cap.mails} in {had.cap.days} {'days' if had.cap.days != 1 else 'day'}"
    enough = "; no more now" if had.enough else ""
    return [f"cap of the house: {most}; other waves so far: {had.mails}{enough}"]


def _ledger(explanation: Explanation) -> str:
    entry, aim = explanation.entry, explanation.aim
    if aim.wave_id is None or aim.planned_at is None:
        return "ledger: the wave was never planned; this is what its folder says"
    planned = _day(aim.planned_at)
    if entry is None:
        return f"ledger: the wave was planned on {planned}, and not for this person"
    frozen = f"frozen on {planned} in the audience {entry.audience}, as {entry.variant}"
    return f"ledger: {frozen}; the mail is {entry.status}"


def _of(detail: str) -> str:
    return f" ({detail})" if detail else ""


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
