"""What can be asked about the organisation that a person belongs to."""

from collections.abc import Iterable

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from outreach.audience.predicates.vocabulary import Clause, Listed, Named, predicate
from outreach.model import gazetteer
from outreach.model.gazetteer import MUNICIPALITY
from outreach.store.tables import ContactRow, OrganisationRow

CAPITALS = 2


@predicate("belongs to an organisation in the region {}", example="Drechtsteden", of=Named.REGION)
def region_in(names: Listed) -> Clause:
    """Belongs to an organisation in this (labour-market) region, by today's name or an earlier one."""
    return _organisation(OrganisationRow.region.in_(regions(names)))


@predicate("belongs to an organisation in the province {}", example="Zeeland", of=Named.PROVINCE)
def province_in(names: Listed) -> Clause:
    """Belongs to an organisation in this province."""
    return _organisation(OrganisationRow.province.in_(provinces(names)))


@predicate("belongs to an organisation in the municipality {}", example="GM0363", of=Named.MUNICIPALITY)
def municipality(names: Listed) -> Clause:
    """Belongs to an organisation that sits in this municipality, or to the municipality itself.

    By its official code (CBS, AGS) or its name; former Dutch ones mean what they went into.
    """
    names = municipalities(names)
    town = aliased(OrganisationRow)
    named = select(town.code).where(town.kind == MUNICIPALITY, town.name.in_(names), town.code.is_not(None))
    itself = or_(OrganisationRow.code.in_(names), OrganisationRow.name.in_(names))
    return _organisation(
        or_(
            OrganisationRow.municipality.in_(names),
            OrganisationRow.municipality.in_(named),
            and_(OrganisationRow.kind == MUNICIPALITY, itself),
        )
    )


@predicate("belongs to an organisation of the kind {}", example=MUNICIPALITY, of=Named.ORGANISATION_KIND)
def organisation_kind(kinds: Listed) -> Clause:
    """Belongs to an organisation of this kind, such as `municipality` or `association`."""
    return _organisation(OrganisationRow.kind.in_(kinds))


@predicate("belongs to an organisation in the country {}", example="NL", of=Named.COUNTRY)
def country(codes: Listed) -> Clause:
    """Belongs to an organisation in this country, in two capitals."""
    if not all(len(code) == CAPITALS and code.isascii() and code.isalpha() and code.isupper() for code in codes):
        raise ValueError('write two capitals, such as "NL" or "DE"')
    return _organisation(OrganisationRow.country.in_(codes))


def regions(names: Listed) -> Listed:
    """Return *names* and what the regions are called today."""
    return _also(names, (region for name in names for region in gazetteer.region_named(name)))


def provinces(names: Listed) -> Listed:
    """Return *names* and what the provinces are called officially."""
    return _also(names, (province for name in names if (province := gazetteer.province_named(name))))


def municipalities(names: Listed) -> Listed:
    """Return *names* with the codes that the municipalities have today; unclear ones are refused."""
    return _also(names, (town.code for name in names if name and (town := gazetteer.municipality(name))))


def _also(names: Listed, meant: Iterable[str]) -> Listed:
    return tuple(dict.fromkeys((*names, *meant)))


def _organisation(condition: Clause) -> Clause:
    return exists().where(OrganisationRow.id == ContactRow.organisation_id, condition)
