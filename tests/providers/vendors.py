"""What the vendors' own libraries say a request looks like: their models, taken strictly.

The servers that stand in for the APIs ask here, so every request of every test is judged by its vendor. A function
returns what is wrong with a document, and nothing where nothing is. Lettermint's and Amazon's are judged in their
servers. The libraries are loaded when they are first asked: most tests need none of them.
"""

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NotRequired, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model
from pydantic.alias_generators import to_camel
from typing_extensions import is_typeddict

NOT_IN_BREVOS_MODEL = frozenset({"messageVersions.headers"})
"""django-anymail and swoosh send versions with headers of their own; only a live account can tell (email-apis.md)."""

NOT_IN_MAILGUNS_MODEL = "recipient-variables"
"""Its own builder writes it, its model has no field for it."""


def brevo(call: object) -> str:
    """A call that sends, as the method of Brevo's library takes it."""
    return _wrong(_brevo("send_transac_email"), call, NOT_IN_BREVOS_MODEL)


def brevo_query(query: Mapping[str, str]) -> str:
    """A question for events; what stands in an address is text."""
    return _wrong(_brevo("get_email_event_report"), dict(query), strict=False)


def brevo_answer(answer: object) -> str:
    from brevo.transactional_emails import types

    return _wrong(TypeAdapter(types.SendTransacEmailResponse), answer)


def brevo_events(answer: object) -> str:
    from brevo.transactional_emails import types

    return _wrong(TypeAdapter(types.GetEmailEventReportResponse), answer)


def mailgun(form: Mapping[str, Sequence[str]]) -> str:
    """A form that sends; options, headers and variables are told apart by their first letter."""
    from mailgun.ext.pydantic.models import SendMessageSchema

    fields = {name: values if name == "to" else values[0] for name, values in form.items()}
    plain = {name: value for name, value in fields.items() if name[1:2] != ":" and name != NOT_IN_MAILGUNS_MODEL}
    custom = {name: value for name, value in fields.items() if name[1:2] == ":"}
    return _wrong(TypeAdapter(SendMessageSchema), {**plain, "custom_params": custom})


def mailjet(call: object) -> str:
    return _wrong(_mailjet(), call)


def postmark(mail: object) -> str:
    from postmark.models.outbound import Email

    return _wrong(TypeAdapter(Email), mail)


def resend(mail: object) -> str:
    return _wrong(_resend(), mail)


@cache
def _brevo(method: str) -> TypeAdapter[Any]:
    """The parameters of a method, under the names that it gives them on the wire."""
    from brevo.transactional_emails.raw_client import RawTransactionalEmailsClient

    found = getattr(RawTransactionalEmailsClient, method)
    hints = get_type_hints(found)
    names = [name for name in inspect.signature(found).parameters if name not in ("self", "request_options")]
    fields: dict[str, Any] = {name: (hints[name], None) for name in names}
    return TypeAdapter(create_model(method, __config__=ConfigDict(alias_generator=to_camel), **fields))


@cache
def _mailjet() -> TypeAdapter[Any]:
    from mailjet_rest.types import SendV31Payload

    return TypeAdapter(_model(SendV31Payload))


@cache
def _resend() -> TypeAdapter[Any]:
    from resend.emails._emails import Emails

    return TypeAdapter(_model(Emails.SendParams))


def _model(kind: Any) -> type[BaseModel]:
    """A model with the fields of a typed dictionary."""
    hints = get_type_hints(kind, include_extras=True)
    fields: dict[str, Any] = {
        name: (_part(get_args(hint)[0]), None) if get_origin(hint) is NotRequired else (_part(hint), ...)
        for name, hint in hints.items()
    }
    return create_model(kind.__name__, **fields)


def _part(hint: Any) -> Any:
    if get_origin(hint) is list:
        return list[_part(get_args(hint)[0])]  # type: ignore[misc]
    return _model(hint) if is_typeddict(hint) else hint


def _wrong(model: TypeAdapter[Any], document: object, known: frozenset[str] = frozenset(), strict: bool = True) -> str:
    try:
        found = model.validate_json(json.dumps(document), strict=strict)
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return "; ".join(f"{place}: no such field" for place in sorted(set(_strangers(found, document)) - known))


def _strangers(found: object, document: Any, place: str = "") -> Iterator[str]:
    """Places of what a model was given and has no field for; most models let it pass."""
    if isinstance(found, BaseModel):
        names = {field.alias or name: name for name, field in type(found).model_fields.items()}
        yield from (f"{place}{name}" for name in document if name not in names)
        for alias in names.keys() & document.keys():
            yield from _strangers(getattr(found, names[alias]), document[alias], f"{place}{alias}.")
    elif isinstance(found, list):
        for one, part in zip(found, document, strict=True):
            yield from _strangers(one, part, place)
