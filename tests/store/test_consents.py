"""The ledger of consent: never changed, and what is in force follows from it, whoever writes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from outreach.delivery.queries import letter, settle
from outreach.model.letter import Letter
from outreach.model.people import Basis, Consent, ConsentAct
from outreach.model.provider_report import ProviderReport
from outreach.model.wave import Kind
from outreach.services import Services
from outreach.steps import listening, preferences, subscribing
from outreach.steps.guards import Posted
from outreach.store import Sessions, consents
from outreach.store.tables import ConsentRow, ContactRow, DeliveryRow
from outreach.subscriptions import queries
from outreach.subscriptions.acts import Sentence
from tests.builders_compose import ENVIRONMENT
from tests.builders_delivery import add_people
from tests.builders_engagement import Sent, sent
from tests.builders_subscriptions import derived, in_force, ledger
from tests.conftest import NOON

TOPICS = ("social-work", "poverty", "tracking")
NUMBERS = count(1)

Writer = Callable[[Services, Sent, tuple[str, ...]], object]


def confirms(services: Services, mail: Sent, topics: tuple[str, ...]) -> None:
    """A sign-up is confirmed by its letter."""
    said = [Sentence(topic, f"I want {topic}.", "1", "en") for topic in topics]
    with services.sessions.begin() as session:
        signup = queries.keep_signup(
            session, mail.contacts[0], said, first_name="", language="nl", form_url="/", network=None, now=NOON
        )
        email = session.get_one(ContactRow, mail.contacts[0]).email
        row = {"wave_id": mail.wave, "contact_id": mail.contacts[0], "email": email, "cause": f"signup {signup}"}
        named = {"audience": "letters", "variant": "nl", "first_name": "", "organisation": "", "tracked": False}
        written = session.scalars(insert(DeliveryRow).values(**row, **named).returning(DeliveryRow.id)).one()
        queries.signup_written_to(session, signup, written)
    subscribing.confirm(services, services.tokens.confirm(written))


def saves_preferences(services: Services, mail: Sent, topics: tuple[str, ...]) -> None:
    """By the link of a mail that was asked for just now."""
    delivery = mail.deliveries[0]
    with services.sessions.begin() as session:
        asked = letter.ask(
            session, Letter.PREFERENCES, address="", network=None, form_token=f"asked {delivery}", now=NOON
        )
        if asked:
            letter.written(session, asked, delivery)
    token = services.tokens.preferences(mail.deliveries[0])
    page = preferences.preferences(services, token, "nl")
    posted = Posted({f"topic_{topic}": "yes" for topic in topics}, page.form_token, "nl")
    preferences.save(services, token, posted, ("nl",))


def stops_everything(services: Services, mail: Sent, topics: tuple[str, ...]) -> None:
    token = services.tokens.preferences(mail.deliveries[0])
    page = preferences.preferences(services, token, "nl")
    preferences.save(services, token, Posted({"never": "yes"}, page.form_token, "nl"), ("nl",))


def unsubscribes(services: Services, mail: Sent, topics: tuple[str, ...]) -> None:
    listening.unsubscribe(services, services.tokens.unsubscribe(mail.deliveries[0]), everything=len(topics) > 1)


def complains(services: Services, mail: Sent, topics: tuple[str, ...]) -> None:
    report = ProviderReport(f"e{next(NUMBERS)}", "", Kind.COMPLAINED, NOON)
    with services.sessions.begin() as session:
        settle.take_reports(session, "fake", [(mail.deliveries[0], report)], NOON)


def is_imported(services: Services, mail: Sent, topics: tuple[str, ...]) -> None:
    acts = [Consent(t, ConsentAct.GIVEN, Basis.MEMBERSHIP, "leden", "import leden.csv", NOON) for t in topics]
    with services.sessions.begin() as session:
        consents.write(session, [(mail.contacts[0], act) for act in acts])


WRITERS: tuple[Writer, ...] = (confirms, saves_preferences, stops_everything, unsubscribes, complains, is_imported)

acts = st.tuples(st.sampled_from(WRITERS), st.lists(st.sampled_from(TOPICS), unique=True).map(tuple))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(acts, max_size=5))
def test_what_is_in_force_is_what_the_ledger_says(services: Services, history: list[tuple[Writer, tuple[str, ...]]]):
    services = replace(services, templates=ENVIRONMENT)
    mail = sent(services.sessions, slug=f"history{next(NUMBERS)}")

    for act, topics in history:
        act(services, mail, topics)

    assert in_force(services.sessions) == derived(services.sessions)


def test_two_writers_at_once_leave_the_two_in_step(services: Services):
    services = replace(services, templates=ENVIRONMENT)
    mail = sent(services.sessions)

    def act(turn: int) -> None:
        WRITERS[turn % len(WRITERS)](services, mail, TOPICS[: 1 + turn % 3])

    with ThreadPoolExecutor(2) as two:
        list(two.map(act, range(18)))

    assert in_force(services.sessions) == derived(services.sessions)
    assert len(ledger(services.sessions)) > 6


@pytest.mark.parametrize(
    "change", [update(ConsentRow).values(act="given"), delete(ConsentRow), update(ConsentRow).values(at=NOON)]
)
def test_the_database_itself_refuses_to_change_the_ledger(sessions: Sessions, change: object):
    with sessions.begin() as session:
        add_people(session, 1)

    with pytest.raises(DBAPIError, match="the ledger of consent is append-only"), sessions.begin() as session:
        session.execute(change)

    assert ledger(sessions) == [("social-work", "given")]


def test_acts_go_with_the_person_they_are_about(sessions: Sessions):
    with sessions.begin() as session:
        first, _second = add_people(session, 2)
        session.execute(delete(ContactRow).where(ContactRow.id == first))

    with sessions() as session:
        assert session.scalars(select(ConsentRow.contact_id)).all() == [_second]
