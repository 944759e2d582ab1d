"""What every email API asks of a call's body, checked before it is made: size, ids, headers."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from outreach.errors import DefinitionError
from outreach.model.mail import MergePlan
from outreach.providers import envelope
from outreach.providers.port import Limits

RID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The alphabet that the tags and ids of every API share."""

_HEADER_NAME = re.compile(r"[!-9;-~]+")


def check(name: str, limits: Limits, plan: MergePlan) -> None:
    """Refuse a plan that no API would carry, or that *name* would not."""
    if not 1 <= len(plan.recipients) <= limits.recipients:
        raise DefinitionError(
            f"{name} takes 1 to {limits.recipients} recipients a call, not {len(plan.recipients)}; cut smaller batches"
        )
    for recipient in plan.recipients:
        if not RID.fullmatch(recipient.rid):
            raise DefinitionError(
                f"id {recipient.rid!r} cannot be echoed by {name}; it needs 1 to 64 of A-Z a-z 0-9 _ -"
            )
    check_headers(plan.message.headers)
    envelope.check_names(name, plan.message.headers)


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that would break into others."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise DefinitionError(f"header {name!r}: a name is printable ASCII without blank or colon")
        check_value(name, value)


def check_value(name: str, value: str) -> None:
    """Refuse a header's value that would begin another header."""
    if "\r" in value or "\n" in value:
        raise DefinitionError(f"header {name}: a line break in {value!r} would begin another header")


def as_body(name: str, limits: Limits, document: object) -> bytes:
    """Return *document* as JSON: equal documents give equal bytes."""
    with whole_characters():
        return sized(
            name, limits, json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        )


def sized(name: str, limits: Limits, body: bytes) -> bytes:
    """Return *body*, which *name* has to take in one call."""
    if len(body) > limits.body_bytes:
        raise DefinitionError(
            f"{name} takes {limits.body_bytes:,} bytes a call, not {len(body):,}; cut smaller batches or a smaller mail"
        )
    return body


@contextmanager
def whole_characters() -> Iterator[None]:
    """Encode a mail; half of a pair of surrogates is no text that anybody could be sent."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise DefinitionError(f"the mail holds half a character, {error.object[error.start]!r}; take it out") from None
