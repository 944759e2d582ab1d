"""What a form may offer: the waves and audiences that stand in the folders."""

from pathlib import Path

from outreach.audience.read import list_segments
from outreach.campaigns.read import list_campaigns, load_campaign


def waves(templates: Path) -> tuple[str, ...]:
    """Return every wave of every campaign folder as `campaign/wave`."""
    return tuple(f"{slug}/{name}" for slug in list_campaigns(templates) for name in load_campaign(templates, slug).waves)


def audiences(folder: Path) -> tuple[str, ...]:
    """Return the names of all segments."""
    return list_segments(folder)
