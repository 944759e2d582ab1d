"""Plans a wave of a campaign folder, waits for a person's approval, sends it and shows how it goes."""

from prefect import flow, runtime
from pydantic import BaseModel, Field

from flows import forms, lanes
from flows.again import step
from flows.ending import Ended
from flows.forms import SENDING, SendingForm, at
from outreach.model.delivery import Plan
from outreach.services import open_services
from outreach.steps import waves


class WaveForm(BaseModel):
    """Which wave."""

    name: str = Field(title="Wave", description="campaign / wave", json_schema_extra=at(1, **forms.waves()))


@step("plan the wave", after=(5, 20))
def plan_wave(name: str, run: str) -> Plan:
    """Compile the mails and freeze the recipients; a run that starts again keeps what it had planned."""
    slug, _, wave = name.partition("/")
    with open_services() as services:
        return waves.planned_for(services, *waves.named(services, slug, wave), run)


@flow(name="send-wave", flow_run_name="{wave.name}")
def send_wave(wave: WaveForm, sending: SendingForm = SENDING) -> Ended:
    """Send one wave of a campaign folder; started again at any point, it goes on where it was."""
    plan = plan_wave(wave.name, runtime.flow_run.id)
    return lanes.take_through(plan, sending, ask=sending.approval)
