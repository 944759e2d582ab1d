"""What readers do with a mail: each act is committed before it is answered."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from outreach.engagement import queries
from outreach.engagement.leaving import Leaving
from outreach.engagement.visit import Visit
from outreach.services import Services
from outreach.store import reading


def record_open(services: Services, rid: str, visit: Visit) -> None:
    """Write down that the pixel of one mail was fetched."""
    delivery_id = services.tokens.delivery_of(rid)
    with services.sessions.begin() as session:
        queries.store_open(session, queries.reached(session, delivery_id), visit, services.clock())


def record_wave_open(services: Services, wave_id: int, visit: Visit) -> None:
    """Write down that somebody, unknown who, was shown a mail of the wave."""
    with services.sessions.begin() as session:
        queries.store_wave_open(session, wave_id, visit, services.clock())


def follow_link(services: Services, rid: str, position: int, visit: Visit) -> str:
    """Write down that a link was followed; return where it leads, and to nowhere but a registered target."""
    delivery_id = services.tokens.delivery_of(rid)
    with services.sessions.begin() as session:
        delivery, url = queries.link_of(session, delivery_id, position)
        queries.store_click(session, delivery, position, visit, services.clock())
    return _with_rid(url, rid) if url.startswith(f"{_site(services)}/calls/") else url


def record_honeypot(services: Services, rid: str, visit: Visit) -> None:
    """Write down that a link was followed which people cannot see."""
    delivery_id = services.tokens.delivery_of(rid)
    with services.sessions.begin() as session:
        queries.store_click(session, queries.reached(session, delivery_id), None, visit, services.clock())


def unsubscribe_view(services: Services, token: str) -> Leaving:
    """Return what unsubscribing with *token* would mean; nothing is changed."""
    delivery_id = services.tokens.delivery_to_unsubscribe(token)
    with reading(services.sessions) as session:
        return queries.leaving(session, delivery_id)


def unsubscribe(services: Services, token: str, *, everything: bool = False) -> Leaving:
    """Stop the mails of the campaign's topic, or all of them; doing so twice is the same as once."""
    delivery_id = services.tokens.delivery_to_unsubscribe(token)
    with services.sessions.begin() as session:
        return queries.leave(session, delivery_id, services.clock(), everything=everything)


def _site(services: Services) -> str:
    return services.settings.public_url.rstrip("/")


def _with_rid(url: str, rid: str) -> str:
    """Return the address of our own form, telling it which mail the reader came from."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "r"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("r", rid)])))
