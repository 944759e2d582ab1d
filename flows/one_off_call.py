"""Sends a call to action that has no campaign folder: the words come from the run form."""

from prefect import flow, runtime
from pydantic import BaseModel, Field

from flows import forms, lanes
from flows.again import step
from flows.ending import Ended
from flows.forms import SENDING, SendingForm, at
from outreach.model.delivery import Plan
from outreach.services import open_services
from outreach.steps import one_off


class CallForm(BaseModel):
    """What is asked of whom."""

    name: str = Field(
        title="Short name",
        pattern=r"^[a-z0-9][a-z0-9-]{1,48}$",
        description="part of the form's address: lower-case letters, digits and dashes, such as golden-municipality",
        json_schema_extra=at(1),
    )
    audiences: list[str] = Field(
        title="Audiences",
        description="who is in two of them counts in the first",
        json_schema_extra=at(2, **forms.audiences()),
    )
    topic: str = Field(
        default="social-work",
        title="Topic",
        description="goes only to people who agreed to mails about it",
        json_schema_extra=at(3),
    )
    questions: str = Field(
        default="",
        title="Questions of the form",
        description="one a line, the languages parted by ' | ', first nl then de. A line may begin with its kind: "
        "text: for a long answer, check: for a box to tick, and a ? where it may stay empty (text?: Toelichting | "
        "Anmerkung). Name and e-mail address are asked anyway",
        json_schema_extra=at(4),
    )
    fold: bool = Field(
        default=False,
        title="Equal answers count once",
        description="answers with the same value in the first question are one, such as one municipality",
        json_schema_extra=at(5),
    )
    goal: int = Field(
        default=0, ge=0, title="Goal", description="how many are wanted; 0: no goal", json_schema_extra=at(6)
    )
    days: int = Field(default=30, ge=1, le=366, title="Open for days", json_schema_extra=at(7))


class WordsForm(BaseModel):
    """The words in one language; all empty: the call does not speak it."""

    subject: str = Field(default="", title="Subject of the mail", json_schema_extra=at(1))
    title: str = Field(default="", title="Title of the form", json_schema_extra=at(2))
    text: str = Field(default="", title="Text of the mail", description="markdown", json_schema_extra=at(3))
    button: str = Field(default="", title="Words on the button", json_schema_extra=at(4))


@step("plan the call", after=(5, 20))
def plan_call(call: CallForm, nederlands: WordsForm, deutsch: WordsForm, run: str) -> Plan:
    """Make a campaign of the form, compile its mails and freeze its recipients."""
    words = {code: one_off.Words(**form.model_dump()) for code, form in (("nl", nederlands), ("de", deutsch))}
    with open_services() as services:
        return one_off.plan_call(services, one_off.Asked(**call.model_dump(mode="json")), words, run)


@flow(name="one-off-call", flow_run_name="{call.name}")
def one_off_call(call: CallForm, nederlands: WordsForm, deutsch: WordsForm, sending: SendingForm = SENDING) -> Ended:
    """Send one call to action; started again at any point, it goes on where it was."""
    plan = plan_call(call, nederlands, deutsch, runtime.flow_run.id)
    return lanes.take_through(plan, sending, ask=sending.approval)
