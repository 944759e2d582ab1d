"""The preference centre and the letters with links, over HTTP."""

import re
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from outreach.delivery.queries import settle
from outreach.engagement import queries as engagement
from outreach.model.mail import Message
from outreach.model.people import Basis, Consent, ConsentAct, SuppressionReason
from outreach.model.provider_report import ProviderReport
from outreach.model.report import Figure
from outreach.model.wave import Kind
from outreach.services import Services
from outreach.steps import letters
from outreach.store import consents
from outreach.store.tables import ConsentRow, ContactRow
from tests.builders_engagement import CELL, Sent, everything, figures, sent
from tests.builders_people import Soul, add
from tests.builders_subscriptions import Visitor, contact, derived, in_force, ledger, suppress, suppressed, token_in
from tests.conftest import NOON, FakeClock

READER = "golden-reader0@example.org"


@pytest.fixture
def visitor(services: Services) -> Visitor:
    return Visitor(services)


@pytest.fixture
def mail(services: Services) -> Sent:
    """A mail about social work, to somebody who gets it as a member."""
    mail = sent(services.sessions)
    member = Consent("social-work", ConsentAct.GIVEN, Basis.MEMBERSHIP, "members' file", "import leden.csv", NOON)
    with services.sessions.begin() as session:
        consents.write(session, [(mail.contacts[0], member)])
    return mail


@pytest.fixture
def page(services: Services, mail: Sent) -> str:
    """What the link in that mail opens, however old the mail, whoever has it now."""
    return f"/preferences/{services.tokens.preferences(mail.deliveries[0])}"


@pytest.fixture
def own_page(visitor: Visitor, mail: Sent) -> str:
    """What the link in a letter opens that its reader asked for just now."""
    return visitor.own_page(READER)


def test_the_page_shows_since_when_and_why_and_changes_nothing(services: Services, visitor: Visitor, page: str) -> None:
    before = everything(services.sessions)

    answer = visitor.client.get(f"{page}?lang=de")

    assert (answer.status_code, answer.headers["x-robots-tag"]) == (200, "noindex, nofollow")
    assert "Als Mitglied, seit 20. November 2026." in answer.text
    assert re.findall(r'name="(\S+)" value="\S+" checked', answer.text) == ["topic_social-work", "frequency"]
    assert everything(services.sessions) == before


def test_what_is_ticked_is_consent_with_the_exact_words(services: Services, visitor: Visitor, own_page: str) -> None:
    ticks = {"topic_social-work": "yes", "topic_poverty": "yes"}
    answer = visitor.fill(f"{own_page}?lang=nl", frequency="weekly", language="de", **ticks)
    again = visitor.fill(f"{own_page}?lang=nl", frequency="weekly", language="de", **ticks)

    with services.sessions() as session:
        row = session.scalars(select(ConsentRow).where(ConsentRow.topic == "poverty")).one()
    person = contact(services.sessions, READER)
    assert person is not None
    assert "Aangemeld voor: Armoede en moedige mensen." in answer.text
    assert "Alles stond al zo" in again.text
    assert ledger(services.sessions) == [("social-work", "given"), ("poverty", "given")]
    assert (row.basis, row.source, row.language, row.version) == (
        "consent",
        "https://mail.example.org/preferences?lang=nl",
        "nl",
        "2026-11",
    )
    assert row.text.startswith("Ik wil per e-mail nieuws, bijeenkomsten")
    assert (row.requested_at, row.confirmed_at) == (NOON, NOON)
    assert (person.frequency, person.language) == ("weekly", "de")


def test_no_tick_at_all_is_unsubscribing_but_no_suppression(
    services: Services, visitor: Visitor, mail: Sent, page: str
) -> None:
    answer = visitor.fill(f"{page}?lang=en")

    assert "Unsubscribed from: Social work." in answer.text
    assert ledger(services.sessions) == [("social-work", "given"), ("social-work", "withdrawn")]
    assert in_force(services.sessions) == derived(services.sessions) == {}
    assert suppressed(services.sessions) == {}
    assert figures(services.sessions, mail.wave) == {(CELL, Figure.UNSUBSCRIBES): 1}


