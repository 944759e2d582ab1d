"""Sends a share of a wave beside the run that takes it through, on whichever machine is free."""

from prefect import flow
from pydantic import BaseModel

from flows import lanes
from flows.alive import signs_of_life
from flows.forms import lanes_at_a_time, wave_name
from outreach.errors import StateError
from outreach.services import open_services
from outreach.steps import steering


class ShareForm(BaseModel):
    """Which wave, and how much of it at a time."""

    name: str = wave_name(1)
    lanes: int = lanes_at_a_time(2)


@flow(name="send-lane", flow_run_name="{share.name}")
def send_lane(share: ShareForm) -> int:
    """Claim and send batches until none is left; return people sent to.

    It plans, approves, starts, resumes and closes nothing: of a wave that is not being sent it sends nothing, and ends.
    """
    lanes.check_starts()
    with open_services() as services:
        wave = steering.named(services, share.name)
    with signs_of_life():
        sent, reasons = lanes.run_lanes(wave.id, share.lanes)
    if reasons:
        raise StateError(f"{sent} people were sent to; the others are left to the wave's own run: {reasons}")
    return sent
