"""Webhooks that carry no signature: the secret travels in their address, `https://outreach:<secret>@…`, or as a bearer.

Nothing of such a call is signed and nothing in it ages, so a copy of it cannot be told from the original: an event
needs an id that is the same each time, which the ledger takes once.
"""

import base64
import hmac

from outreach.errors import TokenRefused

USER = "outreach"


def header(secret: str, user: str = USER) -> str:
    """Return what a client sends that calls `https://<user>:<secret>@…`."""
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def verify(secret: str, found: str) -> None:
    """Refuse an Authorization header that does not show the secret."""
    if not secret:
        raise TokenRefused("no webhook secret is set, so nothing can be believed")
    scheme, _, shown = found.strip().partition(" ")
    expected = header(secret).partition(" ")[2] if scheme.lower() == "basic" else secret
    fits = hmac.compare_digest(expected.encode(), shown.strip().encode())
    if not fits or scheme.lower() not in ("basic", "bearer"):
        raise TokenRefused(f"the webhook does not show our secret; its address begins with https://{USER}:<secret>@")
