"""What every public form has beside its questions: its token, a trap for programs, and the status of its answer."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.requests import Request

from outreach.receiver.incoming import visit_of
from outreach.steps.guards import Outcome, Posted

TOKEN, MAIL, HONEYPOT = "_token", "_mail", "_website"
"""Fields of the form itself, the last for programs to fill in; no question's name begins with a line."""

NAMES = {"token": TOKEN, "mail": MAIL, "honeypot": HONEYPOT}

LONGEST_RID = 100

STATUS: Mapping[Outcome | None, HTTPStatus] = {
    Outcome.FAULTY: HTTPStatus.UNPROCESSABLE_ENTITY,
    Outcome.TOO_FAST: HTTPStatus.UNPROCESSABLE_ENTITY,
    Outcome.EXPIRED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Outcome.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Outcome.CLOSED: HTTPStatus.CONFLICT,
    Outcome.TAKEN: HTTPStatus.OK,
    None: HTTPStatus.OK,
}


def posted(request: Request, form: Mapping[str, str], language: str, trusted: Sequence[str]) -> Posted:
    """Return a form that was sent, with who sent it as far as we may know."""
    return Posted(
        values=form,
        form_token=form.get(TOKEN, ""),
        language=language,
        rid=short_rid(form.get(MAIL, "")),
        honeypot=form.get(HONEYPOT, ""),
        network=visit_of(request, trusted).network,
    )


def token_to_show(outcome: Outcome | None, sent: Posted, fresh: str) -> str:
    """Return the token of a form that is shown again: one that was good goes on ageing, so nobody waits twice."""
    return fresh if outcome is Outcome.EXPIRED else sent.form_token


def short_rid(rid: str) -> str:
    """Return *rid*, or nothing where it is longer than any of ours."""
    return rid if len(rid) <= LONGEST_RID else ""
