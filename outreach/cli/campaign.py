"""Looks at campaign folders: `outreach campaign list | check | preview`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from outreach.campaigns.read import list_campaigns
from outreach.model.preflight import Level
from outreach.services import open_services
from outreach.settings import Settings
from outreach.steps import preview as previews

app = App(name="campaign", help="Look at campaign folders before anything is sent.")


@app.command(name="list")
def list_() -> None:
    """Name the campaign folders."""
    for slug in list_campaigns(Settings().templates):
        print(slug)


@app.command
def check(slug: str) -> None:
    """Look over all waves of a campaign; exit with 1 where something would stop one."""
    with open_services() as services:
        findings = previews.check_campaign(services, slug)
    for finding in findings:
        print(f"{finding.level}: {finding.where}: {finding.what}")
    if any(finding.level is Level.STOP for finding in findings):
        sys.exit(1)
    print(f"{slug}: nothing stops it")


@app.command
def preview(slug: str, wave: str, *, to: Annotated[Path, Parameter(name="--to")]) -> None:
    """Write every variant of a wave into a folder, as an invented reader would get it."""
    with open_services() as services:
        paths = previews.preview(services, slug, wave, to)
    for path in paths:
        print(path)
