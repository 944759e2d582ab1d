"""The house's own letters: mails that somebody asked for, one at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Letter(StrEnum):
    """What a letter is for; each kind is a wave of the hidden campaign `HOUSE`."""

    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    RIGHTS = "rights"


HOUSE = "letters"
"""The slug of the campaign that letters belong to."""

LIFE: Mapping[Letter, timedelta] = {Letter.CONFIRM: timedelta(days=7), Letter.RIGHTS: timedelta(hours=24)}
"""How long a letter's link works; those not named live as long as the mail they stand in."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who gets a letter. It greets nobody by name: whoever filled in the form may be a stranger to this address."""

    contact_id: int
    email: str
