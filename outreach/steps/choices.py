"""What a form may offer: the waves and audiences that stand in the folders."""

from pathlib import Path

from outreach.audience.read import names
from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.contacts.topics import read_topics
from outreach.model.people import TRACKING


def waves(templates: Path) -> tuple[str, ...]:
    """Return every wave of every campaign folder as `campaign/wave`."""
    campaigns = (load_campaign(templates, slug) for slug in list_campaigns(templates))
    return tuple(f"{campaign.slug}/{wave}" for campaign in campaigns for wave in campaign.waves)


def newsletters(templates: Path) -> tuple[str, ...]:
    """Return every newsletter of every campaign folder as `campaign/newsletter`."""
    campaigns = (load_campaign(templates, slug) for slug in list_campaigns(templates))
    return tuple(f"{campaign.slug}/{name}" for campaign in campaigns for name in campaign.newsletters)


def audiences(folder: Path) -> tuple[str, ...]:
    """Return the names of all segments."""
    return tuple(names(folder))


def topics(templates: Path) -> tuple[str, ...]:
    """Return what people can subscribe to; whether opens are measured is no subject of mails."""
    return tuple(name for name in read_topics(templates) if name != TRACKING)
