"""What a form may offer: the waves and audiences that stand in the folders."""

from pathlib import Path

from outreach.audience.read import names
from outreach.campaigns.read import list_campaigns, load_campaign


def waves(templates: Path) -> tuple[str, ...]:
    """Return every wave of every campaign folder as `campaign/wave`."""
    campaigns = (load_campaign(templates, slug) for slug in list_campaigns(templates))
    return tuple(f"{campaign.slug}/{wave}" for campaign in campaigns for wave in campaign.waves)


def audiences(folder: Path) -> tuple[str, ...]:
    """Return the names of all segments."""
    return tuple(names(folder))
