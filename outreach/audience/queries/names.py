"""Whether what a segment names exists: a name with a typing error would quietly be nobody, or everybody."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import get_close_matches

from sqlalchemy import Select, and_, exists, func, or_, select, union
from sqlalchemy.orm import Session

from outreach.audience.predicates import Clause, Named, names_in, shown
from outreach.audience.predicates.waves import parted
from outreach.errors import DefinitionError
from outreach.model import gazetteer
from outreach.model.gazetteer import MUNICIPALITY
from outreach.model.people import attribute_key
from outreach.model.segment import Segment, terms
from outreach.store.dialects import on_postgres
from outreach.store.tables import (
    CallRow,
    CampaignRow,
    ConsentRow,
    ContactGroupRow,
    ContactRow,
    OrganisationRow,
    SubscriptionRow,
    WaveRow,
)

Known = Mapping[Named, Set[str]]
"""Names that exist although the database may not hold them yet: topics, waves and calls of the folders."""

MOST_LISTED = 20
_OFFICIAL: Mapping[Named, Callable[[str], object]] = {
    Named.REGION: gazetteer.region_named,
    Named.PROVINCE: gazetteer.province_named,
    Named.MUNICIPALITY: gazetteer.municipality,
}
_OFFICIAL_NAMES: Mapping[Named, Callable[[], Iterable[str]]] = {
    Named.REGION: gazetteer.regions,
    Named.PROVINCE: gazetteer.provinces,
    Named.MUNICIPALITY: lambda: (each.name for each in gazetteer.municipalities().values()),
}
OF_PEOPLE = (
    Named.GROUP,
    Named.LANGUAGE,
    Named.REGION,
    Named.PROVINCE,
    Named.MUNICIPALITY,
    Named.ORGANISATION_KIND,
    Named.COUNTRY,
    Named.ATTRIBUTE,
)
"""What comes in with people; before the first import there is none of it."""


@dataclass(frozen=True, slots=True)
class _Mention:
    where: str
    predicate: str
    kind: Named
    name: str


def check_names(session: Session, segments: Sequence[Segment], known: Known) -> None:
    """Refuse names that do not exist, all at once; each error says where it stands, what is near and what there is."""
    mentions = list(dict.fromkeys(each for segment in segments for each in _mentions(segment, known)))
    if not mentions:
        return
    found = session.execute(select(*(_HELD[each.kind](each.name) for each in mentions))).one()
    unknown = [each for each, exists_ in zip(mentions, found, strict=True) if not exists_]
    if unknown:
        raise DefinitionError("\n".join(_told(session, each, known) for each in unknown))


def check_topic(session: Session, topic: str, known: Known) -> None:
    """Refuse a topic that nobody could have agreed to."""
    if topic in known.get(Named.TOPIC, ()) or session.scalar(select(_topic(topic))):
        return
    raise DefinitionError(f"topic {shown(topic)}: {_instead(session, Named.TOPIC, topic, known)}")


def _mentions(segment: Segment, known: Known) -> Iterator[_Mention]:
    for term in terms(segment.rule):
        kind, names = names_in(term) or (None, ())
        for name in names:
            if kind and not _is_sound(kind, name, known):
                yield _Mention(f"{segment.name}.toml", term.predicate, kind, name)


def _is_sound(kind: Named, name: str, known: Known) -> bool:
    """Return whether a name is good whatever the database holds; the empty one asks for those who have none."""
    official = _OFFICIAL.get(kind)
    return not name or name in known.get(kind, ()) or bool(official and official(name))


def _told(session: Session, mention: _Mention, known: Known) -> str:
    instead = _instead(session, mention.kind, mention.name, known)
    return f"{mention.where}: {mention.predicate} = {shown(mention.name)}: {instead}"


def _instead(session: Session, kind: Named, name: str, known: Known) -> str:
    there_is_none = "nobody is in this group" if kind is Named.GROUP else f"no such {kind}"
    if kind in OF_PEOPLE and not session.scalar(select(exists().where(ContactRow.id.is_not(None)))):
        return f"no such {kind}: nobody has been imported yet; first: outreach contacts import FILE"
    there = sorted({each for each in session.scalars(_listed(session, kind)) if each} | known.get(kind, set()))
    near = _near(name, there) or _near(name, _OFFICIAL_NAMES.get(kind, tuple)())
    meant = f"did you mean {' or '.join(shown(each) for each in near)}? " if near else ""
    join = ". People join one by: outreach contacts import FILE --group NAME" if kind is Named.GROUP else ""
    if not there:
        return f"{there_is_none}; {meant}there is none yet{join}"
    more = f" … and {len(there) - MOST_LISTED} more" if len(there) > MOST_LISTED else ""
    inventory = "In use" if kind in _OFFICIAL else "There is"
    return f"{there_is_none}; {meant}{inventory}: {', '.join(there[:MOST_LISTED])}{more}{join}"


def _near(name: str, there: Iterable[str]) -> list[str]:
    folded: dict[str, str] = {each.casefold(): each for each in there}
    return [folded[each] for each in get_close_matches(name.casefold(), folded, n=3)]


def _municipality(name: str) -> Clause:
    itself = and_(OrganisationRow.kind == MUNICIPALITY, or_(OrganisationRow.code == name, OrganisationRow.name == name))
    return or_(exists().where(OrganisationRow.municipality == name), exists().where(itself))


def _attribute(name: str) -> Clause:
    return exists().where(ContactRow.attributes[attribute_key(name)].as_string().is_not(None))


def _topic(name: str) -> Clause:
    return or_(exists().where(SubscriptionRow.topic == name), exists().where(ConsentRow.topic == name))


def _wave(name: str) -> Clause:
    slug, wave = parted(name)
    return exists().where(WaveRow.campaign_id == CampaignRow.id, WaveRow.name == wave, CampaignRow.slug == slug)


_HELD: Mapping[Named, Callable[[str], Clause]] = {
    Named.GROUP: lambda name: exists().where(ContactGroupRow.name == name),
    Named.LANGUAGE: lambda name: exists().where(ContactRow.language == name),
    Named.REGION: lambda name: exists().where(OrganisationRow.region == name),
    Named.PROVINCE: lambda name: exists().where(OrganisationRow.province == name),
    Named.MUNICIPALITY: _municipality,
    Named.ORGANISATION_KIND: lambda name: exists().where(OrganisationRow.kind == name),
    Named.COUNTRY: lambda name: exists().where(OrganisationRow.country == name),
    Named.ATTRIBUTE: _attribute,
    Named.TOPIC: _topic,
    Named.WAVE: _wave,
    Named.CALL: lambda name: exists().where(CallRow.slug == name),
}
"""Whether a name is held: stops at the first row, so that good names cost next to nothing."""


def _listed(session: Session, kind: Named) -> Select[tuple[str]]:
    """Return all names of a kind; read only when one was not found."""
    if kind is Named.ATTRIBUTE:
        if on_postgres(session):
            each = func.jsonb_object_keys(ContactRow.attributes).table_valued("key").render_derived(name="each")
        else:
            each = func.json_each(ContactRow.attributes).table_valued("key", name="each")
        return select(each.c.key).select_from(ContactRow).join(each, ContactRow.id.is_not(None)).distinct()
    return _LISTED[kind]


_NAMES = select(OrganisationRow.name).where(OrganisationRow.kind == MUNICIPALITY)
_CODES = select(OrganisationRow.municipality).where(OrganisationRow.municipality != "")
_TOWNS = union(_NAMES, _CODES).subquery()

_LISTED: Mapping[Named, Select[tuple[str]]] = {
    Named.GROUP: select(ContactGroupRow.name).distinct(),
    Named.LANGUAGE: select(func.coalesce(ContactRow.language, "")).distinct(),
    Named.REGION: select(OrganisationRow.region).distinct(),
    Named.PROVINCE: select(OrganisationRow.province).distinct(),
    Named.MUNICIPALITY: select(_TOWNS.c.name),
    Named.ORGANISATION_KIND: select(OrganisationRow.kind).distinct(),
    Named.COUNTRY: select(OrganisationRow.country).distinct(),
    Named.TOPIC: select(SubscriptionRow.topic).distinct(),
    Named.WAVE: select(CampaignRow.slug + "/" + WaveRow.name)
    .select_from(WaveRow)
    .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
    .where(CampaignRow.hidden.is_(False)),
    Named.CALL: select(CallRow.slug),
}
