"""When mails may go, and how many: looked at as a batch is claimed, before anything else is done to it.

A batch that must wait is put back with the moment until which it waits, and with it all that would have to wait for the
same; nothing here runs by itself. The house's own letters were asked for: they never wait, and are counted nowhere, so
that none stands behind a row that a wave holds.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.delivery.queries import pace as ledger
from outreach.delivery.queries.pace import Held
from outreach.delivery.sending import Answer, Called
from outreach.model.delivery import Attempt, Batch
from outreach.model.pace import Allowance, Rules, Waiting, read_rules, shared_out
from outreach.services import Services
from outreach.settings import Settings
from outreach.store import reading

TOOK_NOTHING = (Answer.NOT_TAKEN, Answer.LOCKED_OUT, Answer.REFUSED, Answer.REFUSED_TOGETHER)


def rules(settings: Settings) -> Rules:
    """Return what the settings say; `DefinitionError` names the one that cannot be read."""
    return read_rules(settings.time_zone, settings.quiet_hours, settings.domain_limits, settings.warm_up)


def held_back(services: Services, session: Session, batch_id: int, now: datetime) -> bool:
    """Return whether a batch that was claimed at *now* is put back, because it must wait.

    If not, whoever in it there is no room for any more waits in a batch of its own. This comes right after the claim,
    in its transaction, so that what was spent is held before deliveries and counters are, and `count` comes at the end.
    """
    known = rules(services.settings)
    if not known:
        return False
    held = ledger.held(session, batch_id)
    if held.letters:
        return False
    zone = known.zone(held.zone)
    until = known.quiet_until(now, zone)
    if until is None:
        return _without_room(session, known, held, now)
    why = f"quiet hours in {zone.key}"
    ledger.put_back(session, held, until, why)
    ledger.put_off(session, held, until, why, ledger.of_zone(held.zone))
    return True


def count(services: Services, session: Session, batch: Batch, now: datetime) -> None:
    """Count those who are about to be called for, in the transaction in which `held_back` let them go at *now*.

    When that uses a number up, all others wait that would go by it, so that none of them is claimed in vain.
    """
    known = rules(services.settings)
    if not known.counts:
        return
    held = ledger.held(session, batch.id)
    if held.letters or not batch.recipients:
        return
    mails = known.mails(ledger.domain_of(person.email) for person in batch.recipients)
    for name, allowance in known.allowances(held.sender, mails, now).items():
        if ledger.spend(session, allowance, mails[name]) >= allowance.most:
            _put_off_all(session, held, name, allowance)


def give_back(services: Services, session: Session, attempt: Attempt, called: Called) -> None:
    """Take those off what was spent for whom a call took nothing; it comes before all that is written down of it.

    Who does not hold the batch any more gives nothing back: nobody can tell who called meanwhile.
    """
    known = rules(services.settings)
    nothing = called.answer in TOOK_NOTHING
    if not known.counts or not (nothing or any(map(ledger.not_taken, called.receipts))):
        return
    found = ledger.called_in_vain(session, attempt, () if nothing else called.receipts)
    if found is None:
        return
    sender, began, domains = found
    mails = known.mails(domains)
    for name, allowance in known.allowances(sender, mails, began).items():
        ledger.take_off(session, allowance, mails[name])


def judge_again(session: Session, wave_id: int, now: datetime) -> None:
    """Have whoever waits by our own rules looked at anew: a person who lets a wave go on may have changed them."""
    ledger.judge_again(session, wave_id, now)


def waiting(services: Services, wave_id: int) -> list[Waiting]:
    """Return how many people of a wave wait for which moment, and why, the next ones first."""
    with reading(services.sessions) as session:
        return ledger.waiting(session, wave_id, services.clock())


def _without_room(session: Session, known: Rules, held: Held, now: datetime) -> bool:
    """Set aside whom there is no room for; return whether that is everybody, who is put back then."""
    if not known.counts:
        return False
    day = known.allowances(held.sender, (), now)
    if not known.domains.most and (not day or ledger.room(session, day)[""] >= held.size):
        return False  # as it is with nearly all batches, so their people are not looked at
    people = [(number, known.domains.name_of(domain)) for number, domain in ledger.people(session, held.id)]
    allowances = known.allowances(held.sender, {name for _, name in people}, now)
    shares = shared_out(people, ledger.room(session, allowances))
    apart = list(shares.waits)
    stay = apart.pop(0) if apart and not shares.goes else None
    for name in apart:
        ledger.set_aside(session, held, shares.waits[name], name or held.domain, allowances[name])
    if stay is None:
        return False
    waits = allowances[stay]
    ledger.put_back(session, held, waits.again, waits.why, stay)
    _put_off_all(session, held, stay, waits)
    return True


def _put_off_all(session: Session, held: Held, name: str, allowance: Allowance) -> None:
    """Let all batches of the wave that would go by an allowance wait until there is room again."""
    which = ledger.of_domain(name) if name else ledger.from_domain(held)
    ledger.put_off(session, held, allowance.again, allowance.why, which)
