"""Numbers that are given back side by side: nobody waits crosswise, and no answer is lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import update

from outreach.delivery.sending import Answer, Called
from outreach.model.delivery import Outcome
from outreach.model.mail import Receipt
from outreach.providers.port import Limits
from outreach.steps import sending
from outreach.steps.calling import record
from outreach.store.tables import ContactRow
from tests.builders_delivery import add_people, sending_wave
from tests.fakes import FakeProvider

CALLS = 12


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider(limits=Limits(recipients=2, body_bytes=1_000_000))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_answers_that_give_numbers_back_in_any_order_are_all_written_down(services, monkeypatch):
    monkeypatch.setattr("outreach.steps.calling.TRIES", 1)  # the order of locks has to do it
    limited = services.settings.model_copy(update={"domain_limits": "a.example=100000,b.example=100000"})
    services = replace(services, settings=limited)
    with services.sessions.begin() as session:
        for number, contact_id in enumerate(add_people(session, 2 * CALLS)):
            domain = "ab"[(number + number // 2) % 2]  # a b, b a, a b …
            values = {"email": f"person{number}@{domain}.example"}
            session.execute(update(ContactRow).where(ContactRow.id == contact_id).values(values))
    wave_id = sending_wave(services, 0)
    claimed = [sending._claim(services, wave_id) for _ in range(CALLS)]

    def answered(claim) -> int:
        refusals = tuple(Receipt(rid, refused="550 no") for rid in claim.rids)
        return record(services, claim.attempt, Called(Answer.TAKEN, refusals))

    with ThreadPoolExecutor(4) as lanes:
        list(lanes.map(answered, claimed))

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=0, refused=2 * CALLS, unknown=0, waiting=0)
