"""Stores people in batches, without doubles; the same file twice changes nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.contacts.entries import Entry, RowRefused
from outreach.contacts.grant import acts_on, tracking_consent
from outreach.contacts.read import Line
from outreach.model.people import TRACKING, Consent, ConsentAct, Organisation, SuppressionReason
from outreach.store import consents
from outreach.store.tables import ConsentRow, ContactGroupRow, ContactRow, OrganisationRow, SuppressionRow

FIRST_REFUSED = "the first row with this address was not stored; correct that one"


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch of entries. *suppressed* and *without_consent* are counted among the stored ones."""

    new: int
    changed: int
    unchanged: int
    repeated: int
    suppressed: int
    without_consent: int
    organisations: int
    refused: tuple[tuple[Line, str], ...]


def store(session: Session, entries: Sequence[Entry], grant: Consent | None, *, source: str, at: datetime) -> Stored:
    """Add or change the people of *entries*; what a cell leaves empty stays as it is, suppressions stay.

    *grant* is the consent that the import gives all of them; *source* names the file in the ledger.
    """
    _take_turns(session)
    organisations, organisations_changed = _store_organisations(session, entries)
    known = _Known(session, entries)
    found, refused = known.match([entry for entry in entries if not entry.repeats])
    changed = {row.id for entry, row in found if row is not None and _apply(row, entry, organisations, at)}
    session.flush()
    added = _insert(session, [entry for entry, row in found if row is None], organisations, at)
    ids = {**known.ids, **{entry.contact.email: row.id for entry, row in found if row is not None}, **added}
    stored = [entry for entry, _ in found]
    firsts = ids.keys() - {entry.contact.email for entry, _ in refused}
    repeated = [entry for entry in entries if entry.repeats and entry.contact.email in firsts]
    refused += [(each, FIRST_REFUSED) for each in entries if each.repeats and each.contact.email not in firsts]
    changed |= _join_groups(session, [(ids[entry.contact.email], entry.contact.groups) for entry in stored + repeated])
    ledger = _Ledger(session, [ids[entry.contact.email] for entry in stored])
    changed |= ledger.write([(ids[entry.contact.email], _acts(entry, grant, source, at)) for entry in stored])
    new = set(added.values())
    touched = {ids[entry.contact.email] for entry in stored} - new
    return Stored(
        new=len(new),
        changed=len(changed & touched),
        unchanged=len(touched - changed),
        repeated=len(repeated),
        suppressed=sum(entry.contact.email in known.suppressed for entry in stored),
        without_consent=len((new | touched) - ledger.subscribed()),
        organisations=organisations_changed,
        refused=tuple((entry.line, reason) for entry, reason in refused),
    )


