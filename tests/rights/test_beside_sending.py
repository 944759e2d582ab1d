"""Forgetting somebody while waves are planned, sent and listened to: nobody else notices."""

from concurrent.futures import ThreadPoolExecutor, wait

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from outreach.calls.queries import call_by_slug, submit
from outreach.calls.standing import Submission
from outreach.delivery.queries import settle
from outreach.delivery.sending import Answer, Called
from outreach.engagement.visit import Visit
from outreach.errors import ApprovalVoid, OutcomeUnknown
from outreach.model.delivery import Outcome
from outreach.model.provider_report import ProviderReport
from outreach.model.report import Figure
from outreach.model.wave import Kind, WaveState
from outreach.rights.queries import forget as forgetting
from outreach.steps import calling, listening, resolving, rights, sending, waves
from outreach.store import turns
from outreach.store.tables import DeliveryRow, EngagementRow, SubmissionRow, SuppressionRow, WebhookRow
from tests.builders_delivery import counters, everyone_of, got, planned_wave, send, sending_wave
from tests.builders_engagement import CELL, FIREFOX, answers, everything, figures, nomination, registered, sent
from tests.builders_rights import places_of

PERSON = "person2@example.org"
OTHERS = ["person1@example.org", "person3@example.org"]
READER = "golden-reader0@example.org"


def forget(services, email: str = PERSON):
    return rights.forget(services, email, why="asked")


def test_an_approval_stands_for_the_wave_without_whoever_was_forgotten(services, provider):
    wave_id = planned_wave(services, 3)
    waves.approve_wave(services, wave_id, waves.current_plan(services, wave_id).digest, by="Els", without_a_look=True)

    forgotten = forget(services)

    assert forgotten.approvals == 1
    assert waves.start_wave(services, wave_id) is WaveState.SENDING
    assert send(services, wave_id) == 2
    assert got(provider) == OTHERS
    assert counters(services, wave_id) == {"recipients": 3, "accepted": 2, "suppressed": 1}


def test_an_approval_of_something_else_is_not_carried_over(services):
    wave_id = planned_wave(services, 3)
    waves.approve_wave(services, wave_id, waves.current_plan(services, wave_id).digest, by="Els", without_a_look=True)
    with services.sessions.begin() as session:
        session.get(DeliveryRow, 1).first_name = "Iemand anders"

    assert forget(services).approvals == 0
    with pytest.raises(ApprovalVoid):
        waves.start_wave(services, wave_id)


def test_a_mail_that_is_being_sent_goes_on_and_is_counted(services, provider, clock):
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)

    forget(services)
    receipts = provider.send(claimed.body, claimed.attempt.key, claimed.rids)
    with services.sessions.begin() as session:
        assert settle.accepted(session, claimed.attempt, receipts, clock()) == 3

    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=0, waiting=0)


def test_a_call_that_took_nothing_is_made_again_without_whoever_was_forgotten(services, provider, clock):
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)
    forget(services)
    with services.sessions.begin() as session:
        settle.not_taken(session, claimed.attempt, "busy", clock())

    assert send(services, wave_id) == 2
    assert got(provider) == OTHERS


def test_a_batch_that_nobody_knows_about_is_never_replayed_and_settled_by_reports(services, provider, clock):
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer")]
    send(services, wave_id)
    forget(services)

    assert resolving.resolve_unknown(services, wave_id) == 0
    assert len(provider.calls) == 1
    for delivery in (1, 2, 3):
        report = ProviderReport(f"e{delivery}", services.tokens.rid(delivery), Kind.DELIVERED, clock())
        with services.sessions.begin() as session:
            settle.take_reports(session, "fake", [(delivery, report)], clock())
    assert sending.finish_wave(services, wave_id) == Outcome(accepted=3, refused=0, unknown=0, waiting=0)


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.UNKNOWN, Answer.NOT_TAKEN])
def test_an_api_that_quotes_who_was_forgotten_during_the_call_is_not_quoted(services, answer):
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)
    forget(services)

    calling.record(services, claimed.attempt, Called(answer, why=f"422 {PERSON} is not valid"))

    assert places_of(services, PERSON) == []


def test_an_address_refused_during_the_call_is_not_kept_once_it_was_forgotten(services, provider, clock):
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)
    forget(services)
    provider.refuse = {PERSON: f"{PERSON} is no mailbox"}
    receipts = provider.send(claimed.body, claimed.attempt.key, claimed.rids)

    with services.sessions.begin() as session:
        assert settle.accepted(session, claimed.attempt, receipts, clock()) == 2

    assert places_of(services, PERSON) == []


def test_what_an_api_says_of_others_is_kept(services):
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)

    calling.record(services, claimed.attempt, Called(Answer.REFUSED, why=f"422 {PERSON} is not valid"))

    assert [place.partition(":")[0] for place in places_of(services, PERSON) if "422" in place] == ["batch", "attempt"]


@pytest.mark.parametrize("kind", [Kind.BOUNCED, Kind.COMPLAINED, Kind.UNSUBSCRIBED])
def test_a_late_report_is_counted_and_suppresses_nobody(services, clock, kind):
    wave = sent(services.sessions)
    forget(services, READER)
    report = ProviderReport("e1", services.tokens.rid(wave.deliveries[0]), kind, clock(), f"550 <{READER}> unknown")

    with services.sessions.begin() as session:
        assert settle.take_reports(session, "fake", [(wave.deliveries[0], report)], clock()) == 1

    with services.sessions() as session:
        assert session.scalars(select(SuppressionRow)).all() == []
        assert session.scalars(select(WebhookRow.detail)).all() == [""]
    assert places_of(services, READER) == []
    assert figures(services.sessions, wave.wave)


