"""Learning what became of calls that gave no usable answer. Nothing here writes to anybody twice."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import claim, look_up, pace
from outreach.delivery.queries.look_up import Case
from outreach.delivery.sending import Answer, Called, body_digest, look
from outreach.errors import DefinitionError
from outreach.model.delivery import Batch
from outreach.model.look_up import BETWEEN, Look, Proof, doubt
from outreach.model.wave import WaveState
from outreach.providers.port import Found, Sought
from outreach.services import Services
from outreach.steps import pacing
from outreach.steps.calling import make, prepared, record
from outreach.store import reading

log = logging.getLogger(__name__)

SKEW = timedelta(minutes=2)
"""How far a provider's clock may be from ours."""

UNREAD = "there was not time to read all of its list"

ABOUT_THIS_CALL = (Answer.REFUSED, Answer.REFUSED_TOGETHER)
"""Answers that keep nobody from asking about another call."""


def resolve_unknown(services: Services, wave_id: int) -> int:
    """Ask about what is unknown; return batches that are known now.

    What was left behind by a sender that died counts as unknown once its lease is over. A provider that replays is
    given the same call with the same key again; one that can be asked is asked. What its list shows was taken; what it
    does not show goes back in the line where that proves enough (`model/look_up.py`). All else stays unknown until a
    report or a person settles it: nothing of that is sent again by itself. The first question without an answer ends
    the round: the others would most likely have none either.

    A replay is a mail that may arrive only now, so it keeps quiet hours: it waits until they are over. Where its key
    would be too old by then it is not made at all. People were promised that nobody writes to them at night, and one
    call that a person must look at costs less than a mail at three o'clock. To ask the list is no mail: that never
    waits, and neither do the house's letters.
    """
    with services.sessions.begin() as session:
        claim.expire_leases(session, wave_id, services.clock())
        look_up.leave_others(session, wave_id, services.provider.name, services.provider.account)
        batches = claim.unknown_batches(session, wave_id)
    known = 0
    for batch_id in batches:
        answer = _ask(services, batch_id)
        known += answer is True
        if answer is False:
            break
    return known


def is_askable(services: Services, session: Session, wave_id: int) -> bool:
    """Return whether something unknown of the wave can still be asked about."""
    provider = services.provider
    return any(
        (provider.looks_up and look_up.is_open(session, batch_id, provider.name))
        or (provider.replays and not _why_not_again(services, session, batch_id))
        for batch_id in claim.unknown_batches(session, wave_id)
    )


def waves_to_ask(services: Services) -> list[int]:
    """Return the waves with something unknown that can be asked about now."""
    provider, now = services.provider, services.clock()
    known = pacing.rules(services.settings)
    with reading(services.sessions) as session:
        return look_up.waves_to_ask(
            session,
            provider.name,
            now,
            looks_up=provider.looks_up,
            keys_live=provider.keys_live if provider.replays else timedelta(0),
            quiet=lambda zone: known.quiet_until(now, known.zone(zone)) is not None,
        )


def replays_at(services: Services, session: Session, wave_id: int) -> datetime | None:
    """Return when the first unknown call of a wave may be made again that waits for quiet hours to end; None: none."""
    if not (services.provider.replays and pacing.rules(services.settings).quiet):
        return None
    now = services.clock()
    waiting = (
        _quiet_until(services, session, batch_id, now)
        for batch_id in claim.unknown_batches(session, wave_id)
        if not _why_not_again(services, session, batch_id)
    )
    return min(filter(None, waiting), default=None)


def _ask(services: Services, batch_id: int) -> bool | None:
    """True if a batch is known now, False if there was no answer, None if it could not be asked, or is not known."""
    replayed = _replay(services, batch_id) if services.provider.replays else None
    if replayed or not services.provider.looks_up:
        return replayed
    looked = _look_up(services, batch_id)
    return replayed if looked is None else looked


def _replay(services: Services, batch_id: int) -> bool | None:
    """Make an unknown call again: True if it is known now, False if there was no answer.

    None where it may not be made, or not in these hours, or was refused: that says something of this replay only, and
    nothing of the others; the first call may have been taken.
    """
    with services.sessions.begin() as session:
        now = services.clock()
        lease = now + timedelta(seconds=services.settings.lease_seconds)
        if _why_not_again(services, session, batch_id) or _quiet_until(services, session, batch_id, now):
            return None
        if not claim.claim_unknown(session, batch_id, lease):
            return None
        newest = claim.newest_attempt(session, batch_id, lease)
        assert newest is not None  # noqa: S101 - _why_not_again has seen it
        attempt, _, _ = newest
        rids, body = prepared(services, claim.load(session, batch_id))
    called = make(services, attempt, body, rids)
    record(services, attempt, called if called.answer is Answer.TAKEN else Called(Answer.UNKNOWN, why=called.why))
    return None if called.answer in ABOUT_THIS_CALL else called.answer is Answer.TAKEN


