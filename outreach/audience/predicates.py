"""What a segment can ask about a person. One function each; its docstring is its manual (`audiences/README.md`).

Every predicate is true or false for every contact, never unknown: `none` of something unknown would be nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, get_type_hints

from sqlalchemy import ColumnElement, and_, exists, func, or_

from outreach.errors import DefinitionError, UnknownPredicate
from outreach.model.people import AddressKind, attribute_key
from outreach.model.segment import Argument, Term
from outreach.model.wave import BatchState, Status
from outreach.store.tables import (
    BatchRow,
    CallRow,
    CampaignRow,
    ContactGroupRow,
    ContactRow,
    DeliveryRow,
    OrganisationRow,
    SubmissionRow,
    SubscriptionRow,
    WaveRow,
)

Clause = ColumnElement[bool]
Listed = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Predicate:
    """A predicate as segments and the manual see it; *takes* is `str` or `tuple[str, ...]`."""

    name: str
    takes: Any
    manual: str
    build: Callable[[Any], Clause]


PREDICATES: dict[str, Predicate] = {}


def predicate(build: Callable[[Any], Clause]) -> Callable[[Any], Clause]:
    """Make a function's name a word that segments may use."""
    hints = get_type_hints(build)
    hints.pop("return")
    (takes,) = hints.values()
    PREDICATES[build.__name__] = Predicate(build.__name__, takes, (build.__doc__ or "").strip(), build)
    return build


def clause(where: str, term: Term) -> Clause:
    """Return the condition that *term* stands for; errors begin with *where*, the segment or the file and key."""
    known = PREDICATES.get(term.predicate)
    if known is None:
        raise UnknownPredicate(where, term.predicate, PREDICATES)
    _check_type(where, known, term.argument)
    try:
        return known.build(term.argument)
    except ValueError as fault:
        raise DefinitionError(f"{where}: {term.predicate} = {shown(term.argument)}: {fault}") from fault


def shown(value: object) -> str:
    """Return *value* as it would stand in TOML."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case list() | tuple():
            return f"[{', '.join(shown(each) for each in value)}]"
        case dict():
            return "{ " + ", ".join(f"{key} = {shown(each)}" for key, each in value.items()) + " }"
        case _:
            return str(value)


def _check_type(where: str, known: Predicate, argument: Argument) -> None:
    if known.takes is str:
        if isinstance(argument, str):
            return
        wanted = f'one text, such as {known.name} = "…"'
    else:
        if isinstance(argument, tuple) and argument and all(isinstance(each, str) for each in argument):
            return
        wanted = f'a list of texts, such as {known.name} = ["…", "…"]'
    raise DefinitionError(f"{where}: {known.name} takes {wanted}; found {shown(argument)}")


@predicate
def group(name: str) -> Clause:
    """Is in the group *name*."""
    return exists().where(ContactGroupRow.contact_id == ContactRow.id, ContactGroupRow.name == name)


@predicate
def language(code: str) -> Clause:
    """Has said to prefer the language *code* (`nl`, `de`); `""` is for people who have not said."""
    return func.coalesce(ContactRow.language, "") == code


@predicate
def language_in(codes: Listed) -> Clause:
    """Prefers one of the languages *codes*."""
    return func.coalesce(ContactRow.language, "").in_(codes)


@predicate
def region_in(names: Listed) -> Clause:
    """Belongs to an organisation in one of the regions *names*."""
    return _organisation(OrganisationRow.region.in_(names))


@predicate
def organisation_kind(kind: str) -> Clause:
    """Belongs to an organisation of this *kind*, such as `municipality` or `association`."""
    return _organisation(OrganisationRow.kind == kind)


@predicate
def country(code: str) -> Clause:
    """Belongs to an organisation in the country *code*: two capitals, such as `NL`."""
    if not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):  # noqa: PLR2004
        raise ValueError('write two capitals, such as "NL" or "DE"')
    return _organisation(OrganisationRow.country == code)


@predicate
def address_kind(kind: str) -> Clause:
    """Has an address that is `personal`, or one of a `role` (info@, gemeente@)."""
    if kind not in tuple(AddressKind):
        raise ValueError(f"known: {', '.join(AddressKind)}")
    return ContactRow.kind == kind


@predicate
def subscribed_to(topic: str) -> Clause:
    """Has a consent to *topic* in force: given, and not withdrawn since."""
    return exists().where(SubscriptionRow.contact_id == ContactRow.id, SubscriptionRow.topic == topic)


@predicate
def attribute(pair: str) -> Clause:
    """Has this value in a further column of the import: `sector=youth`; `sector=` is for people who have none."""
    key, equals, value = pair.partition("=")
    if not equals or not attribute_key(key):
        raise ValueError('write "name=value"')
    return func.coalesce(ContactRow.attributes[attribute_key(key)].as_string(), "") == value.strip()


@predicate
def received(wave: str) -> Clause:
    """Was sent the wave *wave*, written `campaign/wave`, and it did not come back."""
    return _delivered(wave)


@predicate
def clicked(wave: str) -> Clause:
    """Has clicked in the wave *wave* (`campaign/wave`); machines that follow links do not count."""
    return _delivered(wave, DeliveryRow.clicked_human_at.is_not(None))


@predicate
def not_clicked(wave: str) -> Clause:
    """Received the wave *wave* (`campaign/wave`) and has not clicked in it, as far as may be known."""
    return _delivered(wave, DeliveryRow.clicked_human_at.is_(None))


@predicate
def submitted(call: str) -> Clause:
    """Has answered the call *call*, by the last part of its address (`/calls/nominate`)."""
    return exists().where(
        SubmissionRow.contact_id == ContactRow.id, SubmissionRow.call_id == CallRow.id, CallRow.slug == call
    )


@predicate
def not_submitted(call: str) -> Clause:
    """Has not answered the call *call*."""
    return ~submitted(call)


@predicate
def joined_before(day: str) -> Clause:
    """Has been in our files since before *day*, written `2026-01-31`."""
    return ContactRow.created_at < _midnight(day)


@predicate
def joined_after(day: str) -> Clause:
    """Has come into our files on *day* (`2026-01-31`) or later."""
    return ContactRow.created_at >= _midnight(day)


def _organisation(condition: Clause) -> Clause:
    return exists().where(OrganisationRow.id == ContactRow.organisation_id, condition)


def _delivered(wave: str, *conditions: Clause) -> Clause:
    slug, slash, name = wave.partition("/")
    if not (slug and slash and name):
        raise ValueError('write "campaign/wave"')
    own = DeliveryRow.status.in_((Status.ACCEPTED, Status.DELIVERED, Status.COMPLAINED))
    by_batch = and_(DeliveryRow.status.is_(None), BatchRow.state == BatchState.ACCEPTED)
    return exists().where(
        DeliveryRow.contact_id == ContactRow.id,
        DeliveryRow.wave_id == WaveRow.id,
        WaveRow.name == name,
        WaveRow.campaign_id == CampaignRow.id,
        CampaignRow.slug == slug,
        DeliveryRow.batch_id == BatchRow.id,
        or_(own, by_batch),
        *conditions,
    )


def _midnight(day: str) -> datetime:
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        raise ValueError('write a day such as "2026-01-31"') from None
    return datetime(parsed.year, parsed.month, parsed.day, tzinfo=UTC)
