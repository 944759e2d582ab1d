"""`outreach wave …`: waves by terminal, for whoever prefers it to the Prefect UI."""

import time
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from outreach.campaigns.read import load_campaign
from outreach.cli import wave_shown
from outreach.cli.terminal import say
from outreach.dashboard.tried import question
from outreach.errors import DefinitionError, StateError
from outreach.model.delivery import Plan
from outreach.model.preflight import Finding
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services, open_services
from outreach.steps import figures, left, preflight, resolving, sending, steering, trials, waves

app = App(name="wave", help="Plan, approve, send and steer waves.")

Wave = Annotated[str, Parameter(help="campaign/wave, such as sociaal-werkers/start, its title, or its number.")]
By = Annotated[str, Parameter(help="Your name; kept with the wave.")]


@app.command(name="list")
def list_waves() -> None:
    """List all waves, newest first, with what they wait for."""
    with open_services() as services:
        known = waves.all_waves(services)
        waiting = left.under_way(services)
        now = services.clock()
    Console().print(wave_shown.table_of(known, waiting, now))


@app.command
def plan(campaign: str, wave: str = "", /) -> None:
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
        if not wave:
            raise _campaign_alone(services, campaign)
        planned = waves.plan_wave(services, *waves.named(services, campaign, wave))
        trying = trials.standing(services, planned.wave_id)
    _print(planned)
    if trying:
        say([question(trying)])


@app.command(name="preflight")
def look_over(wave: Wave, /) -> None:
    """Look over a planned wave: do its links lead somewhere, is it spam, what does it look like. Up to a minute."""
    with open_services() as services:
        seen = preflight.inspect(services, steering.named(services, wave).id)
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
    wave: Wave,
    /,
    *,
    digest: str,
    by: str,
    note: str = "",
    without_a_look: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Let a planned wave go, as `plan` froze it: later edits and later contacts are not in it. First: wave preflight.

    Parameters
    ----------
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
        wave_id = steering.named(services, wave).id
        waves.approve_wave(services, wave_id, digest, by=by, note=note, without_a_look=without_a_look)
        print(f"wave {wave_id} is approved; send it with: outreach wave send {wave_id}")


@app.command
def send(wave: Wave, /) -> None:
    """Send an approved wave here and now; stopped at any point, it goes on when called again."""
    with open_services() as services:
        found = steering.named(services, wave)
        if found.state is WaveState.PAUSED:
            why = f": {found.paused_why}" if found.paused_why else ""
            raise StateError(f"wave {found.id} is paused{why}; first: outreach wave resume {found.id}")
        waves.start_wave(services, found.id)
        trials.decide(services, found.id)
        resolving.resolve_unknown(services, found.id)
        sending.send_batches(services, found.id, time.sleep)
        time.sleep(sending.seconds_until_settled(services, found.id))
        resolving.resolve_unknown(services, found.id)
        outcome = sending.finish_wave(services, found.id)
        sending.seconds_until_due(services, found.id)  # where what goes first has gone, this fixes when it is looked at
        found = waves.wave(services, found.id)
        of_it, trying = left.of_wave(services, found), trials.standing(services, found.id)
        now = services.clock()
    print(
        f"accepted {outcome.accepted}, refused {outcome.refused}, unknown {outcome.unknown}, waiting {outcome.waiting}"
    )
    say(wave_shown.what_waits(found, of_it, trying, now))
    if found.state is WaveState.PAUSED:
        raise StateError(f"wave {found.id} is paused{': ' if found.paused_why else ''}{found.paused_why}")


@app.command
def show(wave: Wave, /) -> None:
    """Tell where a wave stands: its figures, what it waits for, and what came of the share of it that went first."""
    with open_services() as services:
        found = steering.named(services, wave)
        report, of_it = figures.wave_report(services, found.id), left.of_wave(services, found)
        trying, now = trials.standing(services, found.id), services.clock()
    say(wave_shown.about(found, report))
    console = Console()
    console.print(wave_shown.figures_of(report, of_it))
    if trying:
        console.print(wave_shown.versions_of(trying))
    say(wave_shown.what_waits(found, of_it, trying, now))


@app.command
def choose(wave: Wave, version: str, /, *, by: By) -> None:
    """Say which of two versions the rest of a wave gets, a or b; then: outreach wave send. Both were approved."""
    with open_services() as services:
        found = steering.named(services, wave)
        print(f"wave {found.id}: {trials.choose(services, found.id, version, by=by).why}")


@app.command
def release(wave: Wave, /, *, by: By) -> None:
    """Let the rest of a wave go without waiting for what comes of its canary; then: outreach wave send."""
    with open_services() as services:
        found = steering.named(services, wave)
        print(f"wave {found.id}: {trials.release(services, found.id, by=by).why}")


@app.command
def pause(wave: Wave, /, *, by: By = "", why: str = "") -> None:
    """Hold a wave; effective within one batch.

    Parameters
    ----------
    why
        What for; it stands on the wave's dashboard, and needs a name in --by.
    """
    _step(wave, WaveStep.PAUSE, by=by, why=why)


@app.command
def resume(wave: Wave, /, *, by: By = "") -> None:
    """Let a held wave go on; then: outreach wave send."""
    _step(wave, WaveStep.RESUME, by=by)


@app.command
def cancel(wave: Wave, /, *, by: By = "") -> None:
    """End a wave for good; what is sent is sent."""
    _step(wave, WaveStep.CANCEL, by=by)


def _step(wave: str, step: WaveStep, *, by: str, why: str = "") -> None:
    with open_services() as services:
        found = steering.named(services, wave)
        print(f"wave {found.id} is {waves.take_step(services, found.id, step, by=by, why=why)}")


def _campaign_alone(services: Services, campaign: str) -> DefinitionError:
    """Return what to tell who named a campaign where a wave is wanted."""
    known = ", ".join(f"{campaign}/{name}" for name in load_campaign(services.settings.templates, campaign).waves)
    return DefinitionError(
        f"wave: found {campaign!r}, which is a campaign; write one of its waves: {known}"
        if known
        else f"wave: found {campaign!r}, which is a campaign without waves; add one to its campaign.toml"
    )


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
