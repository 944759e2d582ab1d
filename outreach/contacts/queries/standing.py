"""How each row of a file stands to the contacts: whom it is about, and what of it is news."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, aliased

from outreach.contacts.grant import IMPORT, tracking_consent
from outreach.contacts.queries.incoming import COPIED, TEMPORARY, Incoming, departed, incoming, telling
from outreach.contacts.queries.organisations import told
from outreach.model.people import TRACKING, Consent, ConsentAct
from outreach.store.dialects import on_postgres
from outreach.store.tables import ConsentRow, ContactRow

standing = Table(
    "standing",
    TEMPORARY,
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger),
    Column("added", Boolean),
    Column("altered", Boolean),
    Column("granted", Boolean),
    Column("tracking", Boolean),  # where that is news
    Column("joined", Boolean, server_default=false()),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of `incoming` from *first* to *last*."""

    first: int
    last: int

    def stored(self) -> ColumnElement[bool]:
        """Those rows that speak for an address and are not refused."""
        said = incoming.c
        return and_(said.row.between(self.first, self.last), said.leader.is_(None), said.reason.is_(None), ~said.erased)

    def departed(self) -> ColumnElement[bool]:
        """Those rows that say that somebody left."""
        return departed.c.row.between(self.first, self.last)

    def standing(self) -> ColumnElement[bool]:
        """The same rows, once it is known how they stand."""
        return standing.c.row.between(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Said:
    """What an import says about everybody in it: *grant* is the consent it gives, *source* its name in the ledger."""

    grant: Consent | None
    source: str
    at: datetime

    def tracking(self, *, allowed: bool) -> Consent:
        """Return what a cell of the column `tracking` says."""
        return tracking_consent(allowed=allowed, source=self.source, at=self.at)


def make_ready(session: Session) -> None:
    """Make room for what is found out from here on."""
    for table in (told, standing):
        table.create(session.connection(), checkfirst=False)


def stands() -> ColumnElement[bool]:
    """Whether it is known already how a row stands."""
    return exists().where(standing.c.row == incoming.c.row)


def find_known(session: Session, chunk: Chunk, about: Incoming, said: Said) -> None:
    """Find the contacts that rows are about, by external id, else by address."""
    contact = aliased(ContactRow)
    settled: ColumnElement[bool] = or_(incoming.c.external_id.is_(None), contact.external_id.is_(None))
    if about.ids:
        here = exists().where(ContactRow.email == incoming.c.email)
        free = or_(contact.email == incoming.c.email, not_(here))
        by_id = _Known(session, about, said, contact).select(contact.external_id == incoming.c.external_id, free)
        _stand(session, chunk, by_id)
        owned = exists().where(ContactRow.external_id == incoming.c.external_id)
        settled = and_(settled, not_(owned), not_(stands()))
    _stand(session, chunk, _Known(session, about, said, contact).select(contact.email == incoming.c.email, settled))


def find_added(session: Session, chunk: Chunk, said: Said) -> None:
    """Find the contacts that were added for rows about nobody known."""
    mine = or_(incoming.c.external_id.is_(None), ContactRow.external_id == incoming.c.external_id)
    added = _newcomers(said, ContactRow.id).join(ContactRow, ContactRow.email == incoming.c.email)
    _stand(session, chunk, added.where(mine))


def foresee_added(session: Session, chunk: Chunk, said: Said) -> None:
    """Let rows about nobody known stand for contacts that would be added, without a number of their own."""
    _stand(session, chunk, _newcomers(said, -incoming.c.row))


def _newcomers(said: Said, contact_id: Any) -> Select[Any]:
    """The SELECT of rows about nobody known, each about a contact that was added for it."""
    row = incoming.c
    granted = not_(row.gone) if said.grant else false()
    tracking = case((row.tracking, true()), else_=null())
    return select(row.row, contact_id, true(), false(), granted, tracking).where(not_(stands()))


def _stand(session: Session, chunk: Chunk, found: Select[Any]) -> None:
    columns = ["row", "contact_id", "added", "altered", "granted", "tracking"]
    session.execute(insert(standing).from_select(columns, found.where(chunk.stored())))


class _Known:
    """The SELECT of rows about people who are known, with what is news about them."""

    def __init__(self, session: Session, about: Incoming, said: Said, contact: Any) -> None:
        self._postgres = on_postgres(session)
        self._contact = contact
        self._said = said
        self._consent = aliased(ConsentRow) if said.grant else None
        self._tracking = aliased(ConsentRow) if about.tracking else None

    def select(self, found: ColumnElement[bool], settled: ColumnElement[bool]) -> Select[Any]:
        known = (
            select(
                incoming.c.row,
                self._contact.id,
                false(),
                self._altered(),
                self._grant_is_news(),
                self._tracking_news(),
            )
            .select_from(incoming)
            .join(self._contact, found)
            .outerjoin(telling, telling.c.number == incoming.c.organisation)
            .outerjoin(told, told.c.number == telling.c.told)
            .where(settled)
        )
        if self._said.grant and self._consent is not None:
            known = self._joined(known, self._consent, self._said.grant.topic)
        return known if self._tracking is None else self._joined(known, self._tracking, TRACKING)

    def _joined(self, known: Select[Any], newest: Any, topic: str) -> Select[Any]:
        latest = select(func.max(ConsentRow.id)).where(
            ConsentRow.contact_id == self._contact.id, ConsentRow.topic == topic
        )
        if topic == TRACKING:
            latest = latest.where(incoming.c.tracking.is_not(None))
        return known.outerjoin(newest, newest.id == latest.scalar_subquery())

    def _altered(self) -> ColumnElement[bool]:
        contact, row = self._contact, incoming.c
        return or_(
            contact.email != row.email,
            *(_told_otherwise(getattr(contact, name), row[name]) for name in COPIED),
            _told_otherwise(contact.organisation_id, told.c.id),
            and_(row.attributes.is_not(None), self._attributes_differ()),
        )

    def _attributes_differ(self) -> ColumnElement[bool]:
        have, news = self._contact.attributes, incoming.c.attributes
        if self._postgres:
            has_all: ColumnElement[bool] = have.op("@>", is_comparison=True)(cast(news, JSONB))
            return not_(has_all)
        patched: ColumnElement[str] = func.json_patch(have, news, type_=Text)
        return patched != func.json(have, type_=Text)

    def _grant_is_news(self) -> ColumnElement[bool]:
        if self._said.grant is None:
            return false()
        return and_(not_(incoming.c.gone), _acts_on(self._said.grant, self._consent))

    def _tracking_news(self) -> ColumnElement[Any]:
        if self._tracking is None:
            return null()
        allowed = incoming.c.tracking
        return case(
            (and_(allowed, _acts_on(self._said.tracking(allowed=True), self._tracking)), true()),
            (and_(not_(allowed), self._tracking.act == ConsentAct.GIVEN), false()),
            else_=null(),
        )


def _told_otherwise(have: Any, news: Any) -> ColumnElement[bool]:
    return and_(news.is_not(None), have.is_distinct_from(news))


def _acts_on(consent: Consent, newest: Any) -> ColumnElement[bool]:
    """Whether a consent given by a file is news after *newest*.

    What readers withdrew stays withdrawn and what they gave themselves is the better evidence: a list cannot know
    better. Only what an import wrote may an import give back or put in other words.
    """
    confirmed_at = literal(consent.confirmed_at, ConsentRow.confirmed_at.type)
    the_same = and_(
        newest.act == consent.act,
        newest.basis == consent.basis,
        newest.evidence == consent.evidence,
        newest.confirmed_at.is_not_distinct_from(confirmed_at),
    )
    by_a_file = func.substr(newest.source, 1, len(IMPORT)) == IMPORT
    return or_(newest.id.is_(None), and_(by_a_file, not_(the_same)))
