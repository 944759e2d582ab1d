"""Hits, stored and counted."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, select

from outreach.engagement.visit import Visit
from outreach.errors import NotFound, TokenRefused
from outreach.model.engagement import Act, Label, Reason
from outreach.model.report import Cell, Figure
from outreach.services import Services
from outreach.steps import listening
from outreach.store.tables import DeliveryRow, EngagementRow
from tests.builders_engagement import CELL, FIREFOX, GMAIL, LINKS, figures, sent
from tests.conftest import NOON, FakeClock

READER = Visit(FIREFOX, "192.0.2.0/24")
BOT = Visit("curl/8.5", "198.51.100.0/24")


def rows(services: Services) -> list[dict[str, Any]]:
    with services.sessions.begin() as session:
        found = session.scalars(select(EngagementRow).order_by(EngagementRow.id)).all()
        return [
            {
                "delivery": row.delivery_id,
                "act": row.act,
                "link": row.link,
                "label": row.label,
                "reason": row.reason,
                "agent": row.agent,
                "network": row.network,
                "at": row.at,
            }
            for row in found
        ]


def counted(services: Services, wave: int, cell: Cell = CELL) -> dict[Figure, int]:
    return {figure: value for (at, figure), value in figures(services.sessions, wave).items() if at == cell}


def labels(services: Services) -> list[tuple[str, str]]:
    return [(row["label"], row["reason"]) for row in rows(services)]


def test_opens_are_counted_each_time_and_once_per_delivery(services: Services, clock: FakeClock) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    listening.record_open(services, rid, Visit(GMAIL))
    listening.record_open(services, rid, READER)
    clock.forward(hours=1)
    listening.record_open(services, rid, READER)

    assert counted(services, mail.wave) == {Figure.OPENS: 3, Figure.OPENED: 1, Figure.OPENED_HUMAN: 1}


def test_a_hit_is_kept_with_who_and_what(services: Services) -> None:
    mail = sent(services.sessions)

    listening.record_open(services, services.tokens.rid(mail.deliveries[0]), READER)

    assert rows(services) == [
        {
            "delivery": mail.deliveries[0],
            "act": Act.OPEN,
            "link": None,
            "label": Label.HUMAN,
            "reason": Reason.READER,
            "agent": FIREFOX,
            "network": "192.0.2.0/24",
            "at": NOON,
        }
    ]


def test_a_click_leads_to_the_registered_target_and_says_nothing_of_opens(services: Services) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    target = listening.follow_link(services, rid, 0, READER)

    assert target == LINKS[0]
    assert counted(services, mail.wave) == {Figure.CLICKS: 1, Figure.CLICKED: 1, Figure.CLICKED_HUMAN: 1}


def test_a_click_on_a_call_takes_the_delivery_along(services: Services) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    assert listening.follow_link(services, rid, 1, READER) == f"{LINKS[1]}&r={rid}"


def test_a_machine_is_kept_and_counted_apart_from_people(services: Services) -> None:
    mail = sent(services.sessions)

    listening.follow_link(services, services.tokens.rid(mail.deliveries[0]), 0, BOT)

    assert counted(services, mail.wave) == {Figure.CLICKS: 1, Figure.CLICKED: 1}


@pytest.mark.parametrize("act", ["open", "click", "honeypot"])
def test_without_consent_a_hit_is_a_count_without_a_person(services: Services, act: str) -> None:
    mail = sent(services.sessions, tracked=False)
    rid = services.tokens.rid(mail.deliveries[0])

    match act:
        case "open":
            listening.record_open(services, rid, READER)
        case "click":
            listening.follow_link(services, rid, 0, READER)
        case _:
            listening.record_honeypot(services, rid, READER)

    figure = Figure.OPENS if act == "open" else Figure.CLICKS
    assert counted(services, mail.wave) == {figure: 1}
    assert [(row["delivery"], row["agent"], row["network"]) for row in rows(services)] == [(None, None, None)]
    with services.sessions.begin() as session:
        delivery = session.get_one(DeliveryRow, mail.deliveries[0])
        assert (delivery.opened_at, delivery.clicked_at, delivery.clicked_human_at) == (None, None, None)


def test_the_pixel_of_a_wave_counts_without_a_cell(services: Services) -> None:
    mail = sent(services.sessions)

    listening.record_wave_open(services, mail.wave, READER)
    listening.record_wave_open(services, mail.wave, Visit(GMAIL))

    assert figures(services.sessions, mail.wave) == {(Cell("", ""), Figure.OPENS): 2}
    assert [row["agent"] for row in rows(services)] == [None, None]


def test_three_links_at_once_are_a_machine_from_the_first_on(services: Services, clock: FakeClock) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    for position in (0, 1, 2):
        listening.follow_link(services, rid, position, READER)
        clock.forward(seconds=0.5)

    assert labels(services) == [(Label.MACHINE, Reason.BURST_OF_LINKS)] * 3
    assert counted(services, mail.wave) == {Figure.CLICKS: 3, Figure.CLICKED: 1}


def test_a_reader_after_a_burst_is_counted_again(services: Services, clock: FakeClock) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])
    for position in (0, 1, 2):
        listening.follow_link(services, rid, position, READER)

    clock.forward(minutes=5)
    listening.follow_link(services, rid, 0, READER)

    assert counted(services, mail.wave) == {Figure.CLICKS: 4, Figure.CLICKED: 1, Figure.CLICKED_HUMAN: 1}


def test_a_reader_before_a_burst_stays_counted(services: Services, clock: FakeClock) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])
    listening.follow_link(services, rid, 3, READER)

    clock.forward(minutes=5)
    for position in (0, 1, 2, 3):
        listening.follow_link(services, rid, position, READER)

    assert labels(services) == [(Label.HUMAN, Reason.READER), *[(Label.MACHINE, Reason.BURST_OF_LINKS)] * 4]
    assert counted(services, mail.wave) == {Figure.CLICKS: 5, Figure.CLICKED: 1, Figure.CLICKED_HUMAN: 1}


def test_three_links_in_peace_are_a_reader(services: Services, clock: FakeClock) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    for position in (0, 1, 2):
        listening.follow_link(services, rid, position, READER)
        clock.forward(seconds=2.5)

    assert labels(services) == [(Label.HUMAN, Reason.READER)] * 3


def test_the_same_link_many_times_is_an_impatient_reader(services: Services) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    for _ in range(4):
        listening.follow_link(services, rid, 0, READER)

    assert labels(services) == [(Label.HUMAN, Reason.READER)] * 4


def test_links_of_two_readers_are_no_burst(services: Services) -> None:
    mail = sent(services.sessions, readers=2)
    one, other = (services.tokens.rid(delivery) for delivery in mail.deliveries)

    listening.follow_link(services, one, 0, READER)
    listening.follow_link(services, one, 1, READER)
    listening.follow_link(services, other, 2, READER)

    assert labels(services) == [(Label.HUMAN, Reason.READER)] * 3


def test_the_honeypot_tells_what_the_click_before_was(services: Services) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    listening.follow_link(services, rid, 0, READER)
    listening.record_honeypot(services, rid, READER)

    assert labels(services) == [(Label.MACHINE, Reason.HONEYPOT)] * 2
    assert counted(services, mail.wave) == {Figure.CLICKS: 2, Figure.CLICKED: 1}


def test_links_that_were_never_registered_lead_nowhere(services: Services) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    with pytest.raises(NotFound):
        listening.follow_link(services, rid, 99, READER)
    with pytest.raises(NotFound):
        listening.follow_link(services, services.tokens.rid(999), 0, READER)
    with pytest.raises(NotFound):
        listening.record_open(services, services.tokens.rid(999), READER)
    with pytest.raises(NotFound):
        listening.record_wave_open(services, 999, READER)
    with pytest.raises(NotFound):
        listening.record_wave_open(services, 10**12, READER)

    assert rows(services) == []


def test_the_right_to_unsubscribe_opens_no_other_door(services: Services) -> None:
    mail = sent(services.sessions)

    with pytest.raises(TokenRefused):
        listening.follow_link(services, services.tokens.unsubscribe(mail.deliveries[0]), 0, READER)
    with pytest.raises(TokenRefused):
        listening.unsubscribe(services, services.tokens.rid(mail.deliveries[0]))


def test_hits_at_the_same_moment_are_counted_right(services: Services) -> None:
    mail = sent(services.sessions, readers=2)
    rids = [services.tokens.rid(delivery) for delivery in mail.deliveries]

    def follow(number: int) -> None:
        listening.record_open(services, rids[number % 2], READER)
        listening.follow_link(services, rids[number % 2], number % 4, READER)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(follow, range(40)))

    # each reader follows two links only, many times: no burst, and nobody is counted twice
    assert counted(services, mail.wave) == {
        Figure.OPENS: 40,
        Figure.OPENED: 2,
        Figure.OPENED_HUMAN: 2,
        Figure.CLICKS: 40,
        Figure.CLICKED: 2,
        Figure.CLICKED_HUMAN: 2,
    }


def test_a_burst_is_noticed_when_its_links_come_all_at_the_same_moment(services: Services) -> None:
    mail = sent(services.sessions)
    rid = services.tokens.rid(mail.deliveries[0])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda position: listening.follow_link(services, rid, position, READER), range(4)))

    assert labels(services) == [(Label.MACHINE, Reason.BURST_OF_LINKS)] * 4
    assert counted(services, mail.wave) == {Figure.CLICKS: 4, Figure.CLICKED: 1}


@pytest.mark.parametrize("tracked", [True, False])
def test_a_hit_is_stored_before_it_is_counted_since_whoever_plans_a_wave_holds_it_before_its_figures(
    services: Services, tracked: bool
) -> None:
    mail = sent(services.sessions)
    with services.sessions.begin() as session:
        session.get_one(DeliveryRow, mail.deliveries[0]).tracked = tracked
    written: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO"):
            written.append(statement.split()[2])

    engine = services.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        listening.record_open(services, services.tokens.rid(mail.deliveries[0]), READER)
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert [table for number, table in enumerate(written) if table not in written[:number]] == ["engagement", "counter"]
