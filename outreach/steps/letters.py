"""The house's own letters: asked for by a form, put in the ledger before the form is answered, sent right after."""

import logging
from dataclasses import dataclass

from sqlalchemy.orm import Session

from outreach.compose.brand import read_brand
from outreach.compose.letter import compile_letter
from outreach.delivery.queries import letter as ledger
from outreach.errors import NotTaken, ProviderError
from outreach.model.erasure import address_key
from outreach.model.letter import Addressee, Letter
from outreach.model.mail import Message
from outreach.services import Services
from outreach.steps import resolving, sending
from outreach.steps.guards import Guards, Outcome, Posted
from outreach.store import reading, turns

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """A letter that was asked for; *allowed* says whether it may be written, which whoever asked is never told."""

    id: int
    wave_id: int
    message: Message
    allowed: bool


def compiled(services: Services, kind: Letter, language: str) -> Message:
    """Return the letter in *language*; done before a transaction begins, since it takes longest of all."""
    brand = read_brand(services.settings.templates / "brand.toml")
    return compile_letter(services.templates, brand, kind, language, services.settings.public_url)


def request(
    services: Services,
    session: Session,
    kind: Letter,
    message: Message,
    *,
    email: str,
    posted: Posted,
    guards: Guards,
) -> Request | Outcome:
    """Write down that a letter to *email* was asked for, unless the form came before or its network asks too often.

    What the answer shows depends on the form and its network alone; whether a letter is written, on the address. It is
    the first thing in its transaction: nobody is forgotten from here to its end, so whom the letter is for is looked up
    after it.
    """
    turns.freezing(session)
    now = services.clock()
    address = address_key(services.settings.erasure_secret(), email)
    wave_id = ledger.hold(session, kind, now)
    if posted.network and ledger.asked_from(session, posted.network, now) >= guards.per_hour:
        return Outcome.TOO_MANY
    asked = ledger.ask(session, kind, address=address, network=posted.network, form_token=posted.form_token, now=now)
    if asked is None:
        return Outcome.TAKEN
    few = ledger.written_to(session, kind, address, now) < guards.letters_a_day
    return Request(asked, wave_id, message, allowed=few and not ledger.unreachable(session, email))


def write(session: Session, asked: Request, to: Addressee, cause: str = "") -> int:
    """Put the letter in the ledger; return its delivery. *cause* is what brought it about, else the asking itself."""
    delivery_id = ledger.write(session, asked.wave_id, asked.message, to, cause or f"asked {asked.id}")
    ledger.written(session, asked.id, delivery_id)
    return delivery_id


def pass_over(session: Session, asked: Request) -> None:
    """Leave no trace of a letter that was written and taken back, not even in the numbers of those that follow."""
    ledger.pass_over(session, asked.wave_id)


def send_waiting(services: Services) -> int:
    """Send the letters that wait and ask about those whose outcome is unknown; return how many were accepted.

    An email API that takes nothing leaves them waiting for the next time; nobody waits here for it.
    """
    with reading(services.sessions) as session:
        found = {kind: wave for kind, wave in ledger.waves(session).items() if ledger.waiting(session, wave)}
    return sum(_send(services, kind, wave_id) for kind, wave_id in found.items())


def _send(services: Services, kind: Letter, wave_id: int) -> int:
    with services.sessions.begin() as session:
        ledger.hold(session, kind, services.clock())  # opens what a refusing email API had paused
    try:
        sent = sending.send_batches(services, wave_id, _another_time)
        resolving.resolve_unknown(services, wave_id)
    except ProviderError as error:
        log.warning("letters wait for the email API: %s", error, extra={"wave_id": wave_id})
        return 0
    return sent


def _another_time(seconds: float) -> None:
    raise NotTaken(f"it takes nothing for {seconds:g} s, and nobody waits here; the next round tries again")
