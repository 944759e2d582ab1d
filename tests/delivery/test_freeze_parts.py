"""How a wave is cut where parts of it go at different times."""

from collections import Counter
from datetime import timedelta
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, update

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


def test_the_batches_of_two_versions_are_numbered_in_turns_and_everybody_is_in_one(sessions):
    with sessions.begin() as session:
        assert frozen(session, 60, VERSIONS, most=4) == [
            (Part.A, "", "de", "", 4), (Part.B, "b", "de", "", 4),
            (Part.A, "", "de", "", 2), (Part.B, "b", "de", "", 2),
            *[(Part.REST, "", "de", "", 4)] * 4, (Part.REST, "", "de", "", 2),
            (Part.A, "", "nl", "", 4), (Part.B, "b", "nl", "", 4),
            (Part.A, "", "nl", "", 2), (Part.B, "b", "nl", "", 2),
            *[(Part.REST, "", "nl", "", 4)] * 4, (Part.REST, "", "nl", "", 2),
        ]  # fmt: skip


@given(a=st.integers(1, 9), b=st.integers(0, 9), rest=st.integers(0, 9))
def test_however_many_batches_two_versions_have_no_number_is_given_twice_or_left_out(a, b, rest):
    of = {part: freeze._Lot("", "nl", part) for part in (Part.A, Part.B, Part.REST)}
    many = {of[part]: number for part, number in ((Part.A, a), (Part.B, b), (Part.REST, rest)) if number}

    lines = freeze._lines(many, 1)

    numbers = {lot.part: [lines[lot].number(place) for place in range(own)] for lot, own in many.items()}
    assert sorted(chain(*numbers.values())) == list(range(1, a + b + rest + 1))
    both = min(a, b)
    assert numbers[Part.A][:both] == list(range(1, 2 * both, 2))


def test_more_time_zones_make_the_statement_that_writes_people_no_longer(sessions):
    def written(session, zones):
        plans = []
        for people, zone in enumerate(zones, 1):
            session.execute(update(ContactRow).where(ContactRow.id % len(zones) == people - 1).values(time_zone=zone))
        wave = campaigns.register(session, *campaign(f"of-{len(zones)}"), NOON)
        plan.freeze_messages(session, wave.id, [message(variant) for variant in ("nl", "de")])
        freeze.gather(session, {"members": everyone()}, VARIANTS)

        def note(connection, cursor, statement, *_):
            plans.extend([statement] if statement.startswith("INSERT INTO delivery") else [])

        event.listen(session.connection(), "before_cursor_execute", note)
        freeze.freeze(session, wave.id, 10, home="Europe/Amsterdam")
        event.remove(session.connection(), "before_cursor_execute", note)
        return plans

    with sessions.begin() as session:
        add_people(session, 20)
        few, many = written(session, ["Europe/London"]), written(session, [f"Etc/GMT+{hour}" for hour in range(1, 10)])

    assert (len(few), few) == (1, many)
