"""Campaign folders: `outreach campaign list | new | check | preview | translated | test`."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from outreach.campaigns.read import list_campaigns, load_campaign
from outreach.cli.terminal import say
from outreach.errors import DefinitionError
from outreach.model.preflight import Finding, Level
from outreach.preview.serve import serve
from outreach.services import open_services
from outreach.settings import Settings
from outreach.steps import checking, folders, pieces, trial
from outreach.steps import preview as previews
from outreach.steps.people import DEFAULT_TOPIC

app = App(name="campaign", help="Begin, check and look at campaign folders; nothing here is sent but tests.")

To = Annotated[tuple[str, ...], Parameter(name="--to", negative="")]
Languages = Annotated[tuple[str, ...], Parameter(name="--language", negative="")]


@app.command(name="list")
def list_() -> None:
    """Name the campaign folders."""
    say(list_campaigns(Settings().templates))


@app.command
def new(
    slug: str,
    *,
    languages: str = "nl,de",
    topic: str = DEFAULT_TOPIC,
    with_: Annotated[str, Parameter(name="--with")] = "message",
) -> None:
    """Begin a campaign: write its folder, with a ✎ wherever there is something to write.

    Parameters
    ----------
    slug
        The folder's name, which also stands in addresses: lower-case letters, digits and dashes.
    languages
        Which it speaks, parted by commas, your own first.
    topic
        Whoever agreed to mails about it gets them.
    with_
        What it begins with, parted by commas: message, call, event, letter, newsletter.
    """
    asked = folders.Asked(slug, _listed(languages), topic, _listed(with_))
    with open_services() as services:
        written = folders.new_campaign(services, asked)
    say([str(path) for path in written])
    say(["", "Write where a ✎ stands, and watch the mails change as you save:", f"  outreach campaign preview {slug}"])


@app.command
def check(slug: str = "", *, links: Annotated[bool, Parameter(name="--links", negative="")] = False) -> None:
    """Look over a campaign, or all of them; exit with 1 where something would stop a mail.

    Parameters
    ----------
    slug
        The campaign; left out, every one is looked over.
    links
        Ask the web whether every link leads somewhere, too; this takes up to a minute for each campaign.
    """
    with open_services() as services:
        if slug:
            found = {slug: checking.check_campaign(services, slug, links=links)}
        else:
            found = checking.check_all(services, links=links)
    say(_told(found))
    if any(finding.level is Level.STOP for findings in found.values() for finding in findings):
        sys.exit(1)


@app.command
def preview(
    slug: str = "",
    wave: str = "",
    *,
    to: Annotated[Path | None, Parameter(name="--to")] = None,
    port: int = 0,
    open_: Annotated[bool, Parameter(name="--open", negative="")] = False,
) -> None:
    """Show mails as readers would see them: on a page on this machine that follows what you write, or in files.

    Parameters
    ----------
    slug
        The campaign; on the page, another one can be chosen.
    wave
        Its wave or newsletter; of a wave that tries two versions, start.b is the second.
    to
        Write every variant into this folder instead, as .html and .txt; both of two versions.
    port
        Port of the page; 0 takes a free one.
    open_
        Open the page in the browser.
    """
    with open_services() as services:
        if to is None:
            serve(services, slug, wave, port=port, browse=open_)
            return
        if not slug or not wave:
            raise DefinitionError("--to: name the campaign and its wave, such as: sociaal-werkers start --to FOLDER")
        campaign = load_campaign(services.settings.templates, slug)
        contents = pieces.newest(services, campaign, pieces.piece(campaign, wave))
        say([str(path) for path in previews.preview(services, slug, wave, to, contents)])


@app.command
def translated(slug: str, wave: str, language: str = "") -> None:
    """Write into a translation that it says what the first language says now; without a language, into all of them.

    Parameters
    ----------
    slug
        The campaign.
    wave
        Its wave or newsletter; of a wave that tries two versions, start.b is the second.
    language
        Which translation; left out, all of them.
    """
    with open_services() as services:
        for path in folders.declare_translated(services, slug, wave, language):
            say([f"{path} is up to date"])


@app.command(name="test")
def send_test(slug: str, wave: str, *, to: To, language: Languages = ()) -> None:
    """Send a test to colleagues: marked [TEST], not counted, 20 addresses at most; exit with 1 if one is refused.

    Parameters
    ----------
    slug
        The campaign.
    wave
        Its wave or newsletter; of a wave that tries two versions, start.b is the second.
    to
        An address such as noor@example.org; with a name before it and the address in angle brackets, it is greeted by
        name. May be given several times.
    language
        Which variant, such as nl or nl+de; may be given several times. Left out, the one with all languages.
    """
    with open_services() as services:
        tried = trial.send_test(services, slug, wave, to, language)
    say([f"{each.email} ({each.variant}): {each.why or 'accepted'}" for each in tried])
    if not all(each.accepted for each in tried):
        sys.exit(1)


def _listed(written: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in written.split(",") if part.strip())


def _told(found: Mapping[str, tuple[Finding, ...]]) -> Iterable[str]:
    for slug, findings in found.items():
        yield from (f"{finding.level}: {finding.where}: {finding.what}" for finding in findings)
        if not any(finding.level is Level.STOP for finding in findings):
            yield f"{slug}: nothing stops it"
