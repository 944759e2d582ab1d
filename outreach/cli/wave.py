"""`outreach wave …`: waves by terminal, for whoever prefers it to the Prefect UI."""

import time
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from outreach.cli.terminal import say
from outreach.dashboard.tried import HEAD, question, rows_of, standing
from outreach.dashboard.waits import waits_briefly, waits_in_words
from outreach.errors import StateError
from outreach.model.delivery import Plan
from outreach.model.preflight import Finding
from outreach.model.wave import WaveState, WaveStep
from outreach.services import open_services
from outreach.steps import pacing, preflight, resolving, sending, trials, waves

app = App(name="wave", help="Plan, approve, send and steer waves.")


@app.command(name="list")
def list_waves() -> None:
    """List all waves, newest first."""
    table = Table("id", "campaign", "wave", "state", "audiences", "waiting")
    with open_services() as services:
        for wave in waves.all_waves(services):
            waits = waits_briefly(pacing.waiting(services, wave.id))
            state = escape(f"{wave.state}: {wave.paused_why}" if wave.paused_why else wave.state)
            table.add_row(str(wave.id), wave.campaign, wave.name, state, ", ".join(wave.audiences), waits)
    Console().print(table)


@app.command
def plan(campaign: str, wave: str = "") -> None:
    """Freeze who gets a wave and what, without sending anything.

    Parameters
    ----------
    campaign
        Campaign and wave, such as sociaal-werkers/start.
    wave
        The wave, where the first names the campaign alone.
    """
    if not wave:
        campaign, _, wave = campaign.partition("/")
    with open_services() as services:
        planned = waves.plan_wave(services, *waves.named(services, campaign, wave))
        trying = trials.standing(services, planned.wave_id)
    _print(planned)
    if trying:
        say([question(trying)])


@app.command(name="preflight")
def look_over(wave: int) -> None:
    """Look over a planned wave: do its links lead somewhere, is it spam, what does it look like. Up to a minute.

    Parameters
    ----------
    wave
        Its number, as `plan` and `list` print it.
    """
    with open_services() as services:
        seen = preflight.inspect(services, wave)
        address = services.settings.public_url.rstrip("/")
    table = Table("mail", "subject", "size at most", "spam score")
    for mail in seen.mails:
        table.add_row(
            *map(escape, (mail.message, mail.subject)),
            f"{mail.held / 1000:.0f} kB",
            f"{mail.score.points:g}" if mail.score else "–",
        )
    Console().print(table)
    for picture in seen.pictures:
        say([f"{picture.message}, {picture.width} px, {picture.scheme}: {address}/pictures/{picture.key}.png"])
    say(map(_told, seen.findings))


@app.command
def approve(
    wave: int,
    *,
    digest: str,
    by: str,
    note: str = "",
    without_a_look: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Let a planned wave go, as `plan` froze it: later edits and later contacts are not in it. First: wave preflight.

    Parameters
    ----------
    wave
        Its number, as `plan` and `list` print it.
    digest
        What `plan` printed at its end.
    by
        Who decides.
    note
        Kept with the decision.
    without_a_look
        Do without the look of `wave preflight`; that is kept with the decision, too.
    """
    with open_services() as services:
        waves.approve_wave(services, wave, digest, by=by, note=note, without_a_look=without_a_look)
        print(f"wave {wave} is approved; send it with: outreach wave send {wave}")


@app.command
def send(wave: int) -> None:
    """Send an approved wave here and now; stopped at any point, it goes on when called again."""
    with open_services() as services:
        if waves.wave(services, wave).state is WaveState.PAUSED:
            why = waves.wave(services, wave).paused_why
            raise StateError(f"wave {wave} is paused{': ' if why else ''}{why}; first: outreach wave resume {wave}")
        waves.start_wave(services, wave)
        trials.decide(services, wave)
        resolving.resolve_unknown(services, wave)
        sending.send_batches(services, wave, time.sleep)
        time.sleep(sending.seconds_until_settled(services, wave))
        resolving.resolve_unknown(services, wave)
        outcome = sending.finish_wave(services, wave)
        trying, waits = trials.standing(services, wave), pacing.waiting(services, wave)
        why = waves.wave(services, wave).paused_why
    print(
        f"accepted {outcome.accepted}, refused {outcome.refused}, unknown {outcome.unknown}, waiting {outcome.waiting}"
    )
    say(waits_in_words(waits))
    if trying:
        say([standing(trying)])
    if why:
        raise StateError(f"wave {wave} is paused: {why}")


@app.command
def show(wave: int) -> None:
    """Tell where a wave stands: what it waits for, and what came of the share of it that went first.

    Parameters
    ----------
    wave
        Its number, as `plan` and `list` print it.
    """
    with open_services() as services:
        shown, trying = waves.wave(services, wave), trials.standing(services, wave)
        waits = pacing.waiting(services, wave)
    why = f": {shown.paused_why}" if shown.paused_why else ""
    say([f"wave {wave}, {shown.campaign}/{shown.name}, is {shown.state}{why}", *waits_in_words(waits)])
    if trying:
        table = Table(*HEAD)
        for row in rows_of(trying):
            table.add_row(*map(escape, row))
        Console().print(table)
        say([standing(trying)])


@app.command
def choose(wave: int, version: str, *, by: str) -> None:
    """Say which of two versions the rest of a wave gets; then: outreach wave send.

    Parameters
    ----------
    wave
        Its number, as `plan` and `list` print it.
    version
        a or b; both were approved.
    by
        Who decides.
    """
    with open_services() as services:
        print(f"wave {wave}: {trials.choose(services, wave, version, by=by).why}")


@app.command
def release(wave: int, *, by: str) -> None:
    """Let the rest of a wave go without waiting for what comes of its canary; then: outreach wave send.

    Parameters
    ----------
    wave
        Its number, as `plan` and `list` print it.
    by
        Who decides.
    """
    with open_services() as services:
        print(f"wave {wave}: {trials.release(services, wave, by=by).why}")


@app.command
def pause(wave: int) -> None:
    """Hold a wave; effective within one batch."""
    _step(wave, WaveStep.PAUSE)


@app.command
def resume(wave: int) -> None:
    """Let a held wave go on; then: outreach wave send."""
    _step(wave, WaveStep.RESUME)


@app.command
def cancel(wave: int) -> None:
    """End a wave for good; what is sent is sent."""
    _step(wave, WaveStep.CANCEL)


def _step(wave: int, step: WaveStep) -> None:
    with open_services() as services:
        print(f"wave {wave} is {waves.take_step(services, wave, step)}")


def _print(planned: Plan) -> None:
    table = Table("audience", "variant", "recipients")
    for (audience, variant), size in planned.cells.items():
        table.add_row(audience, variant, str(size))
    console = Console()
    console.print(table)
    for reason, n in planned.out.items():
        console.print(f"left out: {n} ({reason})", markup=False)
    say(map(_told, planned.findings))
    console.print(f"wave {planned.wave_id}, {planned.recipients} recipients, digest {planned.digest}")


def _told(finding: Finding) -> str:
    return f"{finding.level}: {finding.where}: {finding.what}"
