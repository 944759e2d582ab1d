"""What one call to the outbox may hold, and which recipients it will not take."""

import re
from itertools import chain

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from outreach.errors import OutreachError
from outreach.model.mail import SLOT

MOST_RECIPIENTS = 1000
MOST_BYTES = 25_000_000

_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\]{1,64}@[^\s@<>\"(),:;\\]{1,255}")
_HEADER_NAME = re.compile(r"[!-9;-~]+")
_MODEL = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class CallRefused(OutreachError):
    """A call answered with an error; *status* is HTTP's, *code* is for programs."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


class Mailbox(BaseModel):
    """Who a mail comes from."""

    model_config = _MODEL

    email: str
    name: str = ""


class Template(BaseModel):
    """The mail with its slots open."""

    model_config = _MODEL

    sender: Mailbox = Field(alias="from")
    reply_to: str = ""
    subject: str
    html: str
    text: str
    headers: dict[str, str] = Field(default_factory=dict)

    def slots_in_html(self) -> set[str]:
        """Names that each recipient needs in `html_variables`."""
        return set(SLOT.findall(self.html))

    def slots_in_headers(self) -> set[str]:
        """Names whose values may hold no line break."""
        return set(chain.from_iterable(SLOT.findall(value) for value in (self.subject, *self.headers.values())))

    def slots_elsewhere(self) -> set[str]:
        """Names that each recipient needs in `variables`."""
        return set(SLOT.findall(self.text)) | self.slots_in_headers()


class Addressed(BaseModel):
    """One recipient with the values of the slots."""

    model_config = _MODEL

    to: str
    rid: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    variables: dict[str, str] = Field(default_factory=dict)
    html_variables: dict[str, str] = Field(default_factory=dict)


class Call(BaseModel):
    """A message and who gets it."""

    model_config = _MODEL

    message: Template
    recipients: list[Addressed] = Field(min_length=1, max_length=MOST_RECIPIENTS)


def read(body: bytes) -> Call:
    """Return the call that *body* holds, checked; `CallRefused` names the first thing wrong."""
    try:
        call = Call.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CallRefused(422, "invalid", f"{place or 'body'}: {first['msg']}") from None
    _check_headers(call.message)
    _check_slots(call)
    if len({recipient.rid for recipient in call.recipients}) < len(call.recipients):
        raise CallRefused(422, "rid_twice", "recipients: a rid stands for one recipient of a call only")
    return call


def refusal(recipient: Addressed, header_slots: set[str]) -> str:
    """Say why the outbox will not take *recipient*; empty if it will."""
    if not _ADDRESS.fullmatch(recipient.to):
        return "this is no address"
    if recipient.to.startswith("refused."):
        return "the address is refused, because it begins with refused."
    if any("\n" in recipient.variables[name] or "\r" in recipient.variables[name] for name in header_slots):
        return "a line break in the subject or a header"
    return ""


def _check_headers(message: Template) -> None:
    for name, value in {**message.headers, "Subject": message.subject}.items():
        if not _HEADER_NAME.fullmatch(name):
            raise CallRefused(422, "invalid", f"message.headers: {name!r} is no name of a header")
        if "\r" in value or "\n" in value:
            raise CallRefused(422, "invalid", f"message.headers: a line break in {name}")


def _check_slots(call: Call) -> None:
    in_html, elsewhere = call.message.slots_in_html(), call.message.slots_elsewhere()
    for number, recipient in enumerate(call.recipients):
        missing = (in_html - recipient.html_variables.keys()) | (elsewhere - recipient.variables.keys())
        if missing:
            names = ", ".join(sorted(missing))
            raise CallRefused(422, "slot_open", f"recipients.{number}: no value for slot {names}")
