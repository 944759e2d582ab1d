"""That nobody waits for a row whose holder waits for them: what a person decides, and answers that come late."""

import pytest
from sqlalchemy import event, text

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import again, settle
from outreach.model.mail import Receipt
from outreach.steps import sending
from tests.builders_delivery import send, sending_wave

# of SQLite one writer at a time is the rule
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_an_answer_that_makes_new_batches_is_written_down_while_a_person_holds_the_wave(services, clock):
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)
    receipts = (Receipt("1", "a"), Receipt("2", later="451 busy"), Receipt("3", "b"))

    with services.sessions.begin() as person:
        campaigns.hold(person, wave_id)
        with services.sessions.begin() as sender:
            sender.execute(text("SET LOCAL lock_timeout = '100ms'"))
            assert settle.accepted(sender, claimed.attempt, receipts, clock()) == 2


def test_whoever_is_sent_again_is_locked_after_their_batch_and_counted_last(services, provider):
    provider.refuse = {"person1@example.org": "550 no", "person5@example.org": "550 no"}
    wave_id = sending_wave(services, 6)
    send(services, wave_id)
    taken = []

    def note(connection, cursor, statement, *_):
        if "FOR UPDATE" in statement or "INTO counter" in statement:
            taken.append(next(table for table in ("counter", "batch", "delivery") if f"{table}.id" in statement
                              or f"INTO {table}" in statement))  # fmt: skip

    with services.sessions.begin() as session:
        event.listen(session.connection(), "before_cursor_execute", note)
        assert again.line_up_failed(session, wave_id, "Noor") == 2
        event.remove(session.connection(), "before_cursor_execute", note)

    assert taken == ["batch", "delivery", "counter"]
