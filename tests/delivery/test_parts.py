"""Calls that came to different things for different people: in doubt for some, refused for one, put back as halves."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from outreach.delivery.queries import ledger, settle
from outreach.errors import ContentRefused, OutcomeUnknown, ProviderRefused
from outreach.model.delivery import Outcome
from outreach.model.mail import Receipt
from outreach.model.report import Figure
from outreach.model.wave import BatchState
from outreach.providers.port import Limits, PartlyUnknown
from outreach.services import Services
from outreach.steps import again, resolving, sending
from outreach.store.tables import AttemptRow, BatchRow, DeliveryRow
from tests.builders_delivery import counters, everyone_of, got, planned_wave, send, sending_wave


class InDoubt(PartlyUnknown):
    """The first is known, the second is in doubt, the third was not tried."""

    def __init__(self, rids: tuple[str, ...]) -> None:
        first, _, third = rids
        super().__init__("the connection was lost", [Receipt(first, "id-1"), Receipt(third, untried=True)])


def batches(services: Services) -> list[tuple[int, str, int, str]]:
    with services.sessions() as session:
        rows = select(BatchRow.number, BatchRow.state, BatchRow.size, BatchRow.detail).order_by(BatchRow.number)
        return [tuple(row) for row in session.execute(rows)]


def partly(services: Services) -> int:
    """A wave of three whose call left one in doubt."""
    wave_id = sending_wave(services, 3)
    provider, usual = services.provider, services.provider.send

    def once(body, key, rids):
        provider.send = usual
        raise InDoubt(rids)

    provider.send = once
    send(services, wave_id)
    return wave_id


def test_only_mails_in_doubt_stay_unknown_and_whom_nobody_tried_is_sent_to(services, provider):
    provider.replays = False
    wave_id = partly(services)

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=2, refused=0, unknown=1, waiting=0)
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 2}
    assert got(provider) == ["person3@example.org"]
    assert batches(services) == [
        (1, BatchState.ACCEPTED, 1, ""),
        (2, BatchState.ACCEPTED, 1, ""),
        (3, BatchState.UNKNOWN, 1, "the connection was lost"),
    ]


def test_a_mail_in_doubt_keeps_the_call_that_it_was_in(services, provider):
    wave_id = partly(services)

    (call,) = again.unknown_calls(services, wave_id)
    assert (call.people, call.provider, call.at, call.why) == (1, "fake", services.clock(), "the connection was lost")
    with services.sessions() as session:
        first, theirs = session.scalars(
            select(AttemptRow).where(AttemptRow.outcome.in_(["partly unknown", "unknown"])).order_by(AttemptRow.id)
        )
        assert (theirs.batch_id, theirs.number, theirs.outcome) == (call.batch_id, 1, "unknown")
        kept = ("provider", "account", "key", "body_digest", "started_at")
        assert [getattr(theirs, name) for name in kept] == [getattr(first, name) for name in kept]
        assert first.receipts == ["id-1", "", ""]
    calls = len(provider.calls)
    assert resolving.resolve_unknown(services, wave_id) == 0  # the call would have others in it
    assert len(provider.calls) == calls


def test_a_person_decides_about_a_mail_in_doubt_alone(services, provider):
    wave_id = partly(services)

    assert again.decide_unknown(services, wave_id, again.Verdict.AGAIN, by="Noor") == 1
    assert send(services, wave_id) == 1

    assert got(provider) == ["person2@example.org", "person3@example.org"]
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 3}


def test_a_call_of_which_nothing_is_known_is_unknown_as_a_whole(services, provider):
    wave_id = sending_wave(services, 3)
    provider.failures = [PartlyUnknown("lost; 3 of 3 mails", [])]

    send(services, wave_id)

    assert batches(services) == [(1, BatchState.UNKNOWN, 3, "lost; 3 of 3 mails")]


def test_three_calls_in_doubt_end_the_lane(services, provider):
    sending_wave(services, 12)

    def lost(body, key, rids):
        raise InDoubt(rids)

    provider.send = lost

    with pytest.raises(OutcomeUnknown, match="3 calls in a row had no usable answer"):
        send(services, 1)


def picky(services: Services, *unwanted: str, calls: list[int]) -> None:
    """Have the provider refuse every call with one of *unwanted* in it, and count the sizes of calls."""
    provider, usual = services.provider, services.provider.send

    def refuse(body, key, rids):
        calls.append(len(rids))
        if any(email.encode() in body for email in unwanted):
            raise ContentRefused(f"422: {unwanted[0]} is no address")
        return usual(body, key, rids)

    provider.send = refuse


def test_one_who_is_refused_comes_to_stand_alone_and_all_others_get_the_mail_once(services, provider):
    provider.limits = Limits(recipients=16, body_bytes=1_000_000)
    wave_id = sending_wave(services, 16)
    calls: list[int] = []
    picky(services, '"person11@example.org"', calls=calls)

    assert send(services, wave_id) == 15

    assert got(provider) == [email for email in everyone_of(16) if email != "person11@example.org"]
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=15, refused=1, unknown=0, waiting=0)
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 16, Figure.ACCEPTED: 15, Figure.REFUSED: 1}
    assert again.refusals(services, wave_id) == [('422: "person11@example.org" is no address', 1)]
    assert sorted(calls, reverse=True) == [16, 8, 8, 4, 4, 2, 2, 1, 1]
    with services.sessions() as session:
        keys = session.scalars(select(AttemptRow.key)).all()
        assert (len(set(keys)), len(keys)) == (9, 9)
        assert set(session.scalars(select(DeliveryRow.status))) == {None}


def test_a_provider_that_refuses_everybody_pauses_the_wave_before_it_is_used_up(services, provider):
    provider.limits = Limits(recipients=8, body_bytes=1_000_000)
    wave_id = sending_wave(services, 32)
    calls: list[int] = []
    picky(services, "person", calls=calls)

    with pytest.raises(ProviderRefused, match="3 batches in a row were refused, the wave is paused: 422"):
        send(services, wave_id)

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=0, refused=3, unknown=0, waiting=29)
    assert len(calls) == 3 * len([8, 4, 2, 1])


def test_whoever_lost_the_lease_cannot_halve_a_batch(services, provider, clock):
    wave_id = sending_wave(services, 3)
    stalled = sending._claim(services, wave_id)
    clock.forward(seconds=services.settings.lease_seconds + 1)
    resolving.resolve_unknown(services, wave_id)

    with services.sessions.begin() as session:
        settle.halved(session, stalled.attempt, "422", clock())

    assert batches(services) == [(1, BatchState.ACCEPTED, 3, "")]


def test_an_attempt_that_was_refused_together_is_written_down_so(services, provider):
    wave_id = sending_wave(services, 2)
    provider.failures = [ContentRefused("413: too large")]

    send(services, wave_id)

    with services.sessions() as session:
        rows = session.execute(select(AttemptRow.outcome, AttemptRow.detail).order_by(AttemptRow.id)).tuples().all()
    assert rows == [("refused", "413: too large"), ("accepted", ""), ("accepted", "")]
    assert got(provider) == everyone_of(2)


def test_lanes_that_line_people_up_side_by_side_give_no_number_twice(services):
    planned_wave(services, 3)

    def line_up(_: int) -> int:
        with services.sessions.begin() as session:
            return ledger.last_in_line(session, 1, 1, 1)

    with ThreadPoolExecutor(4) as lanes:
        made = list(lanes.map(line_up, range(12)))

    with services.sessions() as session:
        numbers = select(BatchRow.number).where(BatchRow.id.in_(made)).order_by(BatchRow.number)
        assert session.scalars(numbers).all() == list(range(2, 14))
