"""How often at most somebody wants mail, looked at again when their batch is about to go out."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach.audience.queries import selection
from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import claim
from outreach.model.people import Frequency
from outreach.model.wave import Status, WaveStep
from outreach.providers.port import Limits
from outreach.services import Services
from outreach.steps import sending
from outreach.store.tables import BatchRow, ContactRow, DeliveryRow
from tests.builders_delivery import got, planned_wave, send


def begin(services: Services, wave_id: int) -> None:
    with services.sessions.begin() as session:
        for step in (WaveStep.APPROVE, WaveStep.START):
            campaigns.take(session, wave_id, step, services.clock())


def wish(services: Services, contact_id: int, frequency: Frequency) -> None:
    with services.sessions.begin() as session:
        session.execute(update(ContactRow).where(ContactRow.id == contact_id).values(frequency=frequency))


def test_of_two_waves_planned_before_either_began_one_reaches_who_wants_one_a_month(services, provider):
    waves = [planned_wave(services, 2), planned_wave(services, 0, slug="ander")]
    wish(services, 2, Frequency.MONTHLY)

    for wave_id in waves:
        begin(services, wave_id)
    for wave_id in waves:
        send(services, wave_id)

    assert got(provider) == ["person1@example.org", "person1@example.org", "person2@example.org"]
    with services.sessions() as session:
        left_out = select(DeliveryRow.wave_id, DeliveryRow.contact_id, DeliveryRow.detail)
        rows = session.execute(left_out.where(DeliveryRow.status == Status.SUPPRESSED)).all()
    assert [tuple(row) for row in rows] == [(waves[1], 2, "wants mail at most monthly")]


@pytest.mark.parametrize(("days", "mails"), [(6, 1), (7, 2)])
def test_a_wish_is_for_days_of_the_calendar(services, provider, clock, days, mails):
    waves = [planned_wave(services, 1), planned_wave(services, 0, slug="ander")]
    wish(services, 1, Frequency.WEEKLY)
    begin(services, waves[0])
    send(services, waves[0])

    clock.forward(days=days)
    begin(services, waves[1])
    send(services, waves[1])

    assert len(got(provider)) == mails


def test_a_wave_that_takes_days_counts_by_the_day_its_mail_went(services, provider, clock):
    provider.limits = Limits(recipients=1, body_bytes=1_000_000)
    waves = [planned_wave(services, 2), planned_wave(services, 0, slug="ander")]
    for person in (1, 2):
        wish(services, person, Frequency.WEEKLY)
    with services.sessions.begin() as session:
        later = update(BatchRow).where(BatchRow.wave_id == waves[0], BatchRow.number == 2)
        session.execute(later.values(not_before=clock() + timedelta(days=10)))
    begin(services, waves[0])
    send(services, waves[0])
    clock.forward(days=10)
    send(services, waves[0])
    sending.finish_wave(services, waves[0])

    with services.sessions() as session:
        too_soon = session.scalars(select(ContactRow.id).where(selection.too_soon(clock())[Frequency.WEEKLY])).all()
    begin(services, waves[1])
    send(services, waves[1])

    assert too_soon == [2]
    assert got(provider) == ["person1@example.org", "person1@example.org", "person2@example.org"]


def test_a_call_made_again_leaves_nobody_out_for_a_wish(services):
    waves = [planned_wave(services, 1), planned_wave(services, 0, slug="ander")]
    for wave_id in waves:
        begin(services, wave_id)
        send(services, wave_id)
    wish(services, 1, Frequency.MONTHLY)

    with services.sessions.begin() as session:
        batches = session.scalars(select(BatchRow.id)).all()
        assert [claim.anybody_unwilling(session, batch_id) for batch_id in batches] == [False, False]
