"""Freezing a wave: everybody once, in batches of one message, in the audience named first."""

import pytest
from sqlalchemy import Select, func, literal, select, update

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import freeze, plan
from outreach.services import Services
from outreach.store.tables import BatchRow, ContactRow, DeliveryRow, MessageRow
from tests.builders_delivery import add_people, campaign, everyone, message

LANGUAGES = ("nl", "de", None)
VARIANTS = {
    (language, kind): variant
    for language, variant in (("nl", "nl"), ("de", "de"), (None, "nl+de"))
    for kind in ("personal", "role")
}
MOST = 4


def numbered(first: int, last: int) -> Select:
    return everyone().where(ContactRow.id.between(first, last))


def planned(services: Services, audiences: dict[str, Select]) -> tuple[int, freeze.Cells]:
    with services.sessions.begin() as session:
        wave = campaigns.register(session, *campaign(), services.clock())
        plan.clear(session, wave.id)
        plan.freeze_messages(session, wave.id, [message(variant) for variant in ("nl", "de", "nl+de")])
        freeze.gather(session, audiences, VARIANTS)
        return wave.id, freeze.freeze(session, wave.id, MOST)


def digest(services: Services, wave_id: int) -> str:
    with services.sessions() as session:
        return plan.digest(session, wave_id)


@pytest.fixture
def people(services: Services) -> list[int]:
    """Thirty people, ten of each language."""
    with services.sessions.begin() as session:
        ids = add_people(session, 30)
        for number, contact_id in enumerate(ids):
            language = LANGUAGES[number % 3]
            session.execute(update(ContactRow).where(ContactRow.id == contact_id).values(language=language))
    return ids


def test_every_batch_is_of_one_message_and_says_its_size(services, people):
    wave_id, _ = planned(services, {"members": everyone()})

    with services.sessions() as session:
        rows = session.execute(
            select(BatchRow.number, MessageRow.variant, BatchRow.size, func.count())
            .join(MessageRow, MessageRow.id == BatchRow.message_id)
            .join(DeliveryRow, DeliveryRow.batch_id == BatchRow.id)
            .where(BatchRow.wave_id == wave_id, DeliveryRow.variant == MessageRow.variant)
            .group_by(BatchRow.number, MessageRow.variant, BatchRow.size)
            .order_by(BatchRow.number)
        ).all()
    assert rows == [
        (1, "de", 4, 4), (2, "de", 4, 4), (3, "de", 2, 2),
        (4, "nl", 4, 4), (5, "nl", 4, 4), (6, "nl", 2, 2),
        (7, "nl+de", 4, 4), (8, "nl+de", 4, 4), (9, "nl+de", 2, 2),
    ]  # fmt: skip


def test_people_stand_in_their_batch_in_the_order_in_which_they_came_into_the_files(services, people):
    wave_id, _ = planned(services, {"members": everyone()})

    with services.sessions() as session:
        mine = select(DeliveryRow).where(DeliveryRow.wave_id == wave_id)
        by_delivery = session.scalars(mine.order_by(DeliveryRow.id)).all()
        by_batch = session.scalars(mine.order_by(DeliveryRow.batch_id, DeliveryRow.id)).all()
    assert [row.contact_id for row in by_delivery] == sorted(people)
    for variant in ("de", "nl", "nl+de"):
        ours = [row.contact_id for row in by_batch if row.variant == variant]
        assert ours == sorted(ours)


def test_whoever_is_in_several_audiences_counts_in_the_one_named_first(services, people):
    wave_id, cells = planned(
        services,
        {
            "board": numbered(people[6], people[11]),
            "members": numbered(people[0], people[20]),
            "all": everyone(),
            "board again": numbered(people[6], people[11]),
        },
    )

    sizes = {}
    for (audience, _), size in cells.items():
        sizes[audience] = sizes.get(audience, 0) + size
    assert sizes == {"board": 6, "members": 15, "all": 9}
    with services.sessions() as session:
        assert plan.recipients(session, wave_id) == cells
        assert session.scalar(select(func.count(DeliveryRow.contact_id.distinct()))) == 30


@pytest.mark.parametrize("audiences", [{}, {"nobody": everyone().where(ContactRow.id < 0)}])
def test_a_wave_for_nobody_has_no_batches(services, people, audiences):
    wave_id, cells = planned(services, audiences)

    assert cells == {}
    with services.sessions() as session:
        assert session.scalars(select(BatchRow.id).where(BatchRow.wave_id == wave_id)).all() == []


def test_the_same_plan_has_the_same_digest_again(services, people):
    wave_id, _ = planned(services, {"members": everyone()})
    first = digest(services, wave_id)

    planned(services, {"members": everyone()})

    assert digest(services, wave_id) == first


CHANGES = {
    "email": "other@example.org",
    "first_name": "Anders",
    "organisation": "Elders",
    "variant": "de",
    "audience": "board",
    "tracked": True,
    "contact_id": 4711,
}


def test_whatever_changes_about_one_recipient_changes_the_digest(services, people):
    wave_id, _ = planned(services, {"members": everyone()})
    before = digest(services, wave_id)

    digests = {}
    for column, value in CHANGES.items():
        with services.sessions() as session:
            session.execute(update(DeliveryRow).where(DeliveryRow.contact_id == people[0]).values({column: value}))
            digests[column] = plan.digest(session, wave_id)

    assert len({before, *digests.values()}) == 1 + len(CHANGES)


def test_two_people_who_change_names_change_the_digest(services, people):
    wave_id, _ = planned(services, {"members": everyone()})
    before = digest(services, wave_id)

    with services.sessions.begin() as session:
        for one, name in ((people[0], "P2"), (people[1], "P1")):
            session.execute(update(DeliveryRow).where(DeliveryRow.contact_id == one).values(first_name=name))

    assert digest(services, wave_id) != before


def test_one_recipient_less_is_another_digest(services, people):
    one, _ = planned(services, {"members": everyone()})
    before = digest(services, one)

    planned(services, {"members": numbered(people[0], people[28])})

    assert digest(services, one) != before


def test_batches_that_others_make_meanwhile_get_none_of_its_recipients(services, people):
    ids = [7, 8, 11, 12, 13, 20]

    with services.sessions() as session:
        given = [session.scalar(select(freeze.batch_of(literal(number), ids))) for number in range(1, 7)]

    assert given == ids


def test_a_plan_that_fails_leaves_nothing_behind(services, people):
    with services.sessions() as session:
        freeze.gather(session, {"members": everyone()}, VARIANTS)
        session.rollback()

    _, cells = planned(services, {"members": everyone()})
    assert sum(cells.values()) == 30
