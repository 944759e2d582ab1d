"""What is put before the approver of a wave."""

from outreach.campaigns import queries as campaigns
from outreach.dashboard.approval import approval_markdown
from outreach.delivery import slots
from outreach.delivery.queries import claim, trials
from outreach.delivery.queries import view as deliveries
from outreach.model.delivery import Plan
from outreach.newsletters import queries as newsletters
from outreach.services import Services
from outreach.steps import preflight
from outreach.store import reading


def summary(services: Services, plan: Plan) -> str:
    """Return the question for the approval of *plan*, as markdown."""
    with reading(services.sessions) as session:
        wave = campaigns.view(session, plan.wave_id)
        messages = [claim.message(session, message_id) for message_id in deliveries.messages(session, plan.wave_id)]
        issue = newsletters.issue(session, plan.wave_id)
        trying = trials.standing(session, plan.wave_id)
    sent = {*plan.cells, *(("", variant) for _, variant in plan.cells)}
    texts = {
        message.name: message.fill(slots.onlooker(message, wave.id, "preview")).text
        for message in messages
        if (message.audience, message.variant) in sent
    }
    report = f"{services.settings.prefect_url.rstrip('/')}/v2/artifacts/key/{preflight.artifact(wave)}"
    return approval_markdown(plan, wave.title, texts, issue.draft if issue else None, report, trying=trying)
