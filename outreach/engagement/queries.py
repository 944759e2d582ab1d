"""Hits and departures: each stored and counted in the one transaction that the step has opened."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.engagement.label import BURST_SECONDS, burst_of_links, label
from outreach.engagement.leaving import Leaving
from outreach.engagement.visit import Visit
from outreach.errors import NotFound
from outreach.model.engagement import Act, Hit, Label, Labelled, Reason
from outreach.model.people import Basis, Consent, ConsentAct, SuppressionReason
from outreach.model.report import Cell, Figure
from outreach.store import consents
from outreach.store.changes import change
from outreach.store.counters import count
from outreach.store.suppressions import suppress
from outreach.store.tables import (
    BatchRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    EngagementRow,
    LinkRow,
    WaveRow,
)

HIGHEST_WAVE = 2**31 - 1

_ONCE: dict[Act, tuple[InstrumentedAttribute[datetime | None], Figure]] = {
    Act.OPEN: (DeliveryRow.opened_at, Figure.OPENED),
    Act.CLICK: (DeliveryRow.clicked_at, Figure.CLICKED),
}
_ONCE_HUMAN: dict[Act, tuple[InstrumentedAttribute[datetime | None], Figure]] = {
    Act.OPEN: (DeliveryRow.opened_human_at, Figure.OPENED_HUMAN),
    Act.CLICK: (DeliveryRow.clicked_human_at, Figure.CLICKED_HUMAN),
}
_HITS = {Act.OPEN: Figure.OPENS, Act.CLICK: Figure.CLICKS}


@dataclass(frozen=True, slots=True)
class Reached:
    """A delivery as far as listening needs it. *tracked*: the reader allows acts to be known as theirs."""

    id: int
    wave_id: int
    cell: Cell
    tracked: bool


def reached(session: Session, delivery_id: int) -> Reached:
    """Return the delivery, or `NotFound`."""
    row = session.execute(_reached().where(DeliveryRow.id == delivery_id)).one_or_none()
    if row is None:
        raise NotFound("delivery", delivery_id)
    return Reached(row.id, row.wave_id, Cell(row.audience, row.variant), row.tracked)


def link_of(session: Session, delivery_id: int, position: int) -> tuple[Reached, str]:
    """Return the delivery and the target registered at *position* of its message; redirects go nowhere else."""
    row = session.execute(
        _reached()
        .add_columns(LinkRow.url)
        .join(BatchRow, BatchRow.id == DeliveryRow.batch_id)
        .join(LinkRow, LinkRow.message_id == BatchRow.message_id)
        .where(DeliveryRow.id == delivery_id, LinkRow.position == position)
    ).one_or_none()
    if row is None:
        raise NotFound("link", position)
    return Reached(row.id, row.wave_id, Cell(row.audience, row.variant), row.tracked), row.url


def store_open(session: Session, delivery: Reached, visit: Visit, at: datetime) -> Labelled:
    """Store and count that the mail's pixel was fetched."""
    hit = Hit(Act.OPEN, at, visit.agent, visit.method)
    return _store(session, _held(session, delivery), hit, visit)


def store_click(session: Session, delivery: Reached, position: int | None, visit: Visit, at: datetime) -> Labelled:
    """Store and count that a link was followed; *position* None is the honeypot."""
    delivery = _held(session, delivery)
    hit = Hit(
        Act.CLICK,
        at,
        visit.agent,
        visit.method,
        link=position,
        recent_links=_recent_links(session, delivery, at),
        honeypot=position is None,
    )
    return _store(session, delivery, hit, visit)


def store_wave_open(session: Session, wave_id: int, visit: Visit, at: datetime) -> Labelled:
    """Store and count that somebody, unknown who, was shown the wave."""
    if wave_id > HIGHEST_WAVE or session.get(WaveRow, wave_id) is None:
        raise NotFound("wave", wave_id)
    hit = Hit(Act.OPEN, at, visit.agent, visit.method)
    labelled = label(hit)
    session.add(_row(wave_id, hit, labelled))
    session.flush()  # whoever plans the wave anew holds it before its counters
    count(session, wave_id, Cell("", ""), {Figure.OPENS: 1})
    return labelled


def leaving(session: Session, delivery_id: int) -> Leaving:
    """Return what unsubscribing from the delivery's campaign would mean, or `NotFound`."""
    delivery, campaign = _delivery_and_campaign(session, delivery_id)
    left = delivery.unsubscribed_at is not None or not delivery.email
    return Leaving(delivery.email, campaign.title, tuple(campaign.languages), left)


def leave(session: Session, delivery_id: int, at: datetime, *, everything: bool) -> Leaving:
    """Withdraw consent to the campaign's topic and count it once; with *everything*, suppress the address as well."""
    delivery, campaign = _delivery_and_campaign(session, delivery_id, locked=True)
    if not delivery.email:  # forgotten since: there is nobody to write to
        return Leaving("", campaign.title, tuple(campaign.languages), left=True)
    contact = session.get(ContactRow, delivery.contact_id)
    if contact is not None:
        _withdraw(session, contact.id, campaign.topic, at)
    if everything:
        for email in sorted({delivery.email, contact.email if contact else delivery.email}):
            suppress(session, email, SuppressionReason.UNSUBSCRIBED, "unsubscribe page", at)
    if delivery.unsubscribed_at is None:
        delivery.unsubscribed_at = at
        session.flush()
        count(session, delivery.wave_id, Cell(delivery.audience, delivery.variant), {Figure.UNSUBSCRIBES: 1})
    return Leaving(delivery.email, campaign.title, tuple(campaign.languages), left=True)


