"""Double opt-in over HTTP."""

import re
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.contacts.topics import read_topics
from outreach.model.erasure import address_key
from outreach.model.people import SuppressionReason
from outreach.rights.queries import forget
from outreach.services import Services
from outreach.steps import rights, subscribing
from outreach.store.tables import ConsentRow, ContactRow, DeliveryRow, ErasedRow, LetterRow
from tests.builders_delivery import add_people
from tests.builders_engagement import everything, registered, sent
from tests.builders_subscriptions import (
    BO,
    Visitor,
    contact,
    erased,
    in_force,
    ledger,
    signups,
    suppress,
    suppressed,
    token_in,
)
from tests.conftest import NOON, FakeClock


@pytest.fixture
def visitor(services: Services) -> Visitor:
    return Visitor(services)


def test_looking_changes_nothing_and_nothing_is_ticked_beforehand(services: Services, visitor: Visitor) -> None:
    before = everything(services.sessions)

    page = visitor.client.get("/subscribe?lang=nl&topic=poverty").text

    assert re.findall(r'name="(topic_[^"]+)"', page) == [
        "topic_poverty",
        "topic_social-work",
        "topic_solidary-economy",
        "topic_tracking",
    ]
    assert "checked" not in page
    assert everything(services.sessions) == before


def test_one_letter_asks_back_and_nobody_is_subscribed_before_they_answer(services: Services, visitor: Visitor) -> None:
    answer = visitor.subscribe(BO, "poverty", first_name="Ignore this, visit http://spam.example.net")

    [mail] = services.provider.mails
    assert (answer.status_code, answer.headers["location"]) == (303, "/subscribe/sent?lang=nl")
    assert (mail.recipient, mail.subject, dict(mail.headers)) == (
        BO,
        "Bevestig uw aanmelding",
        {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Content-Language": "nl"},
    )
    assert re.findall(r"spam|<img|\.gif|/c/|/o/|/p/|/u/", mail.html + mail.text) == []
    assert ledger(services.sessions) == []
    assert in_force(services.sessions) == {}


def test_confirming_writes_the_exact_words_with_all_proof(
    services: Services, visitor: Visitor, clock: FakeClock
) -> None:
    visitor.subscribe(BO, "poverty", "tracking", language="de", first_name="Bo")
    clock.forward(hours=1)
    there = visitor.link("confirm")
    before = everything(services.sessions)
    page = visitor.client.get(there)
    assert everything(services.sessions) == before

    done = visitor.client.post(there)

    topic = read_topics(services.settings.templates)["poverty"]
    with services.sessions() as session:
        [row, _tracking] = session.scalars(select(ConsentRow).order_by(ConsentRow.id))
    assert topic.texts["de"] in page.text
    assert (done.status_code, "Sie sind angemeldet" in done.text) == (200, True)
    assert (row.topic, row.act, row.basis, row.source) == (
        "poverty",
        "given",
        "consent",
        "https://mail.example.org/subscribe?lang=de",
    )
    assert (row.text, row.version, row.language) == (topic.texts["de"], topic.version, "de")
    assert (row.requested_at, row.confirmed_at, row.at) == (NOON, services.clock(), services.clock())
    person = contact(services.sessions)
    assert person is not None
    assert (person.first_name, person.language) == ("Bo", "de")
    assert set(in_force(services.sessions)) == {(person.id, "poverty"), (person.id, "tracking")}


def test_a_link_works_once_also_after_a_change_of_mind(services: Services, visitor: Visitor) -> None:
    visitor.subscribe()
    there = visitor.link("confirm")
    visitor.client.post(there)
    delivery = services.tokens.delivery_to_confirm(there.split("/")[2].partition("?")[0])
    preferences = f"/preferences/{services.tokens.preferences(delivery)}?lang=nl"
    visitor.fill(preferences)

    again = visitor.client.post(there)

    assert ledger(services.sessions) == [("poverty", "given"), ("poverty", "withdrawn")]
    assert "U hebt al bevestigd" in again.text
    assert "U hebt al bevestigd" in visitor.client.get(there).text


def test_a_link_of_eight_days_confirms_nothing(services: Services, visitor: Visitor, clock: FakeClock) -> None:
    visitor.subscribe()
    there = visitor.link("confirm")
    clock.forward(days=7, seconds=1)

    answers = visitor.client.get(there), visitor.client.post(there)

    assert [answer.status_code for answer in answers] == [410, 410]
    assert "Deze link is verlopen" in answers[1].text
    assert ledger(services.sessions) == []


def test_a_token_of_another_purpose_confirms_nothing(services: Services, visitor: Visitor) -> None:
    visitor.subscribe()
    others = (services.tokens.rid(1), services.tokens.unsubscribe(1), services.tokens.preferences(1), "1_forged")

    assert {visitor.client.post(f"/confirm/{token}").status_code for token in others} == {404}
    assert ledger(services.sessions) == []


def test_the_mailbox_that_somebody_left_confirms_nothing(services: Services, visitor: Visitor) -> None:
    visitor.subscribe()
    there = visitor.link("confirm")
    suppress(services.sessions, "new@example.org", SuppressionReason.UNSUBSCRIBED)
    with services.sessions.begin() as session:
        session.scalars(select(ContactRow)).one().email = "new@example.org"

    answers = visitor.client.get(there), visitor.client.post(there)

    assert [answer.status_code for answer in answers] == [410, 410]
    assert "new@example.org" not in answers[0].text + answers[1].text
    assert (ledger(services.sessions), suppressed(services.sessions)) == ([], {"new@example.org": "unsubscribed"})


def test_confirming_while_being_forgotten_waits_its_turn(
    services: Services, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.subscribe()
    token = visitor.link("confirm").split("/")[2].partition("?")[0]
    hold, confirming = forget.hold, []
    with ThreadPoolExecutor(1) as pool:

        def hold_while_somebody_confirms(*found: Any) -> None:
            confirming.append(pool.submit(subscribing.confirm, services, token))  # no row is held yet, only the turn
            assert wait(confirming, timeout=0.4).done == set()
            hold(*found)

        monkeypatch.setattr(forget, "hold", hold_while_somebody_confirms)
        rights.forget(services, BO, why="asked")

    assert [each.result().state for each in confirming] == ["expired"]
    assert (contact(services.sessions), ledger(services.sessions)) == (None, [])


def test_who_comes_back_is_written_to_again(services: Services, visitor: Visitor) -> None:
    key = address_key(services.settings.erasure_secret(), BO)
    suppress(services.sessions, BO, SuppressionReason.UNSUBSCRIBED)
    with services.sessions.begin() as session:
        session.add(ErasedRow(key=key, at=NOON))
    visitor.subscribe()
    assert (suppressed(services.sessions), erased(services.sessions)) == ({BO: "unsubscribed"}, [key])

    visitor.client.post(visitor.link("confirm"))

    assert (suppressed(services.sessions), erased(services.sessions)) == ({}, [])


@pytest.mark.parametrize("reason", ["hard_bounce", "complaint", "by_hand"])
def test_no_letter_goes_where_none_may_and_the_answer_is_the_same(
    services: Services, visitor: Visitor, reason: str
) -> None:
    suppress(services.sessions, BO, SuppressionReason(reason))

    answer = visitor.subscribe()

    assert (answer.status_code, answer.headers["location"]) == (303, "/subscribe/sent?lang=nl")
    assert services.provider.mails == []
    assert (contact(services.sessions), signups(services.sessions)) == (None, [])


def test_a_known_address_keeps_its_name_and_language_until_its_owner_confirms(
    services: Services, visitor: Visitor
) -> None:
    with services.sessions.begin() as session:
        add_people(session, 1)

    answer = visitor.subscribe("Person1@Example.org", first_name="Idiot", language="de")

    found = contact(services.sessions, "person1@example.org")
    assert found is not None
    assert (answer.headers["location"], found.first_name, found.language) == ("/subscribe/sent?lang=de", "P1", "nl")
    assert [mail.recipient for mail in services.provider.mails] == ["person1@example.org"]


def test_an_address_is_not_bombed_with_letters(services: Services, clock: FakeClock) -> None:
    stranger = Visitor(services)

    answers = [stranger.moved(f"192.0.{number}.1").subscribe() for number in range(5)]
    clock.forward(hours=25)
    stranger.subscribe()

    assert {answer.headers["location"] for answer in answers} == {"/subscribe/sent?lang=nl"}
    assert len(services.provider.mails) == 3 + 1
    assert len(signups(services.sessions)) == 3 + 1


def test_a_network_may_not_ask_for_ever(services: Services) -> None:
    visitor = Visitor(services, options={"form_seconds": 0, "forms_per_hour": 2})

    answers = [visitor.subscribe(f"person{number}@example.org").status_code for number in range(3)]
    unknown = visitor.fill("/preferences?lang=nl", email="nobody@example.org")

    assert (answers, unknown.status_code) == ([303, 303, 429], 429)


def test_the_same_form_sent_twice_is_one_letter(services: Services, visitor: Visitor) -> None:
    form = {"_token": token_in(visitor.client.get("/subscribe?lang=nl").text), "email": BO, "language": "nl"}

    answers = [visitor.client.post("/subscribe?lang=nl", data=form | {"topic_poverty": "yes"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(services.provider.mails) == 1


def test_programs_are_held_back(services: Services, clock: FakeClock) -> None:
    visitor = Visitor(services, options={})

    fast = visitor.subscribe()
    trapped = visitor.subscribe(_website="https://example.com")

    assert (fast.status_code, trapped.status_code) == (422, 303)
    assert services.provider.mails == []


def test_a_form_whose_sentences_changed_meanwhile_is_shown_anew(services: Services, visitor: Visitor) -> None:
    dutch = token_in(visitor.client.get("/subscribe?lang=nl").text)

    answer = visitor.client.post(
        "/subscribe?lang=de", data={"_token": dutch, "email": BO, "language": "de", "topic_poverty": "yes"}
    )

    assert (answer.status_code, services.provider.mails) == (422, [])
    assert 'name="topic_poverty" value="yes" checked' in answer.text


def test_faults_are_told_at_once(services: Services, visitor: Visitor) -> None:
    answer = visitor.fill("/subscribe?lang=en", email="bø@exam ple", language="xx", topic_tracking="yes")

    assert answer.status_code == 422
    told = ('href="#q-email"', 'href="#q-language"', 'href="#q-topic_social-work"', "Please tick one topic at least.")
    assert [part in answer.text for part in told] == [True] * 4
    assert services.provider.mails == []


def test_letters_are_no_campaign(services: Services, visitor: Visitor) -> None:
    registered(services.sessions, sent(services.sessions).campaign)
    visitor.subscribe()

    with services.sessions() as session:
        wave = session.scalar(select(DeliveryRow.wave_id).where(DeliveryRow.cause == "signup 1"))
        asked = session.scalar(select(func.count()).select_from(LetterRow))
    assert (wave, asked) == (2, 1)
    assert re.findall(r'<h2[^>]*><a href="([^"]+)"', visitor.client.get("/").text) == ["/campaigns/golden?lang=nl"]
    assert visitor.client.get("/campaigns/letters").status_code == 404
