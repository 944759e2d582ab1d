"""What can be asked about mails that a person got before, and what came of them.

Opens and clicks are kept only of people who allow it (`subscribed_to = "tracking"`): of others nothing can be known.
"""

from datetime import datetime

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from outreach.audience.predicates.days import days_before, midnight
from outreach.audience.predicates.vocabulary import Clause, Listed, Named, predicate
from outreach.model.wave import ARRIVED, BatchState
from outreach.store import mailed
from outreach.store.tables import BatchRow, CampaignRow, ContactRow, DeliveryRow, WaveRow


@predicate("received {}", example="sociaal-werkers/start", of=Named.WAVE)
def received(waves: Listed) -> Clause:
    """Was sent this wave, written `campaign/wave`, and it did not come back; of a list, one of them."""
    return _arrived(_named(waves))


@predicate("opened {}", example="sociaal-werkers/start", of=Named.WAVE)
def opened(waves: Listed) -> Clause:
    """Has opened this wave, as far as a person did it; only people who allow tracking can be known to."""
    return _arrived(_named(waves), DeliveryRow.opened_human_at.is_not(None))


@predicate("clicked in {}", example="sociaal-werkers/start", of=Named.WAVE)
def clicked(waves: Listed) -> Clause:
    """Has clicked in this wave; machines that follow links do not count, nor people who do not allow tracking."""
    return _arrived(_named(waves), DeliveryRow.clicked_human_at.is_not(None))


@predicate("received {} and is not known to have opened it", example="sociaal-werkers/start", of=Named.WAVE)
def not_opened(waves: Listed) -> Clause:
    """Received this wave and is not known to have opened it; of a list, one at least and opened none.

    Whoever does not allow tracking is in it; to leave them out, add `{ subscribed_to = "tracking" }`.
    """
    return _not_yet(waves, DeliveryRow.opened_human_at)


@predicate("received {} and is not known to have clicked in it", example="sociaal-werkers/start", of=Named.WAVE)
def not_clicked(waves: Listed) -> Clause:
    """Received this wave and is not known to have clicked in it; of a list, one at least and clicked in none.

    Whoever does not allow tracking is in it; to leave them out, add `{ subscribed_to = "tracking" }`.
    """
    return _not_yet(waves, DeliveryRow.clicked_human_at)


@predicate("received any mail of ours since {}", example="2026-01-31")
def received_any_since(days: Listed) -> Clause:
    """Was sent any wave that began on this day or later, and it did not come back."""
    return or_(*(_arrived(DeliveryRow.wave_id.in_(mailed.begun_since(midnight(day)))) for day in days))


@predicate("was written to less than {} days ago", example=14)
def written_to_within(days: int, now: datetime) -> Clause:
    """Was written to less than so many days ago, or is about to be by a wave under way; 1 is today.

    It counts when the mail went: a wave may take days.
    """
    return written_to_since(days_before(days, now))


@predicate("was not written to for {} days", example=14)
def not_written_to_within(days: int, now: datetime) -> Clause:
    """Was not written to for so many days, and is not about to be by a wave under way."""
    return ~written_to_within(days, now)


def written_to_since(moment: datetime, *, to: type[ContactRow] = ContactRow) -> Clause:
    """Was written to at *moment* or later, or is about to be; letters that somebody asked for do not count.

    Asked of contacts, or of an alias of theirs.
    """
    return exists().where(
        DeliveryRow.contact_id == to.id,
        DeliveryRow.wave_id.in_(mailed.active_since(moment)),
        DeliveryRow.wave_id == WaveRow.id,
        DeliveryRow.batch_id == BatchRow.id,
        mailed.settled_since(moment),
        mailed.goes(),
    )


def parted(wave: str) -> tuple[str, str]:
    """Return campaign and wave of `campaign/wave`."""
    slug, _, name = wave.partition("/")
    if not (slug and name):
        raise ValueError('write "campaign/wave"')
    return slug, name


def _arrived(in_waves: Clause, *conditions: Clause) -> Clause:
    # One table, and a small set of batches beside it: of a join PostgreSQL would first sort out doubles, of which there
    # are none, and take twice as long.
    accepted = select(BatchRow.id).where(BatchRow.state == BatchState.ACCEPTED).correlate(None)
    by_batch = and_(DeliveryRow.status.is_(None), DeliveryRow.batch_id.in_(accepted))
    arrived = or_(DeliveryRow.status.in_(ARRIVED), by_batch)
    return exists().where(DeliveryRow.contact_id == ContactRow.id, in_waves, arrived, *conditions)


def _not_yet(waves: Listed, act: InstrumentedAttribute[datetime | None]) -> Clause:
    if len(waves) == 1:  # a wave writes to nobody twice, so one look is enough
        return _arrived(_named(waves), act.is_(None))
    return and_(_arrived(_named(waves)), ~_arrived(_named(waves), act.is_not(None)))


def _named(waves: Listed) -> Clause:
    names = [parted(wave) for wave in waves]
    numbers = (_ids().where(CampaignRow.slug == slug, WaveRow.name == name) for slug, name in names)
    return DeliveryRow.wave_id.in_([number.scalar_subquery() for number in numbers])


def _ids() -> Select[tuple[int]]:
    return select(WaveRow.id).join(CampaignRow, CampaignRow.id == WaveRow.campaign_id).correlate(None)
