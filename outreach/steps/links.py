"""Links that a reader asks for and gets by mail, for only the mail proves who asks: to preferences, to their rights."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from outreach.calls.form import check
from outreach.delivery.queries import letter as ledger
from outreach.errors import TokenRefused
from outreach.model.campaign import Call, Field, FieldKind
from outreach.model.letter import LIFE, Addressee, Letter
from outreach.services import Services
from outreach.steps import letters
from outreach.steps.addresses import normalised, reachable
from outreach.steps.guards import Guards, Outcome, Posted, Submitted, why_not
from outreach.steps.preferences import NO_HURRY, preferences
from outreach.store import reading
from outreach.subscriptions import queries

log = logging.getLogger(__name__)

NAME = "preferences link"

NOBODY = 0
"""No contact's id: stands in where an address is not known, so that asking for it takes as long."""


@dataclass(frozen=True, slots=True)
class LinkForm:
    """The form that asks for an address, with a fresh token."""

    call: Call
    token: str


def link_form(services: Services, language: str, words: Mapping[str, str]) -> LinkForm:
    """Return the form with its label from *words*."""
    email = Field("email", FieldKind.EMAIL, {language: words["email"]}, limit=254)
    call = Call("preferences", {language: words["title"]}, {}, {}, {}, (email,))
    return LinkForm(call, services.tokens.form(NAME, services.clock()))


def send_link(
    services: Services, form: LinkForm, posted: Posted, phrases: Mapping[str, str], guards: Guards
) -> Submitted:
    """Put a letter with the link in the ledger, if the address is one of ours; whoever asks is never told."""
    checked = reachable(check(form.call, posted.values, phrases), phrases)
    if posted.honeypot:
        log.info("a form was filled in by a program", extra={"form": "preferences"})
        return Submitted(Outcome.TAKEN, checked)
    refused = why_not(services, NAME, posted, guards, good=checked.good)
    if refused is not None:
        return Submitted(refused, checked)
    email = normalised(checked.values["email"])
    return Submitted(_write(services, Letter.PREFERENCES, email, posted, guards), checked)


def send_rights_link(services: Services, token: str, posted: Posted, guards: Guards) -> Outcome:
    """Put a letter in the ledger whose link gives a copy of everything or erases it.

    *token* may be as old as the mail it stood in, and mails are passed on; so it is not enough for that.
    """
    page = preferences(services, token, posted.language)
    if why_not(services, page.form, posted, NO_HURRY, good=True):
        return Outcome.EXPIRED
    return _write(services, Letter.RIGHTS, page.reader.email, posted, guards)


def address_of_rights(services: Services, token: str) -> str:
    """Return whose data *token* opens; `TokenRefused` once it is too old, `NotFound` where they were forgotten."""
    delivery_id = services.tokens.delivery_for_rights(token)
    with reading(services.sessions) as session:
        asked_at = ledger.asked_at(session, Letter.RIGHTS, delivery_id)
        if asked_at is None or services.clock() - asked_at > LIFE[Letter.RIGHTS]:
            raise TokenRefused("this link is too old; ask for a new one on the preferences page")
        return queries.reader_of(session, delivery_id).email


def _write(services: Services, kind: Letter, email: str, posted: Posted, guards: Guards) -> Outcome:
    """Write the letter, and take it back where none may go: so both take as long.

    Whose address it is, is looked up in the same transaction: somebody may be forgotten before it begins.
    """
    message = letters.compiled(services, kind, posted.language)
    with services.sessions.begin() as session:
        asked = letters.request(services, session, kind, message, email=email, posted=posted, guards=guards)
        if isinstance(asked, Outcome):
            return asked
        known = queries.contact_with(session, email)
        with session.begin_nested() as trial:
            letters.write(session, asked, Addressee(known or NOBODY, email))
            if not asked.allowed or known is None:
                trial.rollback()
        if not asked.allowed or known is None:
            letters.pass_over(session, asked)
    return Outcome.TAKEN