def _take_turns(session: Session) -> None:
    """Let two imports store one batch after the other: they would wait for each other's rows crosswise."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(7202)"))


def _acts(entry: Entry, grant: Consent | None, source: str, at: datetime) -> list[Consent]:
    acts = [grant] if grant else []
    if entry.tracking is not None:
        acts.append(tracking_consent(allowed=entry.tracking, source=source, at=at))
    return acts


def _store_organisations(session: Session, entries: Sequence[Entry]) -> tuple[dict[Organisation, OrganisationRow], int]:
    """Find or add the organisations of a batch; return their rows, and how many are new or changed."""
    leads: dict[Organisation, bool] = {}
    for entry in entries:
        if (organisation := entry.contact.organisation) and not entry.repeats:
            leads[organisation] = leads.get(organisation, False) or entry.leads
    register = _Register(session, leads)
    rows = register.store(leads)
    session.flush()
    return rows, sum(register.described.values())


class _Register:
    """Organisations by their code, else by kind and name."""

    def __init__(self, session: Session, wanted: Collection[Organisation]) -> None:
        codes, names = {each.code for each in wanted if each.code}, {each.name for each in wanted}
        known = or_(OrganisationRow.code.in_(codes), OrganisationRow.name.in_(names))
        self._session = session
        self._rows = list(session.scalars(select(OrganisationRow).where(known).order_by(OrganisationRow.id)))
        self._by_code = {row.code: row for row in self._rows if row.code}
        self._by_name: dict[tuple[str, str], OrganisationRow] = {}
        self.described: dict[OrganisationRow, bool] = {}

    def store(self, leads: Mapping[Organisation, bool]) -> dict[Organisation, OrganisationRow]:
        """Bring each up to date whose row leads.

        Those with a known code come first, since they may rename what others look up by name: so the same file finds
        the same organisations when it comes again.
        """
        known = [each for each in leads if each.code in self._by_code]
        others = sorted((each for each in leads if each.code not in self._by_code), key=lambda each: not each.code)
        result = {each: self._described(self._by_code[each.code], each, leads=leads[each]) for each in known}
        for row in self._rows:
            self._by_name.setdefault((row.kind, row.name), row)  # of doubles, the oldest
        return result | {each: self._found_or_added(each, leads=leads[each]) for each in others}

    def _found_or_added(self, each: Organisation, *, leads: bool) -> OrganisationRow:
        namesake = self._by_name.get((each.kind, each.name))
        if namesake is not None and each.code and namesake.code:
            namesake = None  # two with different codes are two, though they share a name
        row = self._by_code.get(each.code) or namesake
        if row is None:
            row = OrganisationRow(name="", kind="", code=None, region="", country="")
            self._session.add(row)
        self._described(row, each, leads=leads or not row.name)
        self._by_name.setdefault((row.kind, row.name), row)
        if row.code:
            self._by_code[row.code] = row
        return row

    def _described(self, row: OrganisationRow, each: Organisation, *, leads: bool) -> OrganisationRow:
        if leads:
            first = row not in self.described
            self.described[row] = _describe(row, each, first=first) or self.described.get(row, False)
        return row


def _describe(row: OrganisationRow, organisation: Organisation, *, first: bool) -> bool:
    """Change what the file knows otherwise; where two rows differ the first holds, and the second fills gaps."""
    facts = {name: value for name, value in asdict(organisation).items() if value}
    if not row.name:
        facts.setdefault("name", organisation.code)
    return _set(row, {name: value for name, value in facts.items() if first or not getattr(row, name)})


class _Known:
    """What the database holds about the addresses and external ids of a batch, read in two queries."""

    def __init__(self, session: Session, entries: Sequence[Entry]) -> None:
        emails = {entry.contact.email for entry in entries}
        external = {entry.contact.external_id for entry in entries if entry.contact.external_id}
        rows = session.scalars(
            select(ContactRow).where(or_(ContactRow.email.in_(emails), ContactRow.external_id.in_(external)))
        ).all()
        self.by_email = {row.email: row for row in rows}
        self.by_external = {row.external_id: row for row in rows if row.external_id}
        self.ids = {row.email: row.id for row in rows}
        self.suppressed = _suppressed(session, emails | self.by_email.keys())
        self._taken: set[int] = set()

    def match(self, entries: Iterable[Entry]) -> tuple[list[tuple[Entry, ContactRow | None]], list[tuple[Entry, str]]]:
        """Return each entry with the contact that it is about, None for new ones; and the entries that contradict."""
        found: list[tuple[Entry, ContactRow | None]] = []
        refused: list[tuple[Entry, str]] = []
        for entry in entries:
            try:
                found.append((entry, self._contact(entry)))
            except RowRefused as fault:
                refused.append((entry, str(fault)))
        return found, refused

    def _contact(self, entry: Entry) -> ContactRow | None:
        email, external_id = entry.contact.email, entry.contact.external_id
        here, known = self.by_email.get(email), self.by_external.get(external_id or "")
        row = known or here
        if here is not None and external_id and here.external_id not in (None, external_id):
            raise RowRefused(f"this address belongs to external id {here.external_id!r} already")
        if known is not None and here is not None and known is not here:
            raise RowRefused(f"external id {external_id!r} is known with {known.email!r}, and this address on its own")
        if row is not None and row.id in self._taken:
            raise RowRefused("another row of this file moves this address's person elsewhere; import this row again")
        if known is not None and here is None:
            self._check_move(known, external_id)
        if row is not None:
            self._taken.add(row.id)
        return row

    def _check_move(self, row: ContactRow, external_id: str | None) -> None:
        """A new address may follow a bounce; it does not undo that somebody wants no mail."""
        reason = self.suppressed.get(row.email)
        if reason not in (None, SuppressionReason.HARD_BOUNCE):
            raise RowRefused(f"external id {external_id!r} wants no mail ({reason}); a new address changes nothing")


def _suppressed(session: Session, emails: Collection[str]) -> dict[str, str]:
    rows = select(SuppressionRow.email, SuppressionRow.reason).where(SuppressionRow.email.in_(emails))
    return dict(session.execute(rows).tuples().all())


def _apply(row: ContactRow, entry: Entry, organisations: Mapping[Organisation, OrganisationRow], at: datetime) -> bool:
    """Change what *entry* knows otherwise; return whether anything was."""
    facts = {name: value for name, value in _facts(entry, organisations).items() if value}
    facts["attributes"] = {**row.attributes, **entry.contact.attributes}
    if not entry.kind_given:
        del facts["kind"]
    if not _set(row, facts):
        return False
    row.updated_at = at
    return True


def _facts(entry: Entry, organisations: Mapping[Organisation, OrganisationRow]) -> dict[str, Any]:
    contact = entry.contact
    return {
        "email": contact.email,
        "external_id": contact.external_id,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "language": contact.language,
        "kind": contact.kind,
        "organisation_id": organisations[contact.organisation].id if contact.organisation else None,
        "attributes": contact.attributes,
    }


def _set(row: ContactRow | OrganisationRow, facts: Mapping[str, Any]) -> bool:
    news = {name: value for name, value in facts.items() if getattr(row, name) != value}
    for name, value in news.items():
        setattr(row, name, value)
    return bool(news)


def _insert(
    session: Session, entries: Sequence[Entry], organisations: Mapping[Organisation, OrganisationRow], at: datetime
) -> dict[str, int]:
    """Add new contacts; return their ids by address. An address that a form added meanwhile keeps what it has."""
    if not entries:
        return {}
    rows = [{**_facts(entry, organisations), "created_at": at, "updated_at": at} for entry in entries]
    rows.sort(key=lambda row: row["email"])
    upsert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(ContactRow)
    statement = upsert.on_conflict_do_update(index_elements=["email"], set_={"email": upsert.excluded.email})
    added = session.execute(statement.returning(ContactRow.email, ContactRow.id), rows)
    return dict(added.tuples().all())


def _join_groups(session: Session, members: Sequence[tuple[int, tuple[str, ...]]]) -> set[int]:
    """Add contacts to groups; return those who were not in all of theirs."""
    wanted = {(contact_id, name) for contact_id, names in members for name in names}
    if not wanted:
        return set()
    have = session.execute(
        select(ContactGroupRow.contact_id, ContactGroupRow.name).where(
            ContactGroupRow.contact_id.in_({contact_id for contact_id, _ in wanted})
        )
    ).tuples()
    missing = sorted(wanted.difference(have))
    if missing:
        session.execute(insert(ContactGroupRow), [{"contact_id": who, "name": name} for who, name in missing])
    return {contact_id for contact_id, _ in missing}


class _Ledger:
    """The consents in force of a batch of contacts: the newest of each topic."""

    def __init__(self, session: Session, contact_ids: Sequence[int]) -> None:
        newest = (
            select(func.max(ConsentRow.id))
            .where(ConsentRow.contact_id.in_(contact_ids))
            .group_by(ConsentRow.contact_id, ConsentRow.topic)
        )
        self._session = session
        self._newest = {
            (row.contact_id, row.topic): consents.consent(row)
            for row in session.scalars(select(ConsentRow).where(ConsentRow.id.in_(newest)))
        }

    def write(self, acts: Iterable[tuple[int, list[Consent]]]) -> set[int]:
        """Append the acts that are news; return the contacts whom they concern."""
        news = [
            (contact_id, act)
            for contact_id, said in acts
            for act in said
            if acts_on(act, self._newest.get((contact_id, act.topic)))
        ]
        if news:
            consents.write(self._session, news)
        self._newest |= {(contact_id, act.topic): act for contact_id, act in news}
        return {contact_id for contact_id, _ in news}

    def subscribed(self) -> set[int]:
        """Return who may be written to about something."""
        return {
            contact_id
            for (contact_id, topic), consent in self._newest.items()
            if topic != TRACKING and consent.act is ConsentAct.GIVEN
        }
