"""Tries again whom the email API put off for now, once their time has come."""

from prefect import flow

from flows.events import emit_milestones
from flows.lanes import send_lane, settle
from flows.refresh_dashboard import refresh_wave
from outreach.services import open_services
from outreach.steps import sending


@flow(name="late-mails")
def late_mails() -> dict[str, int]:
    """Send what is due of every wave that is sending; return people accepted by wave."""
    with open_services() as services:
        due = sending.waves_with_due(services)
    accepted = {}
    for wave_id in due:
        accepted[str(wave_id)] = send_lane(wave_id)
        settle(wave_id)
        refresh_wave(wave_id)
    emit_milestones()
    return accepted
