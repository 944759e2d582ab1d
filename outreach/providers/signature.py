"""Signed webhooks: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<raw body>">`, with one v1 or several.

Several, because a sender that changes its secret signs with the old and the new one for a while.
"""

import hashlib
import hmac
import re
from datetime import datetime

from outreach.errors import TokenRefused

TOLERANCE = 300
"""Seconds that a signature may be old, or ahead of our clock."""

_TIME = re.compile(r"[0-9]{1,12}")


def sign(secret: str, body: bytes, at: datetime) -> str:
    """Return the header that says *body* was sent by who knows *secret*."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={_mac(secret, stamp, body)}"


def verify(secret: str, header: str, body: bytes, now: datetime) -> str:
    """Return the signed time as it stands in *header*; `TokenRefused` says what is wrong with it."""
    if not secret:
        raise TokenRefused("no webhook secret is set, so nothing can be believed")
    stamp, signatures = _parts(header)
    if abs(now.timestamp() - int(stamp)) > TOLERANCE:
        raise TokenRefused(f"the webhook's signature is more than {TOLERANCE} s from our clock")
    expected = _mac(secret, stamp, body).encode()
    fits = [hmac.compare_digest(expected, found.encode()) for found in signatures]
    if not any(fits):
        raise TokenRefused("the webhook's signature does not fit its body")
    return stamp


def _parts(header: str) -> tuple[str, list[str]]:
    pairs = [part.strip().partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in pairs if name == "t"]
    if len(times) != 1 or not _TIME.fullmatch(times[0]):
        raise TokenRefused("the webhook carries no signature of the form t=…,v1=…")
    return times[0], [value.lower() for name, value in pairs if name == "v1"]


def _mac(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