def test_never_again_can_be_taken_back_by_the_same_person(services: Services, visitor: Visitor, own_page: str) -> None:
    never = visitor.fill(f"{own_page}?lang=en", never="yes", **{"topic_social-work": "yes", "topic_tracking": "yes"})
    stopped = suppressed(services.sessions), in_force(services.sessions)

    back = visitor.fill(f"{own_page}?lang=en", **{"topic_social-work": "yes"})

    assert "We will never write to this address again." in never.text
    assert 'id="q-never" name="never" value="yes" aria-describedby="never-help" checked' in never.text
    assert stopped == ({READER: "unsubscribed"}, {})
    assert "We may write to this address again" in back.text
    assert suppressed(services.sessions) == {}


@pytest.mark.parametrize("reason", [SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT])
def test_no_page_lifts_a_bounce_or_a_complaint(
    services: Services, visitor: Visitor, own_page: str, reason: SuppressionReason
) -> None:
    visitor.fill(f"{own_page}?lang=en", never="yes")
    suppress(services.sessions, READER, reason)
    both = suppressed(services.sessions)

    visitor.fill(f"{own_page}?lang=en", topic_poverty="yes")

    assert both == {READER: f"{reason}, unsubscribed"}
    assert suppressed(services.sessions) == {READER: reason}


def test_a_complaint_after_never_again_stays(services: Services, visitor: Visitor, mail: Sent, own_page: str) -> None:
    delivery = mail.deliveries[0]
    complaint = ProviderReport("e1", services.tokens.rid(delivery), Kind.COMPLAINED, NOON, "spam")
    with services.sessions.begin() as session:
        engagement.leave(session, delivery, NOON, everything=True)
    with services.sessions.begin() as session:
        settle.take_reports(session, "fake", [(delivery, complaint)], NOON)

    visitor.fill(f"{own_page}?lang=nl", **{"topic_social-work": "yes"})

    assert suppressed(services.sessions) == {READER: "complaint"}


def test_by_the_link_of_a_mail_one_may_leave_and_for_the_rest_a_letter_asks_back(
    services: Services, visitor: Visitor, page: str
) -> None:
    answer = visitor.fill(
        f"{page}?lang=nl", frequency="weekly", language="de", topic_poverty="yes", topic_tracking="yes"
    )
    waiting = ledger(services.sessions), in_force(services.sessions), contact(services.sessions, READER)

    confirmed = visitor.client.post(visitor.link("confirm"))

    person = waiting[2]
    assert person is not None
    assert waiting[:2] == ([("social-work", "given"), ("social-work", "withdrawn")], {})
    assert (person.frequency, person.language) == ("weekly", "de")
    assert f"We hebben een mail gestuurd naar {READER}." in answer.text
    assert [mail.recipient for mail in services.provider.mails] == [READER]
    assert confirmed.status_code == 200
    assert ledger(services.sessions)[2:] == [("poverty", "given"), ("tracking", "given")]
    with services.sessions() as session:
        row = session.scalars(select(ConsentRow).where(ConsentRow.topic == "poverty")).one()
    assert row.text.startswith("Ik wil per e-mail nieuws, bijeenkomsten")
    assert (row.source, row.language) == ("https://mail.example.org/preferences?lang=nl", "nl")
    after = contact(services.sessions, READER)
    assert (after and after.language) == "de"


def test_by_the_link_of_a_mail_never_again_ends_only_when_a_letter_is_answered(
    services: Services, visitor: Visitor, page: str
) -> None:
    suppress(services.sessions, READER, SuppressionReason.UNSUBSCRIBED)

    answer = visitor.fill(f"{page}?lang=en", **{"topic_social-work": "yes"})
    still = suppressed(services.sessions)
    there = visitor.link("confirm").partition("?")[0] + "?lang=en"
    looked = visitor.client.get(there)
    visitor.client.post(there)

    assert "We have sent a mail to" in answer.text
    assert "We may write to this address again" not in answer.text
    assert still == {READER: "unsubscribed"}
    assert "<li>With this confirmation we may write to this address again.</li>" in looked.text
    assert suppressed(services.sessions) == {}
    assert ledger(services.sessions) == [("social-work", "given")]


def test_a_link_that_was_asked_for_yesterday_is_like_any_other(
    services: Services, visitor: Visitor, own_page: str, clock: FakeClock
) -> None:
    clock.forward(hours=24)

    visitor.fill(f"{own_page}?lang=nl", topic_poverty="yes")

    assert ledger(services.sessions) == [("social-work", "given"), ("social-work", "withdrawn")]


