"""Whether an address of our own leads to something, known without asking it."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from outreach.errors import NotFound
from outreach.model.inspection import Seen
from outreach.model.preflight import Level
from outreach.services import Services
from outreach.steps import downloads, public

Look = Callable[[Services, Mapping[str, str]], object]

ALWAYS = frozenset({"", "/", "/subscribe", "/preferences", "/privacy", "/static/logo"})
"""Pages that every installation has."""

PAGES: tuple[tuple[str, Look], ...] = (
    (r"/calls/(?P<slug>[^/]+)", lambda services, of: public.call_page(services, of["slug"])),
    (r"/campaigns/(?P<slug>[^/]+)", lambda services, of: public.campaign_page(services, of["slug"], of["lang"])),
    (
        r"/campaigns/(?P<slug>[^/]+)/assets/(?P<name>[^/]+)",
        lambda services, of: downloads.asset_file(services, of["slug"], of["name"]),
    ),
    (
        r"/campaigns/(?P<slug>[^/]+)/events/(?P<name>[^/]+)\.ics",
        lambda services, of: downloads.event_file(services, of["slug"], of["name"], of["lang"]),
    ),
)


def is_own(services: Services, url: str) -> bool:
    """Tell whether *url* is an address of the receiver."""
    ours = services.settings.public_url.rstrip("/")
    return url == ours or url.startswith((f"{ours}/", f"{ours}?", f"{ours}#"))


def look(services: Services, url: str) -> Seen:
    """Return whether there is something under *url*, which is our own."""
    parts = urlsplit(url.removeprefix(services.settings.public_url.rstrip("/")))
    if parts.path in ALWAYS:
        return Seen(url, "is a page of ours")
    language = parse_qs(parts.query).get("lang", [""])[0]
    for pattern, page in PAGES:
        if match := re.fullmatch(pattern, unquote(parts.path)):
            try:
                page(services, {**match.groupdict(), "lang": language})
            except NotFound as error:
                return Seen(url, f"{error}; correct the link", Level.STOP)
            return Seen(url, "is a page of ours")
    return Seen(url, "is no page of ours; correct the link", Level.STOP)
