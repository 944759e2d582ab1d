"""What is kept of a person who asked to be forgotten: a keyed hash, which nobody can turn back into an address."""

import hashlib
import hmac


def address_key(secret: bytes, email: str) -> str:
    """Return the keyed hash (HMAC-SHA256, 32 hexadecimal digits) of a normalised address.

    The same *secret* gives the same key for good, so it must survive restores; another secret cannot recognise anybody.
    """
    return hmac.digest(secret, email.encode(), hashlib.sha256)[:16].hex()
