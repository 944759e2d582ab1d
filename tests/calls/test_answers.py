"""Calls in the database, and answers to them."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from outreach.calls.form import PHRASES
from outreach.calls.queries import call_by_slug, campaigns, save_call
from outreach.errors import DefinitionError, NotFound
from outreach.model.report import Figure
from outreach.services import Services
from outreach.steps import public
from outreach.steps.guards import Guards, Outcome, Posted
from outreach.store import Sessions
from outreach.store.tables import DeliveryRow, SubmissionRow
from tests.builders_engagement import CELL, answers, figures, nomination, registered, sent
from tests.conftest import NOON, FakeClock

SLUG = "golden-municipality"
SAY = dict.fromkeys(PHRASES, "no")


def posted(services: Services, **changes: Any) -> Posted:
    token = services.tokens.form(SLUG, services.clock())
    plain = Posted(answers(), token, "nl", network="192.0.2.0/24")
    return replace(plain, **changes)


def submit(services: Services, form: Posted, clock: FakeClock, seconds: float = 60, per_hour: int = 30) -> Outcome:
    clock.forward(seconds=seconds)
    return public.submit_call(services, SLUG, form, SAY, Guards(per_hour=per_hour)).outcome


def stored(services: Services) -> list[dict[str, Any]]:
    with services.sessions.begin() as session:
        return [
            {"contact": row.contact_id, "email": row.email, "fold": row.fold, "answers": row.answers}
            for row in session.scalars(select(SubmissionRow).order_by(SubmissionRow.id))
        ]


def test_a_call_is_registered_once_and_brought_up_to_date(sessions: Sessions) -> None:
    mail = sent(sessions)
    first = registered(sessions, mail.campaign)

    second = registered(sessions, mail.campaign, nomination(goal=12, closes=NOON))

    with sessions.begin() as session:
        standing = call_by_slug(session, SLUG)
    assert (first, standing.call, standing.count) == (second, nomination(goal=12, closes=NOON), 0)


def test_a_call_of_another_campaign_keeps_its_name(sessions: Sessions) -> None:
    one, other = sent(sessions), sent(sessions, slug="other")
    registered(sessions, one.campaign)

    with pytest.raises(DefinitionError, match="another campaign"), sessions.begin() as session:
        save_call(session, other.campaign, nomination())


@pytest.mark.parametrize("slug", ["", "Goud", "a b", "../x", "a\x00"])
def test_a_slug_that_is_no_address_is_refused(sessions: Sessions, slug: str) -> None:
    mail = sent(sessions)

    with pytest.raises(DefinitionError, match="small letters"), sessions.begin() as session:
        save_call(session, mail.campaign, nomination(slug=slug))


@pytest.mark.parametrize("slug", ["nothing", "a\x00b", "ä"])
def test_a_call_that_does_not_exist_is_not_found(sessions: Sessions, slug: str) -> None:
    with pytest.raises(NotFound), sessions.begin() as session:
        call_by_slug(session, slug)
    with pytest.raises(NotFound), sessions.begin() as session:
        call_by_slug(session, nomination().slug)


def test_an_answer_is_kept_with_the_reader_and_counted_for_the_mail(services: Services, clock: FakeClock) -> None:
    mail = sent(services.sessions)
    registered(services.sessions, mail.campaign)
    form = posted(services, rid=services.tokens.rid(mail.deliveries[0]))

    assert submit(services, form, clock) is Outcome.TAKEN

    assert stored(services) == [
        {"contact": mail.contacts[0], "email": "bo@example.org", "fold": "voorbeeldstad", "answers": answers()}
    ]
    assert figures(services.sessions, mail.wave) == {(CELL, Figure.SIGNUPS): 1}
    with services.sessions.begin() as session:
        assert session.get_one(DeliveryRow, mail.deliveries[0]).answered_at == services.clock()


def test_the_same_form_sent_twice_is_one_answer(services: Services, clock: FakeClock) -> None:
    mail = sent(services.sessions)
    registered(services.sessions, mail.campaign)
    form = posted(services, rid=services.tokens.rid(mail.deliveries[0]))

    outcomes = [submit(services, form, clock), submit(services, form, clock)]

    assert outcomes == [Outcome.TAKEN, Outcome.TAKEN]
    assert len(stored(services)) == 1
    assert figures(services.sessions, mail.wave) == {(CELL, Figure.SIGNUPS): 1}


def test_forms_shown_in_the_same_moment_are_two(services: Services, clock: FakeClock) -> None:
    registered(services.sessions, sent(services.sessions).campaign)
    one, other = posted(services), posted(services)

    submit(services, one, clock)
    submit(services, other, clock)

    assert len(stored(services)) == 2


def test_a_second_answer_from_a_mail_is_kept_but_no_second_sign_up(services: Services, clock: FakeClock) -> None:
    mail = sent(services.sessions)
    registered(services.sessions, mail.campaign)
    rid = services.tokens.rid(mail.deliveries[0])

    submit(services, posted(services, rid=rid), clock)
    submit(services, posted(services, rid=rid), clock)

    assert len(stored(services)) == 2
    assert figures(services.sessions, mail.wave) == {(CELL, Figure.SIGNUPS): 1}


@pytest.mark.parametrize("rid", ["", "damaged", "1_x"])
def test_an_answer_without_a_mail_is_an_answer(services: Services, clock: FakeClock, rid: str) -> None:
    registered(services.sessions, sent(services.sessions).campaign)

    assert submit(services, posted(services, rid=rid), clock) is Outcome.TAKEN
    assert [row["contact"] for row in stored(services)] == [None]


def test_the_mail_of_a_delivery_that_is_gone_does_not_matter(services: Services, clock: FakeClock) -> None:
    registered(services.sessions, sent(services.sessions).campaign)

    assert submit(services, posted(services, rid=services.tokens.rid(999)), clock) is Outcome.TAKEN


def test_progress_folds_equal_answers(services: Services, clock: FakeClock) -> None:
    registered(services.sessions, sent(services.sessions).campaign)

    for name in ("Voorbeeldstad", "VOORBEELDSTAD ", "Proefdorp"):
        submit(services, posted(services, values=answers(municipality=name)), clock)

    with services.sessions.begin() as session:
        assert call_by_slug(session, nomination().slug).count == 2


def test_progress_counts_answers_where_nothing_folds(services: Services, clock: FakeClock) -> None:
    registered(services.sessions, sent(services.sessions).campaign, nomination(fold_by=None, goal=None))

    submit(services, posted(services), clock)
    submit(services, posted(services), clock)

    with services.sessions.begin() as session:
        assert call_by_slug(session, nomination().slug).count == 2


@pytest.mark.parametrize(
    ("changes", "seconds", "outcome"),
    [
        ({}, 1.9, Outcome.TOO_FAST),
        ({}, 2, Outcome.TAKEN),
        ({}, 24 * 3600, Outcome.TAKEN),
        ({}, 24 * 3600 + 1, Outcome.EXPIRED),
        ({"form_token": "made-up"}, 60, Outcome.EXPIRED),
        ({"form_token": ""}, 60, Outcome.EXPIRED),
        ({"values": {}}, 60, Outcome.FAULTY),
        ({"honeypot": "https://example.com"}, 60, Outcome.TAKEN),
    ],
)
def test_a_form_is_taken_or_told_why_not(
    services: Services, clock: FakeClock, changes: dict[str, Any], seconds: float, outcome: Outcome
) -> None:
    registered(services.sessions, sent(services.sessions).campaign)

    assert submit(services, posted(services, **changes), clock, seconds) is outcome
    assert len(stored(services)) == (outcome is Outcome.TAKEN and "honeypot" not in changes)


def test_the_token_of_another_form_is_no_good(services: Services, clock: FakeClock) -> None:
    registered(services.sessions, sent(services.sessions).campaign)
    token = services.tokens.form("other", services.clock())

    assert submit(services, posted(services, form_token=token), clock) is Outcome.EXPIRED


def test_a_closed_call_takes_nothing(services: Services, clock: FakeClock) -> None:
    registered(services.sessions, sent(services.sessions).campaign, nomination(closes=NOON))

    assert submit(services, posted(services), clock) is Outcome.CLOSED
    assert stored(services) == []


def test_one_network_can_answer_so_often_in_an_hour(services: Services, clock: FakeClock) -> None:
    registered(services.sessions, sent(services.sessions).campaign)

    near = [submit(services, posted(services), clock, per_hour=2) for _ in range(3)]
    far = submit(services, posted(services, network="198.51.100.0/24"), clock, per_hour=2)
    unknown = submit(services, posted(services, network=None), clock, per_hour=2)
    clock.forward(hours=1)
    later = submit(services, posted(services), clock, per_hour=2)

    assert near == [Outcome.TAKEN, Outcome.TAKEN, Outcome.TOO_MANY]
    assert [far, unknown, later] == [Outcome.TAKEN] * 3


def test_campaigns_come_with_their_calls_the_newest_first(services: Services) -> None:
    one, two = sent(services.sessions), sent(services.sessions, slug="two")
    registered(services.sessions, one.campaign)

    with services.sessions.begin() as session:
        found = [
            (campaign.slug, [standing.call.slug for standing in campaign.calls]) for campaign in campaigns(session)
        ]

    assert found == [("two", []), ("golden", [SLUG])]
    assert two.campaign > one.campaign


def test_campaigns_with_something_to_do_are_listed_first(services: Services) -> None:
    one, _ = sent(services.sessions), sent(services.sessions, slug="two")
    registered(services.sessions, one.campaign)

    assert [page.campaign.slug for page in public.open_campaigns(services)] == ["golden", "two"]
