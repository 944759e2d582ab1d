"""What is kept of a person who asked to be forgotten: a keyed hash, which nobody can turn back into an address."""

import hashlib
import hmac
import re

_KEY = re.compile(r"[0-9a-f]{32}")


def address_key(secret: bytes, email: str) -> str:
    """Return the keyed hash (HMAC-SHA256, 32 hexadecimal digits) of a normalised address.

    The same *secret* gives the same key for good, so it must survive restores; another secret cannot recognise anybody.
    """
    return hmac.digest(secret, email.encode(), hashlib.sha256)[:16].hex()


def is_key(text: str) -> bool:
    """Return whether *text* has the form of such a key; an address never has."""
    return bool(_KEY.fullmatch(text))
