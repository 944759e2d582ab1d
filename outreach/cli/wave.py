"""`outreach wave …`: waves by terminal, for whoever prefers it to the Prefect UI."""

import time
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from outreach.cli.terminal import say
from outreach.errors import StateError
from outreach.model.delivery import Plan
from outreach.model.preflight import Finding
from outreach.model.wave import WaveState, WaveStep
from outreach.services import open_services
from outreach.steps import preflight, resolving, sending, waves

app = App(name="wave", help="Plan, approve, send and steer waves.")


@app.command(name="list")
def list_waves() -> None:
    """List all waves, newest first."""
    table = Table("id", "campaign", "wave", "state", "audiences")
    with open_services() as services:
        for wave in waves.all_waves(services):
            table.add_row(str(wave.id), wave.campaign, wave.name, wave.state, ", ".join(wave.audiences))
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
        _print(waves.plan_wave(services, *waves.named(services, campaign, wave)))


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
            raise StateError(f"wave {wave} is paused; first: outreach wave resume {wave}")
        waves.start_wave(services, wave)
        resolving.resolve_unknown(services, wave)
        sending.send_batches(services, wave, time.sleep)
        time.sleep(sending.seconds_until_settled(services, wave))
        resolving.resolve_unknown(services, wave)
        outcome = sending.finish_wave(services, wave)
    print(
        f"accepted {outcome.accepted}, refused {outcome.refused}, unknown {outcome.unknown}, waiting {outcome.waiting}"
    )


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
