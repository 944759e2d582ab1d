"""Writing down what became of a batch, and of one delivery when its provider reports."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.delivery.queries import statements
from outreach.delivery.queries.ledger import Figures, answer, count_all, end, hold, line_up, sayable, settle
from outreach.model.delivery import Attempt, Outcome
from outreach.model.mail import Receipt
from outreach.model.people import Consent, ConsentAct, SuppressionReason
from outreach.model.provider_report import ProviderReport
from outreach.model.report import Cell, Figure
from outreach.model.wave import SPOKEN_FOR, BatchState, Kind, Status, status_after
from outreach.store import consents
from outreach.store.dialects import inserting
from outreach.store.suppressions import suppress
from outreach.store.tables import (
    AttemptRow,
    BatchRow,
    CampaignRow,
    ContactRow,
    CounterRow,
    DeliveryRow,
    WaveRow,
    WebhookRow,
)

PATIENCE = tuple(timedelta(minutes=minutes) for minutes in (2, 10, 30, 120, 360))
"""How long somebody waits whom the provider put off for now, by how often that was; after the last it is refused."""

NOT_YET_TAKEN = (Status.PLANNED, Status.UNKNOWN)
TAKEN = (Status.ACCEPTED, Status.DEFERRED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED)

FIGURE_OF = {
    Status.DELIVERED: Figure.DELIVERED,
    Status.BOUNCED: Figure.BOUNCED,
    Status.COMPLAINED: Figure.COMPLAINED,
    Status.REFUSED: Figure.REFUSED,
}

SUPPRESSES = {
    Kind.BOUNCED: SuppressionReason.HARD_BOUNCE,
    Kind.COMPLAINED: SuppressionReason.COMPLAINT,
    Kind.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
}


def accepted(session: Session, attempt: Attempt, receipts: Sequence[Receipt], now: datetime) -> int:
    """Write down a taken batch; return how many recipients it was taken for. Twice is the same as once.

    That a batch was taken is true whoever says it, so a late answer settles what was thought unknown, also where a
    person had it lined up again and nobody has claimed it since.
    """
    hold(session, attempt.batch_id)
    ids = [receipt.provider_id for receipt in receipts]
    session.execute(statements.TAKEN, {"the_attempt": attempt.id, "ended_at": now, "receipts": ids})
    among = (BatchState.SENDING, BatchState.UNKNOWN, BatchState.PLANNED)
    if not settle(session, attempt.batch_id, BatchState.ACCEPTED, "", now, among=among):
        return 0
    if all(receipt.plain for receipt in receipts):
        figures = _silent(session, attempt.batch_id, len(receipts))
    else:
        figures = _one_by_one(session, attempt, receipts, now)
    count_all(session, figures)
    return sum(n for (_, _, figure), n in figures.items() if figure is Figure.ACCEPTED)


def _silent(session: Session, batch_id: int, called: int) -> Figures:
    """Count a batch whose receipts say the same of everybody: no row is loaded, the batch's state speaks for them.

    Those who have a status of their own were counted by the report that gave it; who was set apart since the call is
    in another batch.
    """
    rows = session.execute(statements.SILENT, {"the_batch": batch_id}).all()
    if sum(size for *_, size in rows) > called:
        raise ValueError(f"{called} receipts for {sum(size for *_, size in rows)} people of batch {batch_id}")
    figures: Figures = Counter()
    for wave_id, audience, variant, status, size in rows:
        if status is None:
            figures[wave_id, Cell(audience, variant), Figure.ACCEPTED] += size
    return figures


def _one_by_one(session: Session, attempt: Attempt, receipts: Sequence[Receipt], now: datetime) -> Figures:
    batch_id = attempt.batch_id
    people = session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.batch_id == batch_id, DeliveryRow.status.is_distinct_from(Status.SUPPRESSED))
        .order_by(DeliveryRow.id)
        .with_for_update()  # a report on one of them may be on its way
    ).all()
    batch = session.get_one(BatchRow, batch_id)
    answered = [(person, receipt) for person, receipt in zip(people, receipts, strict=True) if person.status is None]
    untried = [person for person, receipt in answered if receipt.untried]
    later = [(person, receipt.later) for person, receipt in answered if receipt.later and batch.tries < len(PATIENCE)]
    doubtful = [(person, receipt.doubt) for person, receipt in answered if receipt.doubt]
    if untried:
        line_up(session, batch, untried, f"the rest of batch {batch.number}, which the provider did not look at")
    if later:
        why = sayable(session, batch.id, later[0][1])
        rest = line_up(session, batch, [person for person, _ in later], f"put off from batch {batch.number}: {why}")
        rest.tries, rest.not_before = batch.tries + 1, now + PATIENCE[batch.tries]
    if doubtful:
        end(session, attempt, "partly unknown", sayable(session, batch.id, doubtful[0][1]), now)
        _set_apart(session, attempt, batch, [person for person, _ in doubtful])
    figures = Counter(answer(person, receipt) for person, receipt in answered if person.batch_id == batch.id)
    session.flush()
    return figures


def _set_apart(session: Session, attempt: Attempt, batch: BatchRow, people: Sequence[DeliveryRow]) -> None:
    """Leave those unknown whom nobody can tell about, with the call that they were in as far as it is known."""
    session.flush()
    made = session.get_one(AttemptRow, attempt.id, populate_existing=True)
    rest = line_up(session, batch, people, made.detail)
    rest.state = BatchState.UNKNOWN
    call = ("provider", "account", "key", "body_digest", "started_at", "ended_at", "detail")
    session.add(
        AttemptRow(batch_id=rest.id, number=1, outcome="unknown", **{name: getattr(made, name) for name in call})
    )


def halved(session: Session, attempt: Attempt, why: str, now: datetime) -> None:
    """Put a refused batch back in the line as two halves, so that whom the provider refuses comes to stand alone.

    Only who still holds the batch may say so. One person alone is refused.
    """
    why = sayable(session, attempt.batch_id, why)
    people = session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.batch_id == attempt.batch_id, DeliveryRow.status.is_(None))
        .order_by(DeliveryRow.id)
        .with_for_update()
    ).all()
    if len(people) < 2:  # noqa: PLR2004 - nobody alone can be halved
        refused(session, attempt, why, now)
        return
    end(session, attempt, "refused", why, now)
    if settle(session, attempt.batch_id, BatchState.PLANNED, why, None, lease=attempt.lease):
        batch = session.get_one(BatchRow, attempt.batch_id, populate_existing=True)
        other = line_up(session, batch, people[len(people) // 2 :], f"half of batch {batch.number}: {why}")
        other.tries = batch.tries
        session.flush()


def refused(session: Session, attempt: Attempt, why: str, now: datetime) -> None:
    """Write down that the provider refused the whole batch; nobody in it got anything."""
    why = sayable(session, attempt.batch_id, why)
    end(session, attempt, "refused", why, now)
    if settle(session, attempt.batch_id, BatchState.REFUSED, why, now, lease=attempt.lease):
        _count_refused(session, attempt.batch_id)


def unknown(session: Session, attempt: Attempt, why: str, now: datetime) -> None:
    """Write down that nobody can tell yet what became of the batch."""
    why = sayable(session, attempt.batch_id, why)
    end(session, attempt, "unknown", why, now)
    settle(session, attempt.batch_id, BatchState.UNKNOWN, why, None, lease=attempt.lease)


def not_taken(session: Session, attempt: Attempt, why: str, now: datetime) -> None:
    """Write down that the provider took nothing; the batch goes back in the line.

    Only who still holds the batch may say so: after its lease somebody else may have made the same call.
    """
    why = sayable(session, attempt.batch_id, why)
    end(session, attempt, "not taken", why, now)
    settle(session, attempt.batch_id, BatchState.PLANNED, why, None, lease=attempt.lease)


def emptied(session: Session, batch_id: int, now: datetime) -> None:
    """Close a batch in which nobody is left to write to."""
    settle(session, batch_id, BatchState.ACCEPTED, "nobody was left in it", now)


def unprepared(session: Session, batch_id: int, why: str, now: datetime) -> None:
    """Close a batch that the provider cannot carry; no call was made."""
    why = sayable(session, batch_id, why)
    if settle(session, batch_id, BatchState.REFUSED, why, now):
        _count_refused(session, batch_id)


def outcome(session: Session, wave_id: int) -> Outcome:
    """Return where the wave's recipients stand."""
    counted = dict(
        session.execute(
            select(CounterRow.figure, func.sum(CounterRow.value))
            .where(CounterRow.wave_id == wave_id)
            .group_by(CounterRow.figure)
        )
        .tuples()
        .all()
    )
    silent = dict(
        session.execute(
            select(BatchRow.state, func.count())
            .join(DeliveryRow, DeliveryRow.batch_id == BatchRow.id)
            .where(BatchRow.wave_id == wave_id, DeliveryRow.status.is_(None))
            .where(BatchRow.state.in_((BatchState.PLANNED, BatchState.SENDING, BatchState.UNKNOWN)))
            .group_by(BatchRow.state)
        )
        .tuples()
        .all()
    )
    return Outcome(
        accepted=int(counted.get(Figure.ACCEPTED, 0)),
        refused=int(counted.get(Figure.REFUSED, 0)),
        unknown=silent.get(BatchState.UNKNOWN, 0),
        waiting=silent.get(BatchState.PLANNED, 0) + silent.get(BatchState.SENDING, 0),
    )


