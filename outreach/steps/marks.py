"""Marks that `outreach campaign new` left for the author, wherever they stand in `campaign.toml`, comments too."""

from collections.abc import Iterator

from outreach.campaigns.files import shown, text
from outreach.compose.unfinished import PLACEHOLDER
from outreach.model.campaign import Campaign
from outreach.model.preflight import Finding, Level


def marks_left(campaign: Campaign) -> Iterator[Finding]:
    """Yield every line of `campaign.toml` that still holds a mark; a campaign of a run form has no such file."""
    if campaign.folder is None:
        return
    path = campaign.folder / "campaign.toml"
    for number, line in enumerate(text(path).splitlines(), start=1):
        if PLACEHOLDER in line:
            what = f"line {number} still holds {PLACEHOLDER}: {line.strip()[:80]}"
            yield Finding(Level.STOP, shown(path), f"{what}; write what is true and take the mark out")
