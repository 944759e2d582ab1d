"""The house's own letters: in the ledger before they leave, sent once, whatever the email API does."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import select

from outreach.campaigns import queries as campaigns
from outreach.errors import AccessRefused, DefinitionError, NotTaken, OutcomeUnknown
from outreach.model.letter import Addressee, Letter
from outreach.model.mail import Message
from outreach.model.people import SuppressionReason
from outreach.services import Services
from outreach.steps import figures, letters, links, milestones, preferences, rights, waves
from outreach.steps.guards import Guards, Posted
from outreach.store import turns
from outreach.store.tables import BatchRow, ContactRow, DeliveryRow, MessageRow
from tests.builders_compose import ENVIRONMENT
from tests.builders_delivery import add_people, campaign, got
from tests.builders_rights import places_of
from tests.builders_subscriptions import Visitor, suppress
from tests.conftest import NOON
from tests.fakes import FakeProvider

BO, KIM = "person1@example.org", "person2@example.org"


@pytest.fixture(autouse=True)
def two_people(services: Services) -> list[int]:
    with services.sessions.begin() as session:
        return add_people(session, 2)


NUMBERS = count()
COMPILED: dict[tuple[Letter, str], Message] = {}
"""Compiling takes longest; the words are the same in every test."""


def ask(services: Services, person: int = 1, kind: Letter = Letter.PREFERENCES, language: str = "nl") -> int:
    """Put a letter to a person in the ledger, as a form does; return its delivery."""
    email = f"person{person}@example.org"
    if (kind, language) not in COMPILED:
        COMPILED[kind, language] = letters.compiled(replace(services, templates=ENVIRONMENT), kind, language)
    message = COMPILED[kind, language]
    posted = Posted({}, f"form {next(NUMBERS)}", language, network=None)
    with services.sessions.begin() as session:
        asked = letters.request(services, session, kind, message, email=email, posted=posted, guards=Guards())
        assert isinstance(asked, letters.Request)
        who = session.scalars(select(ContactRow.id).where(ContactRow.email == email)).one()
        return letters.write(session, asked, Addressee(who, email))


def batches(services: Services) -> list[tuple[int, str]]:
    with services.sessions() as session:
        return list(session.execute(select(BatchRow.number, BatchRow.state).order_by(BatchRow.id)).tuples())


def test_a_letter_waits_in_the_ledger_and_leaves_once(services: Services, provider: FakeProvider) -> None:
    delivery = ask(services)
    assert (batches(services), provider.mails) == ([(1, "planned")], [])

    sent = [letters.send_waiting(services) for _ in range(2)]

    [mail] = provider.mails
    assert (sent, mail.recipient, mail.rid) == ([1, 0], BO, services.tokens.rid(delivery))
    assert f"/preferences/{services.tokens.preferences(delivery)}?lang=nl" in mail.text


def test_an_email_api_that_takes_nothing_gets_it_the_next_time(services: Services, provider: FakeProvider) -> None:
    ask(services)
    provider.failures = [NotTaken("come back")]

    assert [letters.send_waiting(services) for _ in range(2)] == [0, 1]
    assert got(provider) == [BO]


def test_an_answer_that_was_lost_is_asked_for_and_no_second_mail(services: Services, provider: FakeProvider) -> None:
    ask(services)
    provider.failures_after = [OutcomeUnknown("lost")]

    letters.send_waiting(services)

    assert (got(provider), batches(services)) == ([BO], [(1, "accepted")])


def test_a_key_that_was_refused_holds_letters_up_only_as_long_as_it_is(
    services: Services, provider: FakeProvider
) -> None:
    ask(services)
    provider.failures = [AccessRefused("wrong token")]
    letters.send_waiting(services)
    held = batches(services)

    letters.send_waiting(services)

    assert (held, got(provider)) == ([(1, "planned")], [BO])


def test_addresses_that_are_refused_keep_no_other_letter_back(services: Services, provider: FakeProvider) -> None:
    provider.refuse = {BO: "no such mailbox"}
    for person in (1, 1, 1, 2):
        ask(services, person)

    letters.send_waiting(services)
    letters.send_waiting(services)

    assert got(provider) == [KIM]


@pytest.mark.parametrize("reason", list(SuppressionReason))
def test_who_unsubscribed_still_gets_what_they_ask_for_and_nobody_else_does(
    services: Services, provider: FakeProvider, reason: SuppressionReason
) -> None:
    ask(services)
    suppress(services.sessions, BO, reason)

    letters.send_waiting(services)

    assert got(provider) == ([BO] if reason is SuppressionReason.UNSUBSCRIBED else [])


def test_who_was_forgotten_meanwhile_gets_nothing(services: Services, provider: FakeProvider) -> None:
    ask(services)
    with services.sessions.begin() as session:
        session.delete(session.scalars(select(ContactRow).where(ContactRow.email == BO)).one())

    letters.send_waiting(services)

    assert provider.mails == []


def test_letters_are_in_no_list_and_tell_prefect_nothing(services: Services, provider: FakeProvider) -> None:
    ask(services)
    provider.failures = [AccessRefused("wrong token")]
    letters.send_waiting(services)
    letters.send_waiting(services)

    assert waves.all_waves(services) == []
    assert figures.waves_to_show(services) == []
    assert milestones.waiting(services) == []


def test_no_campaign_may_take_the_letters_name(services: Services) -> None:
    ask(services)

    with services.sessions.begin() as session, pytest.raises(DefinitionError, match="the house's own letters"):
        campaigns.register(session, *campaign("letters"), NOON)


def test_letters_of_the_same_words_share_a_frozen_message(services: Services) -> None:
    for person, kind, language in (
        (1, Letter.PREFERENCES, "nl"),
        (2, Letter.PREFERENCES, "nl"),
        (1, Letter.PREFERENCES, "de"),
        (1, Letter.CONFIRM, "nl"),
    ):
        ask(services, person, kind, language)

    with services.sessions() as session:
        kept = [(row.variant[:3], row.subject) for row in session.scalars(select(MessageRow).order_by(MessageRow.id))]
        variants = list(session.scalars(select(DeliveryRow.variant).order_by(DeliveryRow.id)))
    assert kept == [("nl.", "Uw voorkeuren"), ("de.", "Ihre Einstellungen"), ("nl.", "Bevestig uw aanmelding")]
    assert variants == ["nl", "nl", "de", "nl"]


def test_letters_asked_for_at_once_are_all_written(services: Services, provider: FakeProvider) -> None:
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda number: ask(services, 1 + number % 2), range(6)))
        sent = sum(people.map(lambda _: letters.send_waiting(services), range(2)))

    assert (sent, got(provider)) == (6, [BO] * 3 + [KIM] * 3)
    assert [number for number, _ in batches(services)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("kind", [Letter.PREFERENCES, Letter.RIGHTS])
def test_no_letter_is_written_to_who_was_forgotten_while_it_was_made(
    services: Services, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch, kind: Letter
) -> None:
    token, guards = services.tokens.preferences(ask(services)), Guards(seconds=0)
    page = preferences.preferences(services, token, "nl")
    message = COMPILED[Letter.PREFERENCES, "nl"]

    def forget_meanwhile(*_: object) -> Message:
        rights.forget(services, BO, why="asked")
        return message

    monkeypatch.setattr(letters, "compiled", forget_meanwhile)
    if kind is Letter.RIGHTS:
        links.send_rights_link(services, token, Posted({}, page.form_token, "nl", network=None), guards)
    else:
        form = links.link_form(services, "nl", {"email": "Adres", "title": "Voorkeuren"})
        posted = Posted({"email": BO}, form.token, "nl", network=None)
        links.send_link(services, form, posted, {}, guards)
    letters.send_waiting(services)

    assert (provider.mails, places_of(services, BO)) == ([], [])


def test_a_signup_waits_until_somebody_is_forgotten_and_begins_anew(services: Services) -> None:
    with ThreadPoolExecutor(1) as pool:
        with services.sessions.begin() as session:
            turns.forgetting(session)
            session.delete(session.scalars(select(ContactRow).where(ContactRow.email == BO)).one())
            session.flush()
            asked = pool.submit(Visitor(services).subscribe, BO)
            assert wait([asked], timeout=0.5).not_done == {asked}
        assert asked.result().status_code == 303
    with services.sessions() as session:
        assert session.scalars(select(ContactRow.first_name).where(ContactRow.email == BO)).one() == ""