def _why_not_again(services: Services, session: Session, batch_id: int) -> str:
    """Return why an unknown batch cannot be asked about by making its call again; empty if it can, now or after quiet
    hours.
    """
    now = services.clock()
    newest = claim.newest_attempt(session, batch_id, now)
    if newest is None:
        return "no call was made"
    attempt, provider, began = newest
    at = _quiet_until(services, session, batch_id, now) or now
    if at - began > services.provider.keys_live:
        return "its key is too old, or will be before quiet hours are over"
    if provider != services.provider.name:
        return f"it went to {provider}, which is not the provider any more"
    if elsewhere := look_up.elsewhere(session, batch_id, provider, services.provider.account):
        return elsewhere
    return _why_not_sent(services, session, claim.load(session, batch_id), attempt.body_digest)


def _quiet_until(services: Services, session: Session, batch_id: int, now: datetime) -> datetime | None:
    """Return when quiet hours are over for the people of a batch; None where it may go now. Nothing is locked."""
    known = pacing.rules(services.settings)
    if not known.quiet:
        return None
    held = pace.held(session, batch_id)
    return None if held.letters else known.quiet_until(now, known.zone(held.zone))


def _why_not_sent(services: Services, session: Session, batch: Batch, digest: str) -> str:
    """Return why a batch must not go out, as it would if its first call never arrived; empty if it may."""
    if campaigns.view(session, batch.wave_id).state is not WaveState.SENDING:
        return "its wave is not sending"
    if claim.anybody_unwilling(session, batch.id):
        return "somebody in it may not be written to any more"
    try:
        _, body = prepared(services, batch)
    except DefinitionError as error:
        return str(error)
    return "" if body_digest(body) == digest else "what would go out now is not what went out then"


def _look_up(services: Services, batch_id: int) -> bool | None:
    """Ask the provider's list: True if all of a batch is known now, False if there was no answer, else None."""
    at = services.clock()
    with reading(services.sessions) as session:
        case = look_up.case(session, batch_id, services.provider.name, at, account=services.provider.account)
    if case is None:
        return None
    told = _asked(services, case.open, case.first, case.began)
    log.info("batch %s was looked up: %s", batch_id, told, extra={"batch_id": batch_id})
    if isinstance(told, Called):
        _no_answer(services, case, told)
        return False
    this = case.look(at, services.provider.settles)
    proof = _proof(services, case, told) if this.is_last and told.whole else Proof.NONE
    if isinstance(proof, Called):
        _no_answer(services, case, proof)
        return False
    return _settle(services, case, told, this, proof) or None


def _asked(services: Services, mails: Mapping[int, str], first: int, began: datetime) -> Found | Called:
    """Look up mails of one call, by delivery with their addresses."""
    rids = {services.tokens.rid(delivery_id): email for delivery_id, email in mails.items()}
    return look(services.provider, Sought(mails=rids, call=services.tokens.rid(first), since=began - SKEW))


def _proof(services: Services, case: Case, told: Found) -> Proof | Called:
    """Ask whether the list shows what it has to; that it shows some of this very call is enough."""
    if told.receipts:
        return Proof.SHOWN
    with reading(services.sessions) as session:
        witness = look_up.witness(session, case)
    if witness is None:
        return Proof.NONE
    shown = _asked(services, {witness.delivery_id: witness.email}, witness.first, witness.began)
    if isinstance(shown, Called):
        return shown
    if not (shown.receipts or shown.whole):
        return Called(Answer.UNKNOWN, why=UNREAD)
    return Proof.SHOWN if shown.receipts else Proof.NOT_SHOWN


def _settle(services: Services, case: Case, told: Found, this: Look, proof: Proof) -> bool:
    """Write down what the list says; return whether all of the call is known now, or the rest lined up."""
    now = services.clock()
    deliveries = {services.tokens.rid(delivery_id): delivery_id for delivery_id in case.open}
    receipts = {deliveries[receipt.rid]: receipt for receipt in told.receipts if receipt.rid in deliveries}
    with services.sessions.begin() as session:
        look_up.hold_wave(session, case.batch_id)
        known = look_up.found(session, case, receipts, now)
        if not known and told.whole:
            missing = case.open.keys() - receipts.keys()
            return look_up.not_found(session, case, this, missing, doubt(this, proof), now=now)
    if not known:
        _no_answer(services, case, Called(Answer.UNKNOWN, why=UNREAD))
    return known


def _no_answer(services: Services, case: Case, told: Called) -> None:
    """An answer that would be the same again ends the asking, and so does a day; anything else puts it off."""
    now = services.clock()
    with services.sessions.begin() as session:
        refused = told.answer in (*ABOUT_THIS_CALL, Answer.LOCKED_OUT)
        if refused or case.is_old(now):
            look_up.give_up(session, case, f"could not be looked up: {told.why}")
        else:
            look_up.put_off(session, case, now + max(BETWEEN, timedelta(seconds=told.wait)))
