"""Pulls news and events from every source."""

from prefect import flow, get_run_logger, task

from flows.events import emit_milestones
from outreach.services import open_services
from outreach.steps import content


@task(name="pull all sources", retries=2, retry_delay_seconds=[5, 30])
def pull_sources() -> dict[str, int]:
    """Pull whatever is due; a source that fails is reported and keeps nobody else from being pulled."""
    log = get_run_logger()
    with open_services() as services:
        report = content.pull(services)
    for url, why in report.failed:
        log.warning("%s: %s", url, why)
    return {
        "sources": report.sources,
        "new": report.new,
        "revised": report.revised,
        "cancelled": report.cancelled,
        "failed": len(report.failed),
    }


@flow(name="pull-content")
def pull_content() -> dict[str, int]:
    """Pull news and events from every source that is due."""
    report = pull_sources()
    emit_milestones()
    return report