def test_leaving_works_also_where_too_many_letters_were_asked_for(services: Services, mail: Sent, page: str) -> None:
    visitor = Visitor(services, options={"form_seconds": 0, "forms_per_hour": 0})

    answer = visitor.fill(f"{page}?lang=en", topic_poverty="yes")

    assert (answer.status_code, "Unsubscribed from: Social work." in answer.text) == (429, True)
    assert services.provider.mails == []
    assert ledger(services.sessions) == [("social-work", "given"), ("social-work", "withdrawn")]


def test_a_page_shown_before_its_reader_left_subscribes_nobody_again(
    services: Services, visitor: Visitor, mail: Sent, own_page: str
) -> None:
    stale = token_in(visitor.client.get(f"{own_page}?lang=nl").text)
    with services.sessions.begin() as session:
        engagement.leave(session, mail.deliveries[0], NOON, everything=True)

    ticks = {"_token": stale, "topic_social-work": "yes", "topic_poverty": "yes"}
    answer = visitor.client.post(f"{own_page}?lang=nl", data=ticks)

    assert (answer.status_code, re.findall(r'name="topic_\S+" value="\S+" checked', answer.text)) == (422, [])
    assert (in_force(services.sessions), suppressed(services.sessions)) == ({}, {READER: "unsubscribed"})