def test_old_mails_are_counted_without_a_reader(services):
    wave = sent(services.sessions)
    listening.record_open(services, services.tokens.rid(wave.deliveries[0]), Visit(FIREFOX, "192.0.2.0/24"))
    forget(services, READER)
    rid = services.tokens.rid(wave.deliveries[0])

    listening.record_open(services, rid, Visit(FIREFOX, "192.0.2.0/24"))
    listening.follow_link(services, rid, 0, Visit(FIREFOX, "192.0.2.0/24"))

    counted = {
        figure: number for (cell, figure), number in figures(services.sessions, wave.wave).items() if cell == CELL
    }
    assert counted == {Figure.OPENS: 2, Figure.OPENED: 1, Figure.OPENED_HUMAN: 1, Figure.CLICKS: 1}
    with services.sessions() as session:
        rows = session.execute(select(EngagementRow.delivery_id, EngagementRow.agent, EngagementRow.network)).tuples()
        assert rows.all() == [(None, None, None)] * 2


def test_whoever_was_forgotten_has_left_already(services):
    wave = sent(services.sessions)
    token = services.tokens.unsubscribe(wave.deliveries[0])
    listening.unsubscribe(services, token)
    forget(services, READER)
    before = everything(services.sessions)

    assert listening.unsubscribe(services, token, everything=True).left
    assert listening.unsubscribe_view(services, token).left
    assert everything(services.sessions) == before


def test_an_answer_after_being_forgotten_is_anybodys(services):
    wave = sent(services.sessions)
    registered(services.sessions, wave.campaign, nomination(slug="idea"))
    forget(services, READER)

    with services.sessions.begin() as session:
        form = Submission(answers(), "nl", "token", services.clock(), None, wave.deliveries[0])
        submit(session, call_by_slug(session, "idea"), form)

    with services.sessions() as session:
        row = session.scalars(select(SubmissionRow)).one()
        assert (row.contact_id, row.delivery_id) == (None, None)
    assert figures(services.sessions, wave.wave) == {}


def test_a_contact_who_gets_the_number_of_somebody_forgotten_inherits_nothing(services):
    wave = sent(services.sessions)
    forget(services, READER)

    with services.sessions() as session:
        assert session.scalar(select(DeliveryRow.contact_id)) == -wave.deliveries[0]


def test_people_are_forgotten_while_a_wave_goes_out(services, provider):
    wave_id = sending_wave(services, 24)
    gone = [f"person{number}@example.org" for number in range(1, 25, 3)]

    with ThreadPoolExecutor(3) as pool:
        lanes = [pool.submit(send, services, wave_id) for _ in range(2)]
        forgotten = [pool.submit(forget, services, email) for email in gone]
        for each in (*lanes, *forgotten):
            each.result()

    outcome = sending.finish_wave(services, wave_id)
    left_out = counters(services, wave_id).get("suppressed", 0)
    assert outcome == Outcome(accepted=24 - left_out, refused=0, unknown=0, waiting=0)
    assert len(provider.mails) == len({mail.recipient for mail in provider.mails}) == 24 - left_out
    assert set(everyone_of(24)) - set(got(provider)) <= set(gone)
    assert [places_of(services, email) for email in gone] == [[]] * len(gone)


def test_an_answer_by_mail_that_is_under_way_is_waited_for(services):
    wave = sent(services.sessions)
    registered(services.sessions, wave.campaign, nomination(slug="idea"))
    with ThreadPoolExecutor(1) as pool:
        with services.sessions.begin() as session:
            form = Submission(answers(email=READER), "nl", "token", services.clock(), None, wave.deliveries[0])
            submit(session, call_by_slug(session, "idea"), form)
            forgotten = pool.submit(forget, services, READER)
            assert wait([forgotten], timeout=0.3).not_done == {forgotten}
        assert forgotten.result().submissions == 1
    assert places_of(services, READER) == []


def test_whoever_gives_way_to_another_writer_forgets_once_more(services, monkeypatch):
    wave = sent(services.sessions)
    crossed, erase = [OperationalError("SELECT 1", {}, psycopg.errors.DeadlockDetected())], forgetting.erase

    def give_way(*found):
        removed = erase(*found)
        if crossed:
            raise crossed.pop()
        return removed

    monkeypatch.setattr(forgetting, "erase", give_way)

    assert forget(services, READER).deliveries == len(wave.deliveries)
    assert crossed == []
    assert len(services.settings.erasures.read_text().splitlines()) == 1


def test_a_plan_that_has_read_somebody_is_waited_for(services):
    wave = sent(services.sessions)
    with ThreadPoolExecutor(1) as pool:
        with services.sessions.begin() as session:
            turns.freezing(session)
            planned = session.get_one(DeliveryRow, wave.deliveries[0])
            forgotten = pool.submit(forget, services, READER)
            assert wait([forgotten], timeout=0.3).not_done == {forgotten}
            values = {column.name: getattr(planned, column.name) for column in DeliveryRow.__table__.columns}
            session.add(DeliveryRow(**values | {"id": 99, "cause": "planned meanwhile"}))
        assert forgotten.result().deliveries == 2
    assert places_of(services, READER) == []
