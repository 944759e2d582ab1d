"""What the webhooks of most APIs share: events in their words become reports in ours."""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from outreach.errors import ProviderError
from outreach.model.mail import one_line
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.providers.carriage import RID

log = logging.getLogger(__name__)

NOT_ABOUT_THE_ADDRESS = ("5.7.", "5.2.2", "5.2.3", "5.3.4")
"""Permanent failures of ours: policy, a full mailbox, size. The address works; it must not be suppressed for them."""

LONGEST_DETAIL = 500

_CODE = re.compile(r"(?<![0-9.])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])")


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a webhook: the API's *word* for it, our *kind* (None where we have no use for it), what was *said*.

    *id* is the API's own; where it has none, rid, word and time make one that is the same whenever it comes again.
    """

    word: str
    kind: Kind | None
    rid: object
    at: datetime | None = None
    said: tuple[object, ...] = ()
    id: str = ""


def read(api: str, body: bytes, events_of: Callable[[Any], Iterable[Event]], now: datetime) -> list[ProviderReport]:
    """Return what a verified webhook reports of our mails; `ProviderError` where it cannot be read."""
    try:
        return list(_reports(api, events_of(json.loads(body)), now))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ProviderError(f"{api} sent a webhook that cannot be read: {type(error).__name__} {error}") from error


def from_seconds(seconds: object) -> datetime | None:
    """Return the moment that an API gives as seconds since 1970."""
    return datetime.fromtimestamp(float(seconds), UTC) if isinstance(seconds, int | float | str) and seconds else None


def from_text(text: object) -> datetime | None:
    """Return the moment that an API gives in ISO 8601; without a zone it is UTC."""
    if not isinstance(text, str) or not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def one_or_many(document: Any) -> list[Any]:
    """Return the events of a webhook that holds one as an object, or several as an array."""
    return document if isinstance(document, list) else [document]


def _reports(api: str, events: Iterable[Event], now: datetime) -> Iterator[ProviderReport]:
    for event in events:
        rid = event.rid if isinstance(event.rid, str) and RID.fullmatch(event.rid) else ""
        if event.kind is None:
            log.info("%s reports %r, which says nothing of a delivery", api, event.word)
        elif not rid:
            log.info("%s reports %r of a mail that is not ours", api, event.word)
        else:
            yield _report(event, event.kind, rid, now)


def _report(event: Event, kind: Kind, rid: str, now: datetime) -> ProviderReport:
    detail = one_line(" ".join(str(part) for part in event.said if part))[:LONGEST_DETAIL]
    stamp = event.at.isoformat() if event.at else ""
    return ProviderReport(
        event_id=event.id or hashlib.sha256(json.dumps([rid, event.word, stamp]).encode()).hexdigest(),
        rid=rid,
        kind=_judged(kind, detail),
        at=event.at or now,
        detail=detail,
    )


def _judged(kind: Kind, detail: str) -> Kind:
    code = _CODE.search(detail)
    if kind is Kind.BOUNCED and code and code[0].startswith(NOT_ABOUT_THE_ADDRESS):
        return Kind.SOFT_BOUNCED
    return kind
