"""Which clicks count for a version whose mails went later than those of the other."""

from datetime import timedelta

from sqlalchemy import select, update

from outreach.delivery.queries import trials
from outreach.model.trial import Part, Trial
from outreach.providers.port import Limits
from outreach.store.tables import BatchRow, DeliveryRow
from tests.builders_delivery import send, sending_wave

WAIT = timedelta(hours=4)


def test_a_click_counts_within_the_wait_after_its_own_mail_went(services, provider, clock):
    """Version a went a day before version b: of each two readers click, one in time."""
    provider.limits = Limits(recipients=4, body_bytes=1_000_000)
    wave_id = sending_wave(services, 20, trial=Trial(share=0.2, wait=WAIT, versions=True))
    send(services, wave_id)
    with services.sessions.begin() as session:
        session.execute(update(DeliveryRow).values(tracked=True))
        for part, went in ((Part.A, clock() - timedelta(days=1)), (Part.B, clock())):
            batch = session.scalars(select(BatchRow).where(BatchRow.part == part)).one()
            batch.settled_at = went
            readers = session.scalars(select(DeliveryRow).where(DeliveryRow.batch_id == batch.id)).all()
            readers[0].clicked_human_at = went + WAIT
            readers[1].clicked_human_at = went + WAIT + timedelta(seconds=1)

    with services.sessions() as session:
        standing = trials.standing(session, wave_id)

    assert {part: (tally.readers, tally.clicked) for part, tally in standing.tallies.items()} == {
        Part.A: (4, 1),
        Part.B: (4, 1),
    }