def _count_refused(session: Session, batch_id: int) -> None:
    rows = session.execute(
        select(DeliveryRow.wave_id, DeliveryRow.audience, DeliveryRow.variant).where(
            DeliveryRow.batch_id == batch_id, DeliveryRow.status.is_(None)
        )
    ).tuples()
    count_all(
        session, Counter((wave_id, Cell(audience, variant), Figure.REFUSED) for wave_id, audience, variant in rows)
    )


def take_reports(session: Session, provider: str, reports: Sequence[tuple[int, ProviderReport]], now: datetime) -> int:
    """Write down what a provider reports of deliveries; return how many reports were news.

    Rows are locked batch first, then delivery, in order of their numbers; addresses are suppressed in order, figures
    counted last. So whoever waits here for a row holds none that its holder waits for.
    """
    news = 0
    figures: Figures = Counter()
    gone: dict[str, tuple[SuppressionReason, str]] = {}
    batches = _batches_of(session, {delivery_id for delivery_id, _ in reports})
    for delivery_id, report in sorted(reports, key=lambda pair: (batches.get(pair[0], 0), pair[0])):
        if delivery_id not in batches:
            news += _keep(session, provider, replace(report, detail=""), now)  # its plan was cleared
            continue
        batch = session.get_one(BatchRow, batches[delivery_id], populate_existing=True, with_for_update=True)
        row = session.get_one(DeliveryRow, delivery_id, populate_existing=True, with_for_update=True)
        if not row.email:  # somebody who was forgotten; a provider's words may quote the address
            report = replace(report, detail="")  # noqa: PLW2901
        if not _keep(session, provider, report, now):
            continue
        news += 1
        if report.kind in SUPPRESSES and row.email:
            gone.setdefault(row.email, (SUPPRESSES[report.kind], report.detail))
        figures.update(_apply(session, batch, row, report, now))
    for email, (reason, detail) in sorted(gone.items()):
        suppress(session, email, reason, detail, now)
    count_all(session, figures)
    return news


