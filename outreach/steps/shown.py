"""A mail of the ledger, rendered again as it went out."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.delivery import slots
from outreach.delivery.queries import claim
from outreach.delivery.queries import view as ledger
from outreach.delivery.queries.view import Entry, Went
from outreach.delivery.sending import body_digest
from outreach.errors import DefinitionError, NotFound
from outreach.model.mail import Mail
from outreach.model.wave import Status
from outreach.services import Services
from outreach.store import reading


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail with what the ledger says of it. *proof* says how sure it is that these are the bytes that went out."""

    delivery_id: int
    campaign: str
    wave: str
    status: Status
    provider: str
    sent_at: datetime | None
    mail: Mail
    proof: str


def show(services: Services, reference: str) -> Shown:
    """Return the mail that *reference* names: a delivery's number, or the id that stands in its links.

    It is its frozen message with its slots filled as they were for sending. Whoever asked to be forgotten has none.
    """
    delivery_id = (
        int(reference) if reference.isascii() and reference.isdigit() else services.tokens.delivery_of(reference)
    )
    with reading(services.sessions) as session:
        entry = ledger.entry(session, delivery_id)
        if entry is None:
            raise NotFound("delivery", reference)
        if not entry.who.email:
            raise DefinitionError(
                f"delivery {delivery_id} ({entry.campaign}/{entry.wave}): its recipient asked to be forgotten, "
                "so nobody can tell any more what it said to whom; the wave's mail is in `outreach campaign preview`"
            )
        message = claim.message(session, entry.message_id)
        proof = _proof(services, session, entry)
    return Shown(
        delivery_id=delivery_id,
        campaign=entry.campaign,
        wave=entry.wave,
        status=entry.status,
        provider=entry.went.provider if entry.went else "",
        sent_at=entry.went.at if entry.went and entry.went.may_have_arrived else None,
        mail=message.fill(slots.recipient(message, entry.who, services.tokens)),
        proof=proof,
    )


def _proof(services: Services, session: Session, entry: Entry) -> str:
    """Compare the whole call that it went out with: the ledger keeps the hash of what was handed to the API."""
    went = entry.went
    if entry.status is Status.SUPPRESSED:
        before = went is not None and went.may_have_arrived and went.people is None
        return "it was left out when its batch was claimed" + (
            " anew; a call before that, without a usable answer, may have taken it" if before else "; it never went out"
        )
    if went is None:
        return "it has not gone out yet"
    if not went.may_have_arrived or entry.status is Status.REFUSED:
        return f"it did not go out: {went.provider} took nothing of it"
    if services.provider.name != went.provider:
        return (
            f"it went out through {went.provider}; with OUTREACH_PROVIDER={went.provider} "
            "it can be compared with the hash that was kept"
        )
    proof = _compared(services, session, entry, went)
    return proof if went.people is not None else f"it may have gone out, nobody can tell yet; {proof}"


def _compared(services: Services, session: Session, entry: Entry, went: Went) -> str:
    batch = claim.load(session, entry.batch_id)
    if not all(who.email for who in batch.recipients):
        return "somebody in the same call asked to be forgotten, so the call cannot be made up again to be compared"
    if went.people not in (None, len(batch.recipients)):
        return "some of the same call were lined up again since, so the call cannot be made up again to be compared"
    if body_digest(services.provider.prepare(slots.merge_plan(batch, services.tokens))) == went.body_digest:
        return "proved: the call made up again has the hash of the one that went out"
    return (
        "not proved: the call made up again has another hash; "
        "OUTREACH_SECRET, the API's settings or this version of outreach differ from those it went out with"
    )
