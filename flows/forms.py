"""What comms staff fill in: run forms and the approval."""

from enum import StrEnum
from typing import Any

from prefect.input import RunInput
from pydantic import BaseModel, Field

from outreach.errors import OutreachError
from outreach.settings import Settings
from outreach.steps import choices


def _choice(name: str, values: tuple[str, ...]) -> type[StrEnum]:
    """Return the values as an enum, which the run form shows as a dropdown; read anew at every deploy and run."""
    return StrEnum(name, {value: value for value in values or ("none",)})


def _from_folders() -> tuple[type[StrEnum], type[StrEnum]]:
    settings = Settings()
    try:
        waves = choices.waves(settings.templates)
    except OutreachError:
        waves = ()
    return _choice("WaveChoice", waves), _choice("AudienceChoice", choices.audiences(settings.audiences))


WaveChoice, AudienceChoice = _from_folders()


class Decision(StrEnum):
    """What the approver says; the first is the default, so that an empty answer sends nothing."""

    REJECT = "reject"
    APPROVE = "approve"


class Approval(RunInput):
    """The question under the summary of a planned wave."""

    decision: Decision = Field(Decision.REJECT, title="Send it?", description="approve: the wave goes out now")
    by: str = Field("", title="Your name", description="kept with the decision")
    note: str = Field("", title="Note", description="for your colleagues; may stay empty")


def at(position: int) -> dict[str, Any]:
    """Return what puts a field at its place in the run form."""
    return {"position": position}


class SendingForm(BaseModel):
    """How it is sent."""

    approval: bool = Field(
        default=True,
        title="Wait for approval",
        description="the run stops and shows mails and audience; find it under Runs, filter Paused, menu ⋮ Resume",
        json_schema_extra=at(1),
    )
    lanes: int = Field(2, ge=1, le=16, title="Lanes", description="how many calls at a time", json_schema_extra=at(2))


SENDING = SendingForm()
