"""What can be asked about a person and their address."""

from datetime import datetime

from sqlalchemy import and_, exists, func, or_

from outreach.audience.predicates.days import days_before, midnight, one_of_pairs
from outreach.audience.predicates.vocabulary import Clause, Listed, Named, predicate
from outreach.model.people import AddressKind, attribute_key
from outreach.store.tables import ContactGroupRow, ContactRow


@predicate("is in the group {}", example="member", of=Named.GROUP)
def group(names: Listed) -> Clause:
    """Is in the group, or in one of the groups."""
    return exists().where(ContactGroupRow.contact_id == ContactRow.id, ContactGroupRow.name.in_(names))


@predicate("prefers the language {}", example="nl", of=Named.LANGUAGE)
def language(codes: Listed) -> Clause:
    """Has said to prefer this language (`nl`, `de`); `""` is for people who have not said."""
    spoken = [code for code in codes if code]
    said = and_(ContactRow.language.is_not(None), ContactRow.language.in_(spoken))
    return or_(said, func.coalesce(ContactRow.language, "") == "") if "" in codes else said


@predicate("prefers the language {}", example="nl", of=Named.LANGUAGE)
def language_in(codes: Listed) -> Clause:
    """Is the same as `language`, for lists."""
    return language(codes)


@predicate("has an address of the kind {}", example="role")
def address_kind(kinds: Listed) -> Clause:
    """Has an address that is `personal`, or one of a `role` (info@, gemeente@)."""
    if not set(kinds) <= set(AddressKind):
        raise ValueError(f"known: {', '.join(AddressKind)}")
    return ContactRow.kind.in_(kinds)


@predicate("has {} in a further column of the import", example="sector=youth", of=Named.ATTRIBUTE, pair=True)
def attribute(pairs: Listed) -> Clause:
    """Has this value in a further column of the import: `sector=youth`; `sector=` is for people who have none."""
    return one_of_pairs(pairs, _has, "name=value")


@predicate("came into our files before {}", example="2026-01-31")
def joined_before(days: Listed) -> Clause:
    """Has been in our files since before this day."""
    return or_(*(ContactRow.created_at < midnight(day) for day in days))


@predicate("came into our files on {} or later", example="2026-01-31")
def joined_after(days: Listed) -> Clause:
    """Has come into our files on this day or later."""
    return or_(*(ContactRow.created_at >= midnight(day) for day in days))


@predicate("came into our files less than {} days ago", example=30)
def joined_within(days: int, now: datetime) -> Clause:
    """Has come into our files less than so many days ago; 1 is today."""
    return ContactRow.created_at >= days_before(days, now)


def _has(name: str, value: str) -> Clause:
    key = attribute_key(name)
    if not key:
        raise ValueError('write "name=value"')
    return func.coalesce(ContactRow.attributes[key].as_string(), "") == value
