"""Goes on with one wave whose time has come, in a run of its own: what was put off, what waited, what a trial left."""

from prefect import flow
from pydantic import BaseModel

from flows import lanes
from flows.ending import Ended
from flows.forms import LANES, LanesForm, wave_name
from outreach.services import open_services
from outreach.steps import sending as steps
from outreach.steps import standing, steering

WORTH = 10
"""Calls for each lane for which a further worker is worth its while: fewer are made before it has begun."""


class OpenWaveForm(BaseModel):
    """Which wave."""

    name: str = wave_name(1)


def needed(how: LanesForm, batches: int) -> LanesForm:
    """Return as many workers of those asked for as *batches* keep busy: a few mails put off need no machine more."""
    return how.model_copy(update={"workers": min(how.workers, batches // (how.lanes * WORTH))})


@flow(name="go-on-wave", flow_run_name="{wave.name}")
def go_on_wave(wave: OpenWaveForm, sending: LanesForm = LANES) -> Ended:
    """Send what is due of a wave that is being sent, and settle it; one that stood still meanwhile is paused."""
    lanes.check_starts()
    with open_services() as services:
        found = steering.named(services, wave.name)
        standing.pause_if_still(services, found.id)
        batches = steps.batches_due(services, found.id)
    return lanes.send_open(found.id, needed(sending, batches))
