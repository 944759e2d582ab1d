"""Showing what came of a wave: figures and dashboards, read without holding up who writes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from outreach.campaigns import queries as campaigns
from outreach.dashboard import queries
from outreach.dashboard.render import DashboardLinks, overview_markdown, wave_markdown
from outreach.model.report import Figure, WaveReport
from outreach.services import Services
from outreach.steps import left, trials
from outreach.store import reading


def links(services: Services, artifacts: Mapping[int, str]) -> DashboardLinks:
    """Return where things are shown; *artifacts* are the ids of the dashboards by wave."""
    settings = services.settings
    return DashboardLinks(
        public_url=settings.public_url,
        prefect_url=settings.prefect_url,
        outbox_url=settings.outbox_url if settings.provider == "outbox" else None,
        artifacts=artifacts,
    )


def wave_report(services: Services, wave_id: int) -> WaveReport:
    """Return all figures of a wave."""
    with reading(services.sessions) as session:
        return queries.report(session, wave_id)


def wave_dashboard(services: Services, wave_id: int, links: DashboardLinks) -> str:
    """Return a wave's dashboard as markdown."""
    with reading(services.sessions) as session:
        report, wave = queries.report(session, wave_id), campaigns.view(session, wave_id)
    whole = replace(left.of_wave(services, wave), trying=trials.standing(services, wave_id))
    return wave_markdown(report, links=links, now=services.clock(), left=whole)


def overview(services: Services, links: DashboardLinks) -> str:
    """Return the index of all waves and calls as markdown."""
    with reading(services.sessions) as session:
        reports = [queries.report(session, wave_id) for wave_id in queries.wave_ids(session)]
        calls = queries.call_progress(session)
    return overview_markdown(reports, calls, links, services.clock(), left.under_way(services))


def waves_to_show(services: Services) -> list[int]:
    """Return the waves that have something to show, the newest first."""
    with reading(services.sessions) as session:
        return queries.wave_ids(session)


def totals(services: Services, wave_ids: Iterable[int]) -> dict[str, Any]:
    """Return the figures of several waves added up, as JSON can carry them."""
    reports = [wave_report(services, wave_id) for wave_id in wave_ids]
    return {
        "recipients": {
            "total": _total(reports, Figure.RECIPIENTS),
            "audiences": _along(reports, "audience"),
            "languages": _along(reports, "variant"),
        },
        "batches": sum(sum(report.batches.values()) for report in reports),
        "accepted": _total(reports, Figure.ACCEPTED),
        "delivered": _total(reports, Figure.DELIVERED),
        "opens": _total(reports, Figure.OPENS),
        "clicks": _total(reports, Figure.CLICKS),
        "signups": _total(reports, Figure.SIGNUPS),
        "unsubscribes": _total(reports, Figure.UNSUBSCRIBES),
        "unknown": sum(report.unknown for report in reports),
    }


def _total(reports: Iterable[WaveReport], figure: Figure) -> int:
    return sum(report.total(figure) for report in reports)


def _along(reports: Iterable[WaveReport], axis: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for report in reports:
        for name, count in report.by(axis, Figure.RECIPIENTS).items():
            if count:
                sums[name] = sums.get(name, 0) + count
    return dict(sorted(sums.items()))
