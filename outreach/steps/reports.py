"""What providers report, from their webhooks into the ledger."""

import logging
from collections.abc import Mapping

from outreach.delivery.queries import settle
from outreach.errors import TokenRefused
from outreach.model.provider_report import ProviderReport
from outreach.services import Services
from outreach.steps import breaking

log = logging.getLogger(__name__)


def take_webhook(services: Services, headers: Mapping[str, str], body: bytes) -> int:
    """Verify a webhook and write its reports down; return how many were news. `TokenRefused` if it is not authentic."""
    now = services.clock()
    reports = services.provider.reports(headers, body, now)
    ours = [(delivery_id, report) for report in reports if (delivery_id := _delivery(services, report)) is not None]
    with services.sessions.begin() as session:
        news = settle.take_reports(session, services.provider.name, ours, now)
    if news:
        breaking.check_after(services, [(delivery_id, report.kind) for delivery_id, report in ours])
    return news


def _delivery(services: Services, report: ProviderReport) -> int | None:
    try:
        return services.tokens.delivery_of(report.rid)
    except TokenRefused:
        log.warning("a report names a mail that is not ours: %s", report.event_id)
        return None
