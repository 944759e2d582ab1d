"""How a wave is cut where parts of it go at different times."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import select, update

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import freeze, plan
from outreach.model.trial import Part, Trial
from outreach.model.wave import BatchState
from outreach.store.tables import BatchRow, ContactRow, DeliveryRow, MessageRow
from tests.builders_delivery import add_people, campaign, everyone, message
from tests.conftest import NOON

VARIANTS = {("nl", "personal"): "nl", ("de", "personal"): "de", (None, "personal"): "nl"}
CANARY = Trial(share=0.1, wait=timedelta(minutes=30))
VERSIONS = Trial(share=0.2, wait=timedelta(hours=4), versions=True)


def frozen(session, people, trial=None, *, home="", most=10):
    """A wave of *people* in two languages; return its batches as (part, version, language, zone, people)."""
    half = add_people(session, people)[people // 2 :]
    session.execute(update(ContactRow).where(ContactRow.id.in_(half)).values(language="de"))
    if home:
        for people_there, zone in ((half[::2], "America/Kralendijk"), (half[1::2], home)):
            session.execute(update(ContactRow).where(ContactRow.id.in_(people_there)).values(time_zone=zone))
    wave = campaigns.register(session, *campaign(), NOON)
    plan.freeze_messages(session, wave.id, [message(variant) for variant in ("nl", "de")])
    if trial and trial.versions:
        plan.freeze_messages(session, wave.id, [message(variant, version="b") for variant in ("nl", "de")])
    freeze.gather(session, {"members": everyone()}, VARIANTS)
    freeze.freeze(session, wave.id, most, trial, home=home)
    rows = session.execute(
        select(BatchRow.part, MessageRow.version, MessageRow.variant, BatchRow.zone, BatchRow.size, BatchRow.state)
        .join(MessageRow, MessageRow.id == BatchRow.message_id)
        .order_by(BatchRow.number)
    ).tuples()
    counted = select(BatchRow.size).order_by(BatchRow.id)
    held = select(DeliveryRow.batch_id).order_by(DeliveryRow.batch_id)
    assert list(session.scalars(counted)) == list(Counter(session.scalars(held)).values())
    return [tuple(row[:-1]) for row in rows if row[-1] == BatchState.PLANNED]


def test_a_wave_that_tries_nothing_is_one_part(sessions):
    with sessions.begin() as session:
        assert frozen(session, 24) == [
            ("", "", "de", "", 10), ("", "", "de", "", 2), ("", "", "nl", "", 10), ("", "", "nl", "", 2)
        ]  # fmt: skip


def test_a_canary_takes_its_share_of_each_language_and_one_person_at_least(sessions):
    with sessions.begin() as session:
        assert frozen(session, 40, CANARY, most=50) == [
            (Part.FIRST, "", "de", "", 2), (Part.REST, "", "de", "", 18),
            (Part.FIRST, "", "nl", "", 2), (Part.REST, "", "nl", "", 18),
        ]  # fmt: skip


def test_two_versions_go_to_as_many_people_each_and_the_rest_waits_with_the_first_text(sessions):
    with sessions.begin() as session:
        assert frozen(session, 40, VERSIONS, most=50) == [
            (Part.A, "", "de", "", 4), (Part.B, "b", "de", "", 4), (Part.REST, "", "de", "", 12),
            (Part.A, "", "nl", "", 4), (Part.B, "b", "nl", "", 4), (Part.REST, "", "nl", "", 12),
        ]  # fmt: skip


def test_people_of_another_time_zone_are_in_batches_of_their_own(sessions):
    with sessions.begin() as session:
        assert frozen(session, 40, home="Europe/Amsterdam", most=50) == [
            ("", "", "de", "", 10), ("", "", "de", "America/Kralendijk", 10), ("", "", "nl", "", 20)
        ]  # fmt: skip
