"""What the public sees of campaigns and calls, and the answers it gives."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from outreach.calls import queries
from outreach.calls.form import Checked, check
from outreach.calls.standing import CallStanding, PublicCampaign, Submission
from outreach.campaigns.read import load_campaign
from outreach.errors import DefinitionError, NotFound, TokenRefused
from outreach.model.content import Content
from outreach.services import Services
from outreach.steps import content
from outreach.steps.guards import Guards, Outcome, Posted, Submitted, why_not
from outreach.store import reading

log = logging.getLogger(__name__)

RECENT_NEWS = 3
RECENT_EVENTS = 5


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """A campaign's page. *demands* per language; *open_calls* can be answered now, *closed_calls* no longer."""

    campaign: PublicCampaign
    open_calls: tuple[CallStanding, ...]
    closed_calls: tuple[CallStanding, ...]
    demands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    news: tuple[Content, ...] = ()
    events: tuple[Content, ...] = ()


@dataclass(frozen=True, slots=True)
class CallPage:
    """A form's page, with a fresh *form_token*; *closed* where answers are no longer taken."""

    campaign: PublicCampaign
    standing: CallStanding
    closed: bool
    form_token: str


def open_campaigns(services: Services) -> list[CampaignPage]:
    """Return all campaigns without their content: those with something to answer first, then the newest."""
    with reading(services.sessions) as session:
        pages = [_page(services, campaign) for campaign in queries.campaigns(session)]
    return sorted(pages, key=lambda page: not page.open_calls)


def campaign_page(services: Services, slug: str, language: str) -> CampaignPage:
    """Return a campaign's page with what is new on its topic, or `NotFound`."""
    with reading(services.sessions) as session:
        campaign = queries.campaign_by_slug(session, slug)
    shown = language if language in campaign.languages else campaign.languages[0]
    news, events = content.fitting(
        services, topic=campaign.topic, language=shown, news=RECENT_NEWS, events=RECENT_EVENTS
    )
    return _page(services, campaign, _demands(services, slug), tuple(news), tuple(events))


def call_page(services: Services, slug: str) -> CallPage:
    """Return a call's page with its form, or `NotFound`."""
    now = services.clock()
    with reading(services.sessions) as session:
        standing = queries.call_by_slug(session, slug)
        campaign = queries.campaign_of(session, standing)
    return CallPage(campaign, standing, standing.closed(now), services.tokens.form(slug, now))


def submit_call(services: Services, slug: str, posted: Posted, phrases: Mapping[str, str], guards: Guards) -> Submitted:
    """Store a form's answers, unless something speaks against it; the same form sent twice is stored once.

    A filled honeypot is answered like any other form, and nothing is kept.
    """
    with services.sessions.begin() as session:
        standing = queries.call_by_slug(session, slug)
        checked = check(standing.call, posted.values, phrases)
        if posted.honeypot:
            log.info("a form was filled in by a program", extra={"call": slug})
            return Submitted(Outcome.TAKEN, checked)
        refused = _refused(services, standing, posted, checked, guards)
        if refused is None and posted.network:
            sent = queries.sent_lately(session, standing, posted.network, services.clock())
            refused = Outcome.TOO_MANY if sent >= guards.per_hour else None
        if refused is not None:
            return Submitted(refused, checked)
        given = queries.submit(session, standing, _submission(services, posted, checked))
    return Submitted(Outcome.TAKEN, checked, given)


def ask_database(services: Services) -> None:
    """Fail if the database does not answer."""
    with reading(services.sessions) as session:
        queries.campaigns(session)


def _refused(
    services: Services, standing: CallStanding, posted: Posted, checked: Checked, guards: Guards
) -> Outcome | None:
    if standing.closed(services.clock()):
        return Outcome.CLOSED
    return why_not(services, standing.call.slug, posted, guards, good=checked.good)


def _submission(services: Services, posted: Posted, checked: Checked) -> Submission:
    return Submission(
        values=dict(checked.values),
        language=posted.language,
        form_token=posted.form_token,
        at=services.clock(),
        network=posted.network,
        delivery_id=_delivery(services, posted.rid),
    )


def _delivery(services: Services, rid: str) -> int | None:
    """Return the mail that led to the form; a damaged one does not keep anybody from answering."""
    try:
        return services.tokens.delivery_of(rid) if rid else None
    except TokenRefused:
        return None


def _page(
    services: Services,
    campaign: PublicCampaign,
    demands: Mapping[str, tuple[str, ...]] | None = None,
    news: tuple[Content, ...] = (),
    events: tuple[Content, ...] = (),
) -> CampaignPage:
    now = services.clock()
    return CampaignPage(
        campaign=campaign,
        open_calls=tuple(standing for standing in campaign.calls if not standing.closed(now)),
        closed_calls=tuple(standing for standing in campaign.calls if standing.closed(now)),
        demands=demands or {},
        news=news,
        events=events,
    )


def _demands(services: Services, slug: str) -> Mapping[str, tuple[str, ...]]:
    """Return what the campaign demands, from its folder; a call of one's own has none."""
    try:
        return load_campaign(services.settings.templates, slug).demands
    except NotFound:
        return {}
    except DefinitionError as error:
        log.warning("the campaign's folder cannot be read: %s", error, extra={"campaign": slug})
        return {}