def _batches_of(session: Session, deliveries: Set[int]) -> dict[int, int]:
    rows = select(DeliveryRow.id, DeliveryRow.batch_id).where(DeliveryRow.id.in_(deliveries))
    return {delivery: batch for delivery, batch in session.execute(rows).tuples() if batch is not None}


def _keep(session: Session, provider: str, report: ProviderReport, now: datetime) -> bool:
    kept = session.execute(
        inserting(session, WebhookRow)
        .values(
            provider=provider,
            event_id=report.event_id,
            rid=report.rid,
            kind=report.kind,
            detail=report.detail,
            at=report.at,
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=["provider", "event_id"])
        .returning(WebhookRow.id)
    )
    return kept.first() is not None


def _apply(session: Session, batch: BatchRow, row: DeliveryRow, report: ProviderReport, now: datetime) -> Figures:
    before = Status(row.status) if row.status else SPOKEN_FOR[BatchState(batch.state)]
    after = status_after(before, report.kind)
    figures = _figures(before, after)
    if report.kind in (Kind.COMPLAINED, Kind.UNSUBSCRIBED):
        _withdraw(session, row, report, now)
    if report.kind is Kind.UNSUBSCRIBED and row.unsubscribed_at is None:
        row.unsubscribed_at = now
        figures[Figure.UNSUBSCRIBES] += 1
    if after is not before:
        figures[Figure.SOFT_BOUNCED] += report.kind is Kind.SOFT_BOUNCED
        row.status, row.detail = after, report.detail or row.detail
        session.flush()
        if batch.state == BatchState.UNKNOWN:
            _settle_if_all_known(session, batch, now)
    cell = Cell(row.audience, row.variant)
    return Counter({(row.wave_id, cell, figure): by for figure, by in figures.items()})


def _figures(before: Status, after: Status) -> Counter[Figure]:
    figures: Counter[Figure] = Counter()
    if after is before:
        return figures
    if before in (Status.ACCEPTED, Status.DEFERRED) and after is Status.REFUSED:
        figures[Figure.ACCEPTED] -= 1
    if before in NOT_YET_TAKEN and after in TAKEN:
        figures[Figure.ACCEPTED] += 1
    if after in FIGURE_OF:
        figures[FIGURE_OF[after]] += 1
    if before is Status.DELIVERED and after is Status.BOUNCED:
        figures[Figure.DELIVERED] -= 1
    return figures


def _settle_if_all_known(session: Session, batch: BatchRow, now: datetime) -> None:
    open_ones = select(DeliveryRow.id).where(DeliveryRow.batch_id == batch.id, DeliveryRow.status.is_(None)).limit(1)
    if session.scalar(open_ones) is None:
        settle(session, batch.id, BatchState.ACCEPTED, "settled by the provider's reports", now)


def _withdraw(session: Session, row: DeliveryRow, report: ProviderReport, now: datetime) -> None:
    if session.get(ContactRow, row.contact_id) is None:
        return
    topic = session.scalar(
        select(CampaignRow.topic).join(WaveRow, WaveRow.campaign_id == CampaignRow.id).where(WaveRow.id == row.wave_id)
    )
    given = consents.newest(session, row.contact_id, topic) if topic else None
    if given is None or given.act is not ConsentAct.GIVEN:
        return
    evidence = f"{report.kind}: {report.detail}"
    withdrawal = Consent(given.topic, ConsentAct.WITHDRAWN, given.basis, evidence, "provider", now)
    consents.write(session, [(row.contact_id, withdrawal)])
