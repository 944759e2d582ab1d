"""People for tests: one row each in the database, and files as offices export them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.model.people import AddressKind, Basis, Consent, ConsentAct, SuppressionReason
from outreach.model.segment import Group, Join, Segment, Term
from outreach.store import consents
from outreach.store.tables import (
    ContactGroupRow,
    ContactRow,
    OrganisationRow,
    SuppressionRow,
)
from tests.conftest import NOON

TOPIC = "social-work"


@dataclass(frozen=True)
class Body:
    """An organisation of a test person."""

    name: str
    kind: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True)
class Soul:
    """All that a segment can ask about a person. *acts*: per topic, what was said, in order."""

    email: str
    first_name: str = "Bo"
    last_name: str = ""
    language: str | None = "nl"
    kind: AddressKind = AddressKind.PERSONAL
    groups: tuple[str, ...] = ()
    organisation: Body | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    acts: Mapping[str, Sequence[ConsentAct]] = field(default_factory=lambda: {TOPIC: (ConsentAct.GIVEN,)})
    suppressed: bool = False
    joined: datetime = NOON

    def agrees_to(self, topic: str) -> bool:
        return bool(self.acts.get(topic)) and self.acts[topic][-1] is ConsentAct.GIVEN


def add(session: Session, *souls: Soul) -> dict[str, int]:
    """Store people; return their ids by address."""
    return {soul.email: _add(session, soul) for soul in souls}


def _add(session: Session, soul: Soul) -> int:
    row = ContactRow(
        email=soul.email,
        external_id=None,
        first_name=soul.first_name,
        last_name=soul.last_name,
        language=soul.language,
        kind=soul.kind,
        organisation_id=_organisation(session, soul.organisation),
        attributes=dict(soul.attributes),
        created_at=soul.joined,
        updated_at=soul.joined,
    )
    session.add(row)
    session.flush()
    session.add_all(ContactGroupRow(contact_id=row.id, name=name) for name in soul.groups)
    for topic, acts in soul.acts.items():
        for act in acts:
            consent(session, row.id, topic, act)
    if soul.suppressed:
        suppress(session, soul.email)
    session.flush()
    return row.id


def consent(session: Session, contact_id: int, topic: str, act: ConsentAct, source: str = "form") -> None:
    said = Consent(topic, act, Basis.CONSENT, "form", source, NOON)
    consents.write(session, [(contact_id, said)])


def suppress(session: Session, email: str, reason: SuppressionReason = SuppressionReason.UNSUBSCRIBED) -> None:
    session.add(SuppressionRow(email=email, reason=reason, detail="", at=NOON))
    session.flush()


def _organisation(session: Session, body: Body | None) -> int | None:
    if body is None:
        return None
    row = session.scalar(select(OrganisationRow).where(OrganisationRow.name == body.name))
    if row is None:
        row = OrganisationRow(name=body.name, kind=body.kind, code=None, region=body.region, country=body.country)
        session.add(row)
        session.flush()
    return row.id


def segment(*rules: Term | Group, one_per: str | None = None, join: Join = Join.ALL) -> Segment:
    return Segment("test", {"nl": "Proef"}, Group(join, rules), one_per)


def write_csv(path: Path, rows: Iterable[Sequence[str]], *, delimiter: str = ";", encoding: str = "utf-8") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path