def test_a_page_that_changes_while_it_is_saved_saves_nothing(
    services: Services, visitor: Visitor, mail: Sent, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = letters.compiled

    def leaves_meanwhile(*which: Any) -> Message:
        with services.sessions.begin() as session:
            engagement.leave(session, mail.deliveries[0], NOON, everything=True)
        return real(*which)

    monkeypatch.setattr(letters, "compiled", leaves_meanwhile)

    answer = visitor.fill(f"{page}?lang=nl", **{"topic_social-work": "yes", "topic_poverty": "yes"})

    assert (answer.status_code, services.provider.mails) == (422, [])
    assert suppressed(services.sessions) == {READER: "unsubscribed"}


def test_the_mailbox_that_somebody_left_opens_nothing_of_theirs(
    services: Services, visitor: Visitor, mail: Sent, own_page: str
) -> None:
    page = f"{own_page}?lang=nl"
    visitor.client.post(f"{own_page}/rights?lang=nl", data={"_token": token_in(visitor.client.get(page).text)})
    rights = visitor.link("rights")
    with services.sessions.begin() as session:
        session.get_one(ContactRow, mail.contacts[0]).email = "new@example.org"

    assert [visitor.client.get(path).status_code for path in (page, rights)] == [404, 404]
    assert visitor.client.post(page, data={"_token": "", "never": "yes"}).status_code == 404


def test_the_numbers_of_letters_do_not_tell_which_addresses_are_known(services: Services, visitor: Visitor) -> None:
    others = ("known@example.org", "unknown@example.org", "nobody@example.org", "stopped@example.org")
    with services.sessions.begin() as session:
        add(session, Soul("known@example.org"), Soul("stopped@example.org"))
        add(session, *(Soul(f"me{number}@example.org") for number in range(5)))
    suppress(services.sessions, "stopped@example.org", SuppressionReason.COMPLAINT)

    def number_of(path: str) -> int:
        return services.tokens.delivery_of_preferences(path.split("/")[2])

    numbers = [number_of(visitor.own_page("me0@example.org"))]
    for mine, other in enumerate(others, start=1):
        visitor.fill("/preferences?lang=nl", email=other)
        numbers.append(number_of(visitor.own_page(f"me{mine}@example.org")))

    assert [later - earlier for earlier, later in pairwise(numbers)] == [2, 2, 2, 2]


def test_the_numbers_of_letters_do_not_tell_which_sign_ups_were_taken_back(
    services: Services, visitor: Visitor
) -> None:
    suppress(services.sessions, "stopped@example.org", SuppressionReason.COMPLAINT)

    def number_of(email: str) -> int:
        visitor.subscribe(email)
        return services.tokens.delivery_to_confirm(visitor.link("confirm").split("/")[2].partition("?")[0])

    first = number_of("me@example.org")
    visitor.subscribe("stopped@example.org")
    second = number_of("you@example.org")
    visitor.subscribe("they@example.org")

    assert (second - first, number_of("we@example.org") - second) == (2, 2)


def test_a_topic_that_is_offered_no_more_can_be_left(
    services: Services, visitor: Visitor, mail: Sent, page: str
) -> None:
    old = Consent("old-topic", ConsentAct.GIVEN, Basis.CONSENT, "", "a form", NOON)
    with services.sessions.begin() as session:
        consents.write(session, [(mail.contacts[0], old)])

    visitor.fill(f"{page}?lang=nl", **{"topic_social-work": "yes"})

    assert ledger(services.sessions)[2:] == [("old-topic", "withdrawn")]


def test_a_page_without_its_token_saves_nothing(services: Services, visitor: Visitor, page: str) -> None:
    foreign = token_in(visitor.client.get(f"{page}?lang=de").text)

    answers = [visitor.client.post(f"{page}?lang=nl", data={"_token": token}) for token in ("", foreign)]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert ledger(services.sessions) == [("social-work", "given")]


def test_made_up_values_change_nothing(services: Services, visitor: Visitor, page: str) -> None:
    ticks = {"topic_social-work": "yes", "topic_nonsense": "yes"}
    answer = visitor.fill(f"{page}?lang=en", frequency="hourly", language="<b>", **ticks)

    assert (answer.status_code, "It was all like this already" in answer.text) == (200, True)


def test_tokens_of_other_purposes_open_nothing(services: Services, visitor: Visitor, mail: Sent) -> None:
    delivery, tokens = mail.deliveries[0], services.tokens
    preferences = [visitor.client.get(f"/preferences/{t(delivery)}") for t in (tokens.rid, tokens.unsubscribe)]
    rights = [visitor.client.get(f"/rights/{t(delivery)}") for t in (tokens.preferences, tokens.rights, tokens.confirm)]

    assert {answer.status_code for answer in (*preferences, *rights)} == {404}


def test_a_link_is_sent_to_who_is_known_and_the_answer_does_not_tell(
    services: Services, visitor: Visitor, mail: Sent
) -> None:
    suppress(services.sessions, READER, SuppressionReason.UNSUBSCRIBED)
    answers = [visitor.fill("/preferences?lang=nl", email=email) for email in (READER, "stranger@example.org")]
    shown = visitor.client.get(visitor.link("preferences"))

    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [
        (303, "/preferences/sent?lang=nl")
    ] * 2
    assert [mail.recipient for mail in services.provider.mails] == [READER]
    assert READER in shown.text
    assert contact(services.sessions, "stranger@example.org") is None


def test_faults_in_the_address_are_told(visitor: Visitor) -> None:
    answer = visitor.fill("/preferences?lang=en", email="nobody")

    assert (answer.status_code, 'href="#q-email"' in answer.text) == (422, True)


def test_rights_need_a_fresh_mail_and_a_button(
    services: Services, visitor: Visitor, mail: Sent, page: str, clock: FakeClock
) -> None:
    token = token_in(visitor.client.get(f"{page}?lang=nl").text)
    asked = visitor.client.post(f"{page}/rights?lang=nl", data={"_token": token})
    there, _, _ = visitor.link("rights").partition("?")
    shown = visitor.client.get(there)
    copied = visitor.client.post(f"{there}/copy")
    before = contact(services.sessions, READER)

    forgotten = visitor.client.post(f"{there}/forget?lang=nl")

    assert asked.headers["location"] == "/preferences/sent?lang=nl&rights=yes"
    assert (shown.status_code, READER in shown.text) == (200, True)
    assert copied.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert copied.json()["email"] == READER
    assert before is not None
    assert (forgotten.status_code, forgotten.headers["location"]) == (303, "/rights/forgotten?lang=nl")
    assert contact(services.sessions, READER) is None
    assert [visitor.client.get(path).status_code for path in (there, page)] == [404, 404]


def test_a_link_to_rights_is_too_old_after_a_day(
    services: Services, visitor: Visitor, page: str, clock: FakeClock
) -> None:
    token = token_in(visitor.client.get(f"{page}?lang=nl").text)
    visitor.client.post(f"{page}/rights?lang=nl", data={"_token": token})
    there, _, _ = visitor.link("rights").partition("?")
    clock.forward(hours=24, seconds=1)

    answers = [visitor.client.get(there), visitor.client.post(f"{there}/copy"), visitor.client.post(f"{there}/forget")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert contact(services.sessions, READER) is not None


def test_who_was_forgotten_has_no_preferences(services: Services, visitor: Visitor, mail: Sent, page: str) -> None:
    with services.sessions.begin() as session:
        session.delete(session.get_one(ContactRow, mail.contacts[0]))

    assert visitor.client.get(page).status_code == 404