def _reached() -> Select[tuple[int, int, str, str, bool]]:
    return select(DeliveryRow.id, DeliveryRow.wave_id, DeliveryRow.audience, DeliveryRow.variant, DeliveryRow.tracked)


def _held(session: Session, delivery: Reached) -> Reached:
    """Hold a tracked delivery: links followed at the same moment must see each other, or no burst would be noticed.

    Its reader may have been forgotten meanwhile; then nothing is known of anybody any more.
    """
    if not delivery.tracked:
        return delivery
    held = select(DeliveryRow.email).where(DeliveryRow.id == delivery.id).with_for_update()
    return replace(delivery, tracked=bool(session.scalar(held)))


def _recent_links(session: Session, delivery: Reached, at: datetime) -> frozenset[int]:
    if not delivery.tracked:
        return frozenset()
    found = session.scalars(
        select(EngagementRow.link).where(
            EngagementRow.delivery_id == delivery.id,
            EngagementRow.act == Act.CLICK,
            EngagementRow.at >= at - timedelta(seconds=BURST_SECONDS),
        )
    )
    return frozenset(link for link in found if link is not None)


def _store(session: Session, delivery: Reached, hit: Hit, visit: Visit) -> Labelled:
    labelled = label(hit)
    figures = Counter({_HITS[hit.act]: 1})
    if not delivery.tracked:
        session.add(_row(delivery.wave_id, hit, labelled))
        session.flush()
        count(session, delivery.wave_id, delivery.cell, figures)
        return labelled
    session.add(_row(delivery.wave_id, hit, labelled, delivery, visit))
    session.flush()
    firsts = [_ONCE[hit.act]]
    if labelled.label is Label.HUMAN:
        firsts.append(_ONCE_HUMAN[hit.act])
    figures.update(_mark(session, delivery, firsts, hit.at))
    if burst_of_links(hit):
        figures.update(_relabel(session, delivery, Reason.BURST_OF_LINKS, hit.at))
    elif hit.honeypot:
        figures.update(_relabel(session, delivery, Reason.HONEYPOT, hit.at))
    count(session, delivery.wave_id, delivery.cell, figures)
    return labelled


def _row(
    wave_id: int, hit: Hit, labelled: Labelled, delivery: Reached | None = None, visit: Visit | None = None
) -> EngagementRow:
    return EngagementRow(
        wave_id=wave_id,
        delivery_id=delivery and delivery.id,
        act=hit.act,
        link=hit.link,
        label=labelled.label,
        reason=labelled.reason,
        agent=visit and visit.agent,
        network=visit and visit.network,
        at=hit.at,
    )


def _mark(
    session: Session,
    delivery: Reached,
    firsts: Iterable[tuple[InstrumentedAttribute[datetime | None], Figure]],
    at: datetime,
) -> dict[Figure, int]:
    """Set the times that are not set yet; return what was counted for the first time."""
    return {
        figure: change(
            session,
            update(DeliveryRow).where(DeliveryRow.id == delivery.id, column.is_(None)).values({column: at}),
        )
        for column, figure in firsts
    }


def _relabel(session: Session, delivery: Reached, reason: Reason, at: datetime) -> dict[Figure, int]:
    """Take back what the links just before were believed to be, with what was counted for them."""
    change(
        session,
        update(EngagementRow)
        .where(
            EngagementRow.delivery_id == delivery.id,
            EngagementRow.act == Act.CLICK,
            EngagementRow.label != Label.MACHINE,
            EngagementRow.at >= at - timedelta(seconds=BURST_SECONDS),
        )
        .values(label=Label.MACHINE, reason=reason),
    )
    human_before = session.scalar(
        select(func.min(EngagementRow.at)).where(
            EngagementRow.delivery_id == delivery.id,
            EngagementRow.act == Act.CLICK,
            EngagementRow.label == Label.HUMAN,
        )
    )
    if human_before is not None:
        return {}
    taken_back = change(
        session,
        update(DeliveryRow)
        .where(DeliveryRow.id == delivery.id, DeliveryRow.clicked_human_at.is_not(None))
        .values(clicked_human_at=None),
    )
    return {Figure.CLICKED_HUMAN: -taken_back}


def _delivery_and_campaign(
    session: Session, delivery_id: int, *, locked: bool = False
) -> tuple[DeliveryRow, CampaignRow]:
    wanted = (
        select(DeliveryRow, CampaignRow)
        .join(WaveRow, WaveRow.id == DeliveryRow.wave_id)
        .join(CampaignRow, CampaignRow.id == WaveRow.campaign_id)
        .where(DeliveryRow.id == delivery_id)
    )
    if locked:
        wanted = wanted.with_for_update(of=DeliveryRow)
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound("delivery", delivery_id)
    return row._tuple()


def _withdraw(session: Session, contact_id: int, topic: str, at: datetime) -> None:
    newest = consents.newest(session, contact_id, topic)
    if newest is not None and newest.act is ConsentAct.WITHDRAWN:
        return
    basis = newest.basis if newest else Basis.CONSENT
    language = newest.language if newest else None
    withdrawal = Consent(topic, ConsentAct.WITHDRAWN, basis, "", "unsubscribe", at, language)
    consents.write(session, [(contact_id, withdrawal)])
