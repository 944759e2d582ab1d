"""Unsubscribing."""

from sqlalchemy import select

from outreach.engagement.leaving import Leaving
from outreach.model.people import Basis, ConsentAct
from outreach.model.report import Figure
from outreach.services import Services
from outreach.steps import listening
from outreach.store.tables import ConsentRow, ContactRow, DeliveryRow, SuppressionRow
from tests.builders_engagement import CELL, everything, figures, sent
from tests.conftest import NOON, FakeClock

EMAIL = "golden-reader0@example.org"
TITLE = {"nl": "Gouden gemeente", "de": "Goldene Gemeinde"}


def give_consent(services: Services, contact: int) -> None:
    with services.sessions.begin() as session:
        session.add(
            ConsentRow(
                contact_id=contact,
                topic="social-work",
                act=ConsentAct.GIVEN,
                basis=Basis.MEMBERSHIP,
                evidence="form",
                source="import",
                language="nl",
                at=NOON,
            )
        )


def ledger(services: Services) -> list[tuple[str, str, str, str]]:
    with services.sessions.begin() as session:
        rows = session.scalars(select(ConsentRow).order_by(ConsentRow.id)).all()
        return [(row.topic, row.act, row.basis, row.source) for row in rows]


def suppressed(services: Services) -> list[tuple[str, str]]:
    with services.sessions.begin() as session:
        return [(row.email, row.reason) for row in session.scalars(select(SuppressionRow))]


def test_leaving_withdraws_consent_and_counts_once(services: Services, clock: FakeClock) -> None:
    mail = sent(services.sessions)
    give_consent(services, mail.contacts[0])
    token = services.tokens.unsubscribe(mail.deliveries[0])

    first = listening.unsubscribe(services, token)
    clock.forward(hours=1)
    again = listening.unsubscribe(services, token)

    assert first == again == Leaving(EMAIL, TITLE, ("nl", "de"), left=True)
    assert ledger(services) == [
        ("social-work", ConsentAct.GIVEN, Basis.MEMBERSHIP, "import"),
        ("social-work", ConsentAct.WITHDRAWN, Basis.MEMBERSHIP, "unsubscribe"),
    ]
    assert figures(services.sessions, mail.wave) == {(CELL, Figure.UNSUBSCRIBES): 1}
    with services.sessions.begin() as session:
        assert session.get_one(DeliveryRow, mail.deliveries[0]).unsubscribed_at == NOON
    assert suppressed(services) == []


def test_whoever_came_back_can_leave_again_by_an_old_mail(services: Services) -> None:
    mail = sent(services.sessions)
    token = services.tokens.unsubscribe(mail.deliveries[0])
    listening.unsubscribe(services, token)
    give_consent(services, mail.contacts[0])

    listening.unsubscribe(services, token)

    assert [act for _, act, _, _ in ledger(services)] == [
        ConsentAct.WITHDRAWN,
        ConsentAct.GIVEN,
        ConsentAct.WITHDRAWN,
    ]
    assert figures(services.sessions, mail.wave) == {(CELL, Figure.UNSUBSCRIBES): 1}


def test_leaving_everything_suppresses_the_address_also_after_leaving_the_topic(services: Services) -> None:
    mail = sent(services.sessions)
    token = services.tokens.unsubscribe(mail.deliveries[0])

    listening.unsubscribe(services, token)
    listening.unsubscribe(services, token, everything=True)
    listening.unsubscribe(services, token, everything=True)

    assert suppressed(services) == [(EMAIL, "unsubscribed")]


def test_leaving_everything_holds_for_an_address_changed_since(services: Services) -> None:
    mail = sent(services.sessions)
    with services.sessions.begin() as session:
        session.get_one(ContactRow, mail.contacts[0]).email = "new@example.org"

    listening.unsubscribe(services, services.tokens.unsubscribe(mail.deliveries[0]), everything=True)

    assert sorted(suppressed(services)) == [(EMAIL, "unsubscribed"), ("new@example.org", "unsubscribed")]


def test_a_person_who_was_erased_can_still_leave(services: Services) -> None:
    mail = sent(services.sessions)
    with services.sessions.begin() as session:
        session.delete(session.get_one(ContactRow, mail.contacts[0]))

    listening.unsubscribe(services, services.tokens.unsubscribe(mail.deliveries[0]))

    assert ledger(services) == []
    assert figures(services.sessions, mail.wave) == {(CELL, Figure.UNSUBSCRIBES): 1}


def test_looking_changes_nothing(services: Services) -> None:
    mail = sent(services.sessions)
    before = everything(services.sessions)

    leaving = listening.unsubscribe_view(services, services.tokens.unsubscribe(mail.deliveries[0]))

    assert leaving == Leaving(EMAIL, TITLE, ("nl", "de"), left=False)
    assert everything(services.sessions) == before
