"""What other systems write into the cells of their exports: whether a person still wants mail, and attributes."""

import json
from collections.abc import Mapping

from outreach.contacts.values import YES_AND_NO, CellRefused
from outreach.model.mail import one_line
from outreach.model.people import attribute_key

LEFT = frozenset({
    "archived", "abgemeldet", "afgemeld", "bereinigt", "blacklisted", "blocklisted", "bounced", "cleaned",
    "complained", "disabled", "gelöscht", "hard bounce", "opgeschoond", "opted out", "optout", "opt-out", "spam",
    "unsubscribed", "uitgeschreven", "verwijderd",
})  # fmt: skip
"""Words of a status that say: never write to this address."""

NEVER_AGREED = frozenset({
    "in afwachting", "non-subscribed", "nonsubscribed", "onbevestigd", "pending", "transactional", "unbestätigt",
    "unconfirmed",
})  # fmt: skip
"""Words of a status that say: asked, and never answered."""

WILLING = frozenset({
    "actief", "active", "aktiv", "angemeldet", "bestätigt", "bevestigd", "confirmed", "enabled", "ingeschreven",
    "subscribed",
})  # fmt: skip

_MOST_NESTED = 200


def has_left(status: str) -> bool | None:
    """Return whether a cell of the column `status` says that the person left; None where it is about something else.

    Who never confirmed is refused: neither may they be written to, nor did they say no.
    """
    word = status.strip().casefold()
    if word in NEVER_AGREED:
        raise CellRefused(f"status {status!r}: this person never confirmed; empty the cell if they agreed all the same")
    return True if word in LEFT else False if not word or word in WILLING else None


def is_left(status: str) -> bool:
    """Return whether a cell of the column `status` says that the person left, whatever else it could say."""
    return status.strip().casefold() in LEFT


def left_at(cell: str) -> bool:
    """Return whether a cell of the column `unsubscribed` says that the person left: a yes, a date or any other word."""
    word = cell.strip().casefold()
    return bool(word) and word != "no" and word not in YES_AND_NO["no"]


def attributes(text: str) -> dict[str, str]:
    """Return what a cell of listmonk's column `attributes` holds: an object in JSON, every value as text."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CellRefused(f"attributes {text[:40]!r}: no JSON: {error}") from error
    if not isinstance(found, Mapping):
        raise CellRefused(f'attributes {text[:40]!r}: write an object, such as {{"sector": "youth"}}')
    words = {attribute_key(one_line(key)): _text(value) for key, value in found.items()}
    return {key: value for key, value in words.items() if key and value}


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return one_line(value)
        case list():
            return ", ".join(filter(None, map(_text, value[:_MOST_NESTED])))
        case _:
            return one_line(json.dumps(value, ensure_ascii=False))
