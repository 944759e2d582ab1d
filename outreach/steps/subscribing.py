"""Double opt-in: a form asks, one letter asks back, and only the answer to that is consent."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from outreach.calls.form import Checked, check
from outreach.contacts.values import kind_of
from outreach.model.campaign import Call, Field, FieldKind
from outreach.model.erasure import address_key
from outreach.model.letter import LIFE, Addressee, Letter
from outreach.model.people import TRACKING, Topic
from outreach.services import Services
from outreach.steps import letters
from outreach.steps.addresses import normalised, reachable
from outreach.steps.guards import Guards, Outcome, Posted, Submitted, why_not
from outreach.steps.letters import Request
from outreach.steps.people import topics
from outreach.store import consents, reading, turns
from outreach.subscriptions import acts, queries
from outreach.subscriptions.acts import Sentence, Signup, State

log = logging.getLogger(__name__)

TICK = "topic_"
"""What the name of a topic's tick begins with."""

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Form:
    """The form in one language: its questions, topics as ticks among them, and a fresh token.

    The token is bound to the very sentences that are shown: changed meanwhile, the form is shown anew.
    """

    call: Call
    name: str
    token: str
    topics: Mapping[str, Topic]
    sentences: Mapping[str, Sentence]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form asks for in somebody's name; *language* is that of the mails. Only their answer makes it consent."""

    email: str
    sentences: Sequence[Sentence]
    language: str
    form_url: str
    first_name: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A sign-up as its link shows it; *signup* is None where it is no more."""

    state: State
    signup: Signup | None


def subscribe_form(
    services: Services, language: str, words: Mapping[str, str], languages: Mapping[str, str], first: str = ""
) -> Form:
    """Return the form with its labels from *words*; *languages* are those of the mails, *first* the topic on top."""
    topics = offered(services, first)
    sentences = acts.sentences(topics, language)
    # the topic on top is no part of what was agreed to
    name = f"subscribe {language} {acts.digest(sentences[topic] for topic in sorted(sentences))}"
    ticks = (
        Field(f"{TICK}{topic}", FieldKind.CHECK, topics[topic].titles, required=False, help={each.language: each.text})
        for topic, each in sentences.items()
    )
    fields = (
        Field("email", FieldKind.EMAIL, {language: words["email"]}, limit=254),
        Field("first_name", FieldKind.LINE, {language: words["first_name"]}, required=False, limit=LONGEST_NAME),
        Field(
            "language",
            FieldKind.CHOICE,
            {language: words["language"]},
            choices={code: {code: own_name} for code, own_name in languages.items()},
        ),
        *ticks,
    )
    call = Call("subscribe", {language: words["title"]}, {}, {}, {}, fields)
    return Form(call, name, services.tokens.form(name, services.clock()), topics, sentences)


def offered(services: Services, first: str = "") -> dict[str, Topic]:
    """Return what people can subscribe to, *first* on top, and last whether acts may be measured."""
    known = topics(services)
    order = sorted(known, key=lambda name: (name == TRACKING, name != first))
    return {name: known[name] for name in order}


def subscribe(
    services: Services, form: Form, posted: Posted, words: Mapping[str, Mapping[str, str]], guards: Guards
) -> Submitted:
    """Take the form: write down what was asked for, and put the letter that asks back in the ledger."""
    checked = _checked(form, posted.values, words)
    if posted.honeypot:
        log.info("a form was filled in by a program", extra={"form": "subscribe"})
        return Submitted(Outcome.TAKEN, checked)
    refused = why_not(services, form.name, posted, guards, good=checked.good)
    if refused is not None:
        return Submitted(refused, checked)
    wish = Wish(
        email=normalised(checked.values["email"]),
        sentences=_ticked(form, checked),
        language=checked.values["language"],
        form_url=f"{services.settings.public_url.rstrip('/')}/subscribe?lang={posted.language}",
        first_name=checked.values["first_name"],
    )
    message = letters.compiled(services, Letter.CONFIRM, wish.language)
    with services.sessions.begin() as session:
        asked = letters.request(
            services, session, Letter.CONFIRM, message, email=wish.email, posted=posted, guards=guards
        )
        if isinstance(asked, Outcome):
            return Submitted(asked, checked)
        ask_back(services, session, wish, asked, posted.network)
    return Submitted(Outcome.TAKEN, checked)


def ask_back(services: Services, session: Session, wish: Wish, asked: Request, network: str | None) -> None:
    """Write down a wish, and put the letter that asks for its confirmation in the ledger.

    Whoever asks sees the same, and waits as long, whether the address is known, new, over its limit or never written
    to: the same is written in each case, and taken back where no letter may go.
    """
    with session.begin_nested() as trial:
        _sign_up(services, session, wish, network, asked)
        if not asked.allowed:
            trial.rollback()
    if not asked.allowed:
        letters.pass_over(session, asked)


def confirmation(services: Services, token: str) -> Confirmation:
    """Return what confirming with *token* would mean; nothing is changed."""
    delivery_id = services.tokens.delivery_to_confirm(token)
    with reading(services.sessions) as session:
        return _confirmation(services, queries.signup_of(session, delivery_id))


def confirm(services: Services, token: str) -> Confirmation:
    """Make a sign-up consent, once; the state returned is the one it was found in, so `OPEN` means it was done now.

    It is the person's own wish: it takes back that they unsubscribed from everything, or asked to be forgotten. What
    was withdrawn since an earlier confirmation stays withdrawn.
    """
    delivery_id = services.tokens.delivery_to_confirm(token)
    now = services.clock()
    with services.sessions.begin() as session:
        turns.freezing(session)  # before any row: whoever forgets somebody comes before or after, never crosswise
        found = _confirmation(services, queries.signup_of(session, delivery_id, hold=True))
        if found.state is not State.OPEN or found.signup is None:
            return found
        signup = found.signup
        if not queries.confirm(session, signup.id, now):
            return replace(found, state=State.CONFIRMED)
        consents.write(session, [(signup.contact_id, act) for act in acts.confirmed(signup, now)])
        queries.choose(session, signup.contact_id, now, language=signup.language, first_name=signup.first_name)
        queries.lift(session, signup.email, address_key(services.settings.erasure_secret(), signup.email))
    return found


def _checked(form: Form, values: Mapping[str, str], words: Mapping[str, Mapping[str, str]]) -> Checked:
    """Return the answers with all faults: those of any form, an address no mail can reach, and no topic ticked."""
    checked = reachable(check(form.call, values, words["fault"]), words["fault"])
    errors = dict(checked.errors)
    subjects = [f"{TICK}{topic}" for topic in form.sentences if topic != TRACKING]
    if subjects and not any(checked.values[tick] for tick in subjects):
        errors[subjects[0]] = (words["subscribe"]["none_ticked"],)
    return Checked(checked.values, errors)


def _ticked(form: Form, checked: Checked) -> Sequence[Sentence]:
    return [sentence for topic, sentence in form.sentences.items() if checked.values[f"{TICK}{topic}"]]


def _sign_up(services: Services, session: Session, wish: Wish, network: str | None, asked: Request) -> None:
    now = services.clock()
    contact_id = queries.welcome(session, wish.email, kind_of(wish.email), wish.language, now)
    signup_id = queries.keep_signup(
        session,
        contact_id,
        wish.sentences,
        first_name=wish.first_name,
        language=wish.language,
        form_url=wish.form_url,
        network=network,
        now=now,
    )
    delivery_id = letters.write(session, asked, Addressee(contact_id, wish.email), f"signup {signup_id}")
    queries.signup_written_to(session, signup_id, delivery_id)


def _confirmation(services: Services, signup: Signup | None) -> Confirmation:
    state = acts.state(signup, services.clock(), LIFE[Letter.CONFIRM]) if signup else State.EXPIRED
    return Confirmation(state, signup)
