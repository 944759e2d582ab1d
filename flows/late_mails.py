"""Tries again whom the email API put off, and asks about calls that gave no answer, once their time has come."""

from prefect import flow

from flows.events import emit_milestones
from flows.lanes import send_lane, settle
from flows.refresh_dashboard import refresh_wave
from outreach.services import open_services
from outreach.steps import resolving, sending


@flow(name="late-mails")
def late_mails() -> dict[str, int]:
    """Send what is due, ask about what is unknown, and close waves; return people sent to by wave that had either."""
    with open_services() as services:
        due = set(sending.waves_with_due(services))
        asked = set(resolving.waves_to_ask(services))
    sent = {}
    for wave_id in sorted(due | asked):
        sent[str(wave_id)] = send_lane(wave_id) if wave_id in due else 0
        settle(wave_id)
        refresh_wave(wave_id)
    emit_milestones()
    return sent
