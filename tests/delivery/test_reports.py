import pytest
from sqlalchemy import select

from outreach.delivery.queries import settle
from outreach.errors import OutcomeUnknown
from outreach.model.provider_report import ProviderReport
from outreach.model.report import Figure
from outreach.model.wave import Kind
from outreach.steps import reports, sending
from outreach.store.tables import BatchRow, ConsentRow, DeliveryRow, SuppressionRow
from tests.builders_delivery import counters, no_wait, sending_wave


def report(services, delivery: int, kind: Kind, event: str = "", detail: str = "") -> ProviderReport:
    return ProviderReport(event or f"{delivery}-{kind}", services.tokens.rid(delivery), kind, services.clock(), detail)


def take(services, *pairs: tuple[int, Kind]) -> int:
    made = [(delivery, report(services, delivery, kind)) for delivery, kind in pairs]
    with services.sessions.begin() as session:
        return settle.take_reports(session, "fake", made, services.clock())


def sent_wave(services, people: int = 3) -> int:
    wave_id = sending_wave(services, people)
    sending.send_batches(services, wave_id, no_wait)
    return wave_id


def statuses(services) -> list[str | None]:
    with services.sessions() as session:
        return list(session.scalars(select(DeliveryRow.status).order_by(DeliveryRow.id)))


def test_a_delivery_is_counted_once_however_often_it_is_reported(services):
    wave_id = sent_wave(services)

    assert take(services, (1, Kind.DELIVERED)) == 1
    assert take(services, (1, Kind.DELIVERED)) == 0

    assert statuses(services) == ["delivered", None, None]
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 3, Figure.DELIVERED: 1}


def test_a_hard_bounce_suppresses_the_address(services):
    sent_wave(services)

    take(services, (2, Kind.BOUNCED))

    with services.sessions() as session:
        assert session.execute(select(SuppressionRow.email, SuppressionRow.reason)).all() == [
            ("person2@example.org", "hard_bounce")
        ]


def test_a_soft_bounce_does_not(services):
    sent_wave(services)

    take(services, (2, Kind.SOFT_BOUNCED))

    with services.sessions() as session:
        assert session.scalars(select(SuppressionRow)).all() == []
    assert statuses(services) == [None, "bounced", None]


def test_a_complaint_suppresses_and_withdraws_consent(services):
    sent_wave(services)

    take(services, (1, Kind.DELIVERED), (1, Kind.COMPLAINED))

    with services.sessions() as session:
        acts = session.scalars(select(ConsentRow.act).where(ConsentRow.contact_id == 1).order_by(ConsentRow.id)).all()
        assert acts == ["given", "withdrawn"]
        assert session.scalars(select(SuppressionRow.reason)).all() == ["complaint"]


def test_a_late_bounce_takes_the_delivery_back(services):
    wave_id = sent_wave(services)

    take(services, (1, Kind.DELIVERED))
    take(services, (1, Kind.BOUNCED))

    figures = counters(services, wave_id)
    assert (figures[Figure.DELIVERED], figures[Figure.BOUNCED]) == (0, 1)


def test_reports_settle_an_unknown_batch_one_by_one(services, provider):
    provider.replays = False
    wave_id = sending_wave(services, 3)
    provider.failures_after = [OutcomeUnknown("no answer")]
    sending.send_batches(services, wave_id, no_wait)

    take(services, (1, Kind.DELIVERED), (2, Kind.DELIVERED))
    assert sending.finish_wave(services, wave_id).unknown == 1
    take(services, (3, Kind.BOUNCED))

    with services.sessions() as session:
        assert session.scalars(select(BatchRow.state)).all() == ["accepted"]
    assert counters(services, wave_id) == {
        Figure.RECIPIENTS: 3,
        Figure.ACCEPTED: 3,
        Figure.DELIVERED: 2,
        Figure.BOUNCED: 1,
    }


def test_a_report_that_overtakes_the_answer_is_not_counted_twice(services, provider):
    wave_id = sending_wave(services, 3)
    claimed = sending._claim(services, wave_id)
    receipts = provider.send(claimed.body, claimed.attempt.key, claimed.rids)
    take(services, (1, Kind.DELIVERED))

    with services.sessions.begin() as session:
        taken = settle.accepted(session, claimed.attempt, receipts, services.clock())

    assert taken == 2
    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 3, Figure.DELIVERED: 1}


@pytest.mark.parametrize("rid", ["", "nonsense", "1_forged", "1"])
def test_a_report_on_a_mail_that_is_not_ours_is_left_aside(services, provider, rid):
    sent_wave(services)
    provider.reports = lambda headers, body, now: [ProviderReport("e", rid, Kind.DELIVERED, now)]

    assert reports.take_webhook(services, {}, b"{}") == 0


def test_a_refusal_after_the_answer_takes_the_acceptance_back(services):
    wave_id = sent_wave(services)

    take(services, (1, Kind.REFUSED))

    assert counters(services, wave_id) == {Figure.RECIPIENTS: 3, Figure.ACCEPTED: 2, Figure.REFUSED: 1}


def test_unsubscribing_at_the_provider_counts_once_and_withdraws(services):
    wave_id = sent_wave(services)

    take(services, (1, Kind.UNSUBSCRIBED))
    with services.sessions.begin() as session:
        again = [(1, report(services, 1, Kind.UNSUBSCRIBED, event="another"))]
        settle.take_reports(session, "fake", again, services.clock())

    assert counters(services, wave_id)[Figure.UNSUBSCRIBES] == 1
    with services.sessions() as session:
        acts = session.scalars(select(ConsentRow.act).where(ConsentRow.contact_id == 1).order_by(ConsentRow.id)).all()
    assert acts == ["given", "withdrawn"]


def test_an_outcome_counts_people_and_not_batches(services, provider):
    wave_id = sending_wave(services, 3)
    provider.refuse = {"person2@example.org": "no such mailbox"}
    with services.sessions.begin() as session:
        session.add(SuppressionRow(email="person3@example.org", reason="by_hand", detail="", at=services.clock()))

    sending.send_batches(services, wave_id, no_wait)

    outcome = sending.finish_wave(services, wave_id)
    assert (outcome.accepted, outcome.refused, outcome.unknown, outcome.waiting) == (1, 1, 0, 0)
