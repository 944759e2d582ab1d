"""What keeps the public forms from programs: a token that ages, a trap, and limits per network and per address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from outreach.calls.form import Checked
from outreach.errors import TokenRefused
from outreach.model.campaign import Standing
from outreach.services import Services

FORM_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Guards:
    """The least time to fill a form in, the most forms of one network an hour, the most letters to an address a day.

    The last is against list bombing: a stranger can make us write to an address, but not often.
    """

    seconds: float = 2.0
    per_hour: int = 30
    letters_a_day: int = 3


class Outcome(StrEnum):
    """What became of a form; all but the first show it again, or say that it is closed."""

    TAKEN = "taken"
    FAULTY = "faulty"
    TOO_FAST = "too_fast"
    EXPIRED = "expired"
    TOO_MANY = "too_many"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Posted:
    """A form as it came. *rid* names the mail that led here, if one did; *network* is the sender's, cut."""

    values: Mapping[str, str]
    form_token: str
    language: str
    rid: str = ""
    honeypot: str = ""
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """The outcome, with the values for showing the form again, and what a form that was taken gives."""

    outcome: Outcome
    checked: Checked
    standing: Standing = Standing.SUBMITTED


def why_not(services: Services, form: str, posted: Posted, guards: Guards, *, good: bool) -> Outcome | None:
    """Return what speaks against taking the form that was shown under the name *form*; *good*: its values are.

    A token is asked for before the values, so that a form shown again has one that is good and goes on ageing.
    """
    try:
        age = services.clock() - services.tokens.form_shown_at(form, posted.form_token)
    except TokenRefused:
        return Outcome.EXPIRED
    if age > FORM_LIFE:
        return Outcome.EXPIRED
    if not good:
        return Outcome.FAULTY
    return Outcome.TOO_FAST if age < timedelta(seconds=guards.seconds) else None
