"""What comms staff fill in: run forms and the approval."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from flows.asking import SignedAnswer
from outreach.errors import OutreachError
from outreach.settings import Settings
from outreach.steps import choices

SOMEBODY = "someone in the Prefect UI"
"""Who did something that may be done without a name."""


def at(position: int, **schema: Any) -> dict[str, Any]:
    """Return what puts a field at its place in the run form."""
    return {"position": position, **schema}


def waves() -> dict[str, Any]:
    """Return the choice of waves as of the last deploy; a newer one is accepted too."""
    return _in_folders(choices.waves)


def newsletters() -> dict[str, Any]:
    """Return the choice of newsletters as of the last deploy; a newer one is accepted too."""
    return _in_folders(choices.newsletters)


def mails() -> dict[str, Any]:
    """Return the choice of everything that a campaign folder can send."""
    return _in_folders(lambda templates: (*choices.waves(templates), *choices.newsletters(templates)))


def audiences() -> dict[str, Any]:
    """Return the choice of audiences."""
    return {"items": {"type": "string", **_choice(choices.audiences(Settings().audiences))}}


def _in_folders(found: Callable[[Path], tuple[str, ...]]) -> dict[str, Any]:
    try:
        return _choice(found(Settings().templates))
    except OutreachError:  # a broken campaign is told when it is planned; the form can still be typed into
        return {}


def _choice(values: tuple[str, ...]) -> dict[str, Any]:
    return {"enum": list(values)} if values else {}


def wave_name(position: int) -> Any:
    """Return the field in which somebody names a wave that was planned."""
    return Field(
        title="Wave",
        min_length=1,
        description="campaign/wave as the dashboards name it, such as sociaal-werkers/start, its title where only one "
        "wave has it, or its number",
        json_schema_extra=at(position),
    )


def your_name(position: int, use: str = "kept with the decision; asked for again where it stays empty") -> Any:
    """Return the field in which somebody says who they are, and what their name is for."""
    return Field(default="", title="Your name", description=use, json_schema_extra=at(position))


def lanes_at_a_time(position: int, when: str = "") -> Any:
    """Return the field in which somebody says how many lanes a run has; *when* is when it counts at all."""
    return Field(
        default=2,
        ge=1,
        le=16,
        title="Lanes",
        description=f"{when}how many calls each worker makes at a time",
        json_schema_extra=at(position),
    )


def more_workers(position: int, when: str = "") -> Any:
    """Return the field in which somebody says how many runs beside this one send; *when* is when it counts at all."""
    return Field(
        default=0,
        ge=0,
        le=16,
        title="More workers",
        description=f"{when}0 is enough for some tens of thousands of mails. Each one more is a run of its own "
        "(send-lane) that sends its share, on another computer if your administrator has given the pool more of them; "
        "the email API's limits stay as they are",
        json_schema_extra=at(position),
    )


class Decision(StrEnum):
    """What the approver says; the first is the default, so that an empty answer sends nothing."""

    REJECT = "reject"
    APPROVE = "approve"


class Approval(SignedAnswer):
    """The question under the summary of a planned wave."""

    decision: Decision = Field(
        default=Decision.REJECT,
        title="Send it?",
        description="approve: the wave goes out now",
        json_schema_extra=at(1),
    )
    by: str = your_name(2)
    note: str = Field(
        default="", title="Note", description="for your colleagues; may stay empty", json_schema_extra=at(3)
    )

    @property
    def approves(self) -> bool:
        """Whether the wave goes."""
        return self.decision is Decision.APPROVE


class LanesForm(BaseModel):
    """How many send it side by side."""

    lanes: int = lanes_at_a_time(2)
    workers: int = more_workers(3)


class SendingForm(LanesForm):
    """How it is sent."""

    approval: bool = Field(
        default=True,
        title="Wait for approval",
        description="the run stops and shows mails and audience; find it under Runs, filter Paused, menu ⋮ Resume",
        json_schema_extra=at(1),
    )


SENDING = SendingForm()
LANES = LanesForm()
