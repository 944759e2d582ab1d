"""Who made a hit, as a pipeline: the first step that knows gives the label and the reason."""

import re
from collections.abc import Callable

from outreach.model.engagement import Hit, Label, Labelled, Reason

Step = Callable[[Hit], Labelled | None]

BURST = 3
"""So many different links of one message within `BURST_SECONDS` are more than a person clicks."""

BURST_SECONDS = 2.0

KNOWN_BOTS = re.compile(
    r"(?<!cu)bot\b|bots?[/;]|crawl|spider|slurp|facebookexternalhit|whatsapp|skypeuripreview|link ?preview"
    r"|headlesschrome|phantomjs|barracuda|proofpoint|mimecast|safelinks|messagelabs|trendmicro|fireeye|zscaler"
    r"|\b(curl|wget|libwww-perl|python-requests|python-urllib|python-httpx|aiohttp|go-http-client|java|okhttp"
    r"|axios|node-fetch|apache-httpclient)\b",
    re.IGNORECASE,
)
"""Programs that name themselves. Cubot makes telephones, so its name is no sign."""

IMAGE_PROXIES = ("GoogleImageProxy", "YahooMailProxy")

PRIVACY_PROXY = "Mozilla/5.0"
"""The whole agent of Apple's mail privacy protection, which loads every picture whether or not a mail is read."""


def head_request(hit: Hit) -> Labelled | None:
    """A browser that follows a link asks for the page, not for its headers."""
    return Labelled(Label.MACHINE, Reason.HEAD_REQUEST) if hit.method == "HEAD" else None


def known_bot(hit: Hit) -> Labelled | None:
    """The program says what it is."""
    return Labelled(Label.MACHINE, Reason.KNOWN_BOT) if KNOWN_BOTS.search(hit.agent) else None


def honeypot(hit: Hit) -> Labelled | None:
    """The link is not visible to people."""
    return Labelled(Label.MACHINE, Reason.HONEYPOT) if hit.honeypot else None


def burst_of_links(hit: Hit) -> Labelled | None:
    """A scanner follows all links of a mail at once."""
    if hit.link is None or len(hit.recent_links | {hit.link}) < BURST:
        return None
    return Labelled(Label.MACHINE, Reason.BURST_OF_LINKS)


def image_proxy(hit: Hit) -> Labelled | None:
    """A mail service fetched it on somebody's behalf."""
    if any(name in hit.agent for name in IMAGE_PROXIES):
        return Labelled(Label.PROXY, Reason.IMAGE_PROXY)
    return None


def privacy_proxy(hit: Hit) -> Labelled | None:
    """It was fetched so that nobody can tell whether it was read."""
    return Labelled(Label.PROXY, Reason.PRIVACY_PROXY) if hit.agent.strip() == PRIVACY_PROXY else None


def no_agent(hit: Hit) -> Labelled | None:
    """Nothing is known of the program."""
    return None if hit.agent.strip() else Labelled(Label.UNKNOWN, Reason.NO_AGENT)


STEPS: tuple[Step, ...] = (
    head_request,
    known_bot,
    honeypot,
    burst_of_links,
    image_proxy,
    privacy_proxy,
    no_agent,
)


def label(hit: Hit) -> Labelled:
    """Return who made *hit*; where no step objects it was a reader."""
    for step in STEPS:
        if labelled := step(hit):
            return labelled
    return Labelled(Label.HUMAN, Reason.READER)
