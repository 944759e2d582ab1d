"""Readers at the forms of subscribing and preferences, and what stands in the ledger of consent afterwards."""

import html
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import select

from outreach.model.people import Basis, SuppressionReason
from outreach.receiver import create
from outreach.services import Services
from outreach.store import Sessions
from outreach.store.tables import ConsentRow, ContactRow, ErasedRow, SignupRow, SubscriptionRow, SuppressionRow
from tests.builders_compose import ENVIRONMENT
from tests.builders_engagement import SITE
from tests.conftest import NOON
from tests.receiver.client import Client

BO = "bo@example.org"


def token_in(page: str) -> str:
    found = re.search(r'name="_token" value="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


@dataclass
class Visitor:
    """Somebody who loads a form and sends it; at once, where the receiver was not told otherwise."""

    services: Services
    address: str = "192.0.2.7"
    options: dict[str, Any] = field(default_factory=lambda: {"form_seconds": 0})

    def __post_init__(self) -> None:
        # templates that are read once for all tests
        self.app = create(replace(self.services, templates=ENVIRONMENT), **self.options)
        self.client = Client(self.app, self.address)

    def moved(self, address: str) -> "Visitor":
        """Come from another network from now on."""
        self.client = Client(self.app, address)
        return self

    def fill(self, path: str, **values: str) -> httpx.Response:
        """Load the form at *path* and send it with *values*."""
        return self.client.post(path, data={"_token": token_in(self.client.get(path).text), **values})

    def subscribe(self, email: str = BO, *topics: str, language: str = "nl", **more: str) -> httpx.Response:
        """Ask for mails; about poverty, where no *topics* are named."""
        ticks = {f"topic_{topic}": "yes" for topic in topics or ("poverty",)}
        return self.fill(f"/subscribe?lang={language}", email=email, language=language, **ticks, **more)

    def own_page(self, email: str) -> str:
        """Ask for the link to one's preferences, and return where the mail leads."""
        self.fill("/preferences?lang=nl", email=email)
        return self.link("preferences").partition("?")[0]

    def link(self, what: str) -> str:
        """Return the path behind the newest letter's link, which leads to `/what/…`."""
        found = re.search(rf"{SITE}(/{what}/\S+)", self.services.provider.mails[-1].text)
        assert found
        return found[1]


def suppress(sessions: Sessions, email: str, reason: SuppressionReason) -> None:
    with sessions.begin() as session:
        session.add(SuppressionRow(email=email, reason=reason, detail="", at=NOON))


def suppressed(sessions: Sessions) -> dict[str, str]:
    """Return the reasons of each address, in the order of the alphabet."""
    found: dict[str, str] = {}
    with sessions() as session:
        for row in session.scalars(select(SuppressionRow).order_by(SuppressionRow.email, SuppressionRow.reason)):
            found[row.email] = f"{found[row.email]}, {row.reason}" if row.email in found else row.reason
    return found


def erased(sessions: Sessions) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(ErasedRow.key)))


def ledger(sessions: Sessions) -> list[tuple[str, str]]:
    """Return all acts, oldest first, as topic and act."""
    with sessions() as session:
        rows = session.execute(select(ConsentRow.topic, ConsentRow.act).order_by(ConsentRow.id)).tuples()
        return list(rows)


def in_force(sessions: Sessions) -> dict[tuple[int, str], Basis]:
    """Return what the table of consents in force says."""
    with sessions() as session:
        return {(row.contact_id, row.topic): Basis(row.basis) for row in session.scalars(select(SubscriptionRow))}


def derived(sessions: Sessions) -> dict[tuple[int, str], Basis]:
    """Return what is in force by the ledger alone: the newest act counts."""
    with sessions() as session:
        newest = {
            (row.contact_id, row.topic): row for row in session.scalars(select(ConsentRow).order_by(ConsentRow.id))
        }
    return {key: Basis(row.basis) for key, row in newest.items() if row.act == "given"}


def signups(sessions: Sessions) -> list[SignupRow]:
    with sessions() as session:
        return list(session.scalars(select(SignupRow).order_by(SignupRow.id)))


def contact(sessions: Sessions, email: str = BO) -> ContactRow | None:
    with sessions() as session:
        return session.scalar(select(ContactRow).where(ContactRow.email == email))


def make_older(sessions: Sessions, **duration: float) -> None:
    """Move every sign-up back in time."""
    with sessions.begin() as session:
        for row in session.scalars(select(SignupRow)):
            row.requested_at -= timedelta(**duration)
