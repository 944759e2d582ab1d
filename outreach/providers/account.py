"""Which account of an email API a call is made with, told by a short digest that stands beside the call in the ledger.

An account's list shows its own mails alone, and its idempotency keys hold in it alone: what another account says, or
does not say, proves nothing of a call.
"""

import hashlib
import json

LENGTH = 16
"""Hexadecimal digits kept: enough to tell accounts apart, and too few to lead back to a key that an API gives out."""


def named(provider: str, where: str, *identity: str) -> str:
    """Return what tells an account from others: equal for an equal *identity* at an equal address or host *where*.

    *identity* is what decides whose mails are listed: a domain or the like, or the key where nothing else tells. Such a
    key that was merely changed for a new one looks like another account. That is the safe side: what was unknown stays
    unknown, and a person decides.
    """
    told = json.dumps([provider, where.strip().rstrip("/").lower(), *identity])
    return hashlib.sha256(told.encode()).hexdigest()[:LENGTH]
