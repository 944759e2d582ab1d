"""An address in other texts: how it may be spelled, and how it is taken out."""

import json
import re
from collections.abc import Iterable

from email_validator import validate_email

REMOVED = "[removed]"
"""What stands where an address stood."""


def spellings(address: str) -> tuple[str, ...]:
    """Return the ways in which a normalised address may be written, in small letters: its domain may be in Unicode."""
    unicode = validate_email(address, check_deliverability=False).normalized.lower()
    return tuple(dict.fromkeys((address.lower(), unicode)))


def all_spellings(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return all spellings of several addresses, in order."""
    return tuple(dict.fromkeys(spelling for address in sorted(addresses) for spelling in spellings(address)))


def in_json(spelling: str) -> str:
    """Return a spelling as JSON text may hold it."""
    return json.dumps(spelling)[1:-1]


def without(text: str, written: Iterable[str]) -> str:
    """Return *text* without these addresses, whatever their case; a longer address that ends in one is another's."""
    for spelling in written:
        text = re.sub(rf"(?<![\w.+-]){re.escape(spelling)}(?![\w-]|\.\w)", REMOVED, text, flags=re.IGNORECASE)
    return text
