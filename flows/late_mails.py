"""Goes on with waves whose time has come: mails that were put off, calls without an answer, the rest after a trial."""

from prefect import flow

from flows.alive import TakenOver, signs_of_life
from flows.events import emit_milestones
from flows.forms import LANES
from flows.lanes import check_starts, run_lanes, settle
from flows.refresh_dashboard import refresh_wave
from outreach.errors import StateError
from outreach.services import open_services
from outreach.steps import resolving, sending, standing, trials


@flow(name="late-mails")
def late_mails() -> dict[str, int]:
    """Send what is due, ask about what is unknown, decide trials, close waves; return people sent to by wave."""
    check_starts()
    with open_services() as services:
        decided = {wave_id for wave_id in trials.due(services) if trials.decide(services, wave_id)}
        due = {
            wave_id for wave_id in sending.waves_with_due(services) if not standing.pause_if_still(services, wave_id)
        }
        asked = set(resolving.waves_to_ask(services))
    sent: dict[str, int] = {}
    failed: dict[int, str] = {}
    with signs_of_life():
        for wave_id in sorted(due | asked | decided):
            try:
                sent[str(wave_id)], failed[wave_id] = run_lanes(wave_id, LANES.lanes) if wave_id in due else (0, "")
                settle(wave_id)
                refresh_wave(wave_id)
            except TakenOver:
                raise
            except Exception as error:  # one wave's trouble holds up no other
                failed[wave_id] = str(error)
        emit_milestones()
    if any(failed.values()):
        raise StateError("; ".join(f"wave {wave_id}: {reason}" for wave_id, reason in failed.items() if reason))
    return sent
