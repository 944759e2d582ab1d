"""Brings the dashboards up to date with the ledger's counters."""

from prefect import flow, task

from flows import artifacts
from flows.events import emit_milestones
from outreach.services import open_services
from outreach.steps import figures, letters, waves

OVERVIEW = "outreach-overview"


@task(name="draw a wave's dashboard", retries=3, retry_delay_seconds=[2, 10, 30])
def refresh_wave(wave_id: int) -> str:
    """Update one wave's dashboard; return its artifact's id."""
    with open_services() as services:
        wave = waves.wave(services, wave_id)
        markdown = figures.wave_dashboard(services, wave_id, figures.links(services, {}))
    return artifacts.publish(f"wave-{wave.key}", markdown, f"Delivery dashboard of {wave.campaign}, {wave.name}")


@task(name="draw the overview", retries=3, retry_delay_seconds=[2, 10, 30])
def refresh_overview(dashboards: dict[int, str]) -> str:
    """Update the page that lists all waves and calls; return its artifact's id."""
    with open_services() as services:
        markdown = figures.overview(services, figures.links(services, dashboards))
    return artifacts.publish(OVERVIEW, markdown, "All waves and calls; start here")


def refresh_with_overview(wave_id: int) -> None:
    """Update a wave's dashboard and the overview at once; what the overview says of a wave is true when it is steered.

    The other waves' dashboards stay as they are: the overview links to those that there are.
    """
    refresh_wave(wave_id)
    with open_services() as services:
        keys = {wave.id: f"wave-{wave.key}" for wave in waves.all_waves(services)}
    ids = artifacts.find_all(keys.values())
    refresh_overview({wave: ids[key] for wave, key in keys.items() if key in ids})


@flow(name="refresh-dashboard")
def refresh_dashboard() -> dict[int, str]:
    """Bring every dashboard up to date; return artifact ids by wave. Letters that were left behind leave as well."""
    emit_milestones()
    with open_services() as services:
        letters.send_waiting(services)
        shown = figures.waves_to_show(services)
    dashboards = {wave_id: refresh_wave(wave_id) for wave_id in shown}
    refresh_overview(dashboards)
    return dashboards
