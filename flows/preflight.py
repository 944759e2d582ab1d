"""The look over a planned wave before anybody is asked to approve it, shown as an artifact."""

from dataclasses import replace

from flows import artifacts
from flows.again import step
from outreach.campaigns.queries import WaveView
from outreach.model.delivery import Plan
from outreach.model.wave import WaveState
from outreach.services import open_services
from outreach.steps import preflight, waves


def looked_over(plan: Plan) -> Plan:
    """Return *plan* with what was found since it was made; a wave that waits for no approval is not looked over."""
    with open_services() as services:
        wave = waves.wave(services, plan.wave_id)
    if wave.state is WaveState.PLANNED:
        look_over(wave)
    with open_services() as services:
        return replace(plan, findings=preflight.findings(services, plan.wave_id))


@step("look over the wave", after=(5, 20))
def look_over(wave: WaveView) -> None:
    """Look over the wave and publish what was found; a run that starts again does not look twice within a day.

    It is published before it is kept: what is kept has been shown. Whoever answers after more than a day starts the
    run again, and so has it look again before anything goes.
    """
    with open_services() as services:
        if preflight.is_done(services, wave.id):
            return
        seen = preflight.look(services, wave.id)
        words = f"What was found in the mails of {wave.campaign}, {wave.name}, before their approval"
        artifacts.publish(preflight.artifact(wave), preflight.report(services, seen), words)
        preflight.keep(services, seen)
