"""The preference centre: what a reader gets, seen and changed by the link in a mail to them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.delivery.queries import letter as ledger
from outreach.engagement import queries as engagement
from outreach.model.letter import Letter
from outreach.model.people import ConsentAct, Frequency, SuppressionReason, Topic
from outreach.services import Services
from outreach.steps import letters
from outreach.steps.guards import Guards, Outcome, Posted, why_not
from outreach.steps.letters import Request
from outreach.steps.subscribing import TICK, Wish, ask_back, offered
from outreach.store import consents, reading, turns
from outreach.subscriptions import acts, queries
from outreach.subscriptions.acts import Sentence, Standing
from outreach.subscriptions.queries import Reader

NEVER = "never"
"""The tick by which nothing is ever written to the address again."""

FRESH = timedelta(hours=24)
"""How long what is ticked counts at once, after its reader asked for the link.

A mail is passed on and read by others, and stays in their hands for years: by its link one may leave, and no more than
ask for the rest.
"""

NO_HURRY = Guards(seconds=0)
"""For pages that a signed link alone opens: no program can guess it, so nobody need be slow."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader gets. *standing* are the consents in force by topic, *stopped* all reasons why nothing is written.

    *sentences* are the ticks of the page; a topic in force that is offered no more has one without words, to withdraw
    it. *form* is the page's name, which other sentences, another reader or another standing would change, so that no
    page shown earlier undoes what was said since; *form_token* is its token.
    """

    reader: Reader
    topics: Mapping[str, Topic]
    sentences: Mapping[str, Sentence]
    standing: Mapping[str, Standing]
    stopped: tuple[SuppressionReason, ...]
    form: str
    form_token: str

    @property
    def never(self) -> bool:
        """Its reader wants no mail at all."""
        return SuppressionReason.UNSUBSCRIBED in self.stopped


@dataclass(frozen=True, slots=True)
class Saved:
    """The page as it is now, and what saving changed of it; *outcome* says where the page was too old to save.

    *asked*: for what does not count at once, a letter asks back. `TOO_MANY` says that it could not be asked for.
    """

    outcome: Outcome
    page: Preferences
    given: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    language: str | None = None
    frequency: Frequency | None = None
    stopped: bool = False
    resumed: bool = False
    asked: bool = False

    @property
    def anything(self) -> bool:
        """Something changed, or was asked for."""
        changed = (self.given, self.withdrawn, self.language, self.frequency, self.stopped, self.resumed)
        return self.asked or any(changed)


def preferences(services: Services, token: str, language: str) -> Preferences:
    """Return the preferences of whoever *token* was made for, with sentences in *language*; nothing is changed."""
    delivery_id = services.tokens.delivery_of_preferences(token)
    with reading(services.sessions) as session:
        return _page(services, session, queries.reader_of(session, delivery_id), language)


def save(
    services: Services, token: str, posted: Posted, languages: Collection[str], guards: Guards = NO_HURRY
) -> Saved:
    """Write down what was ticked and chosen, *languages* being those of the mails.

    A value that the page does not offer is not taken for an answer. With the tick `NEVER` all consents end, and the
    address is never written to again; without it, an earlier wish of the kind ends, but never a bounce or a complaint.
    New consent, and the end of such a wish, count at once by a `FRESH` link alone; else a letter asks back.
    """
    delivery_id = services.tokens.delivery_of_preferences(token)
    now = services.clock()
    with reading(services.sessions) as session:
        shown = _page(services, session, queries.reader_of(session, delivery_id), posted.language)
        at_once = _at_once(session, delivery_id, now)
    if why_not(services, shown.form, posted, NO_HURRY, good=True):
        return Saved(Outcome.EXPIRED, shown)
    wish = None if at_once else _wish(services, shown, posted, languages)
    message = letters.compiled(services, Letter.CONFIRM, posted.language) if wish else None
    with services.sessions.begin() as session:
        turns.freezing(session)  # before any row: whoever forgets somebody comes before or after, never crosswise
        asked: Request | Outcome | None = None
        if wish and message:  # first, since it keeps those out who forget people
            once = replace(posted, form_token=f"save {posted.form_token}")
            asked = letters.request(
                services, session, Letter.CONFIRM, message, email=wish.email, posted=once, guards=guards
            )
        reader = queries.reader_of(session, delivery_id, hold=True)
        before = _page(services, session, reader, posted.language)
        if before.form != shown.form:
            session.rollback()
            return Saved(Outcome.EXPIRED, before)
        if wish and isinstance(asked, Request):
            ask_back(services, session, wish, asked, posted.network)
        saved = _save(services, session, before, posted, delivery_id=delivery_id, languages=languages, at_once=at_once)
    too_many = asked is Outcome.TOO_MANY
    return replace(
        saved, outcome=Outcome.TOO_MANY if too_many else Outcome.TAKEN, asked=wish is not None and not too_many
    )


def _save(
    services: Services,
    session: Session,
    before: Preferences,
    posted: Posted,
    *,
    delivery_id: int,
    languages: Collection[str],
    at_once: bool,
) -> Saved:
    now, reader = services.clock(), before.reader
    given, withdrawn = _consents(services, session, before, posted, at_once=at_once)
    language = _other(posted.values.get("language", ""), reader.language, languages)
    often = _other(posted.values.get("frequency", ""), reader.frequency, tuple(Frequency))
    frequency = Frequency(often) if often else None
    queries.choose(session, reader.contact_id, now, language=language, frequency=frequency)
    if NEVER in posted.values:
        queries.stop(session, reader.email, now)
    elif at_once:
        queries.lift(session, reader.email)
    if reader.topic in withdrawn:
        engagement.leave(session, delivery_id, now, everything=False)  # counted for the mail that led here
    session.expire_all()
    after = _page(services, session, queries.reader_of(session, delivery_id), posted.language)
    return Saved(
        outcome=Outcome.TAKEN,
        page=after,
        given=given,
        withdrawn=withdrawn,
        language=language,
        frequency=frequency,
        stopped=after.never and not before.never,
        resumed=bool(before.stopped) and not after.stopped,
    )


def _at_once(session: Session, delivery_id: int, now: datetime) -> bool:
    asked_at = ledger.asked_at(session, Letter.PREFERENCES, delivery_id)
    return asked_at is not None and now - asked_at < FRESH


def _wish(services: Services, page: Preferences, posted: Posted, languages: Collection[str]) -> Wish | None:
    """Return what only the answer to a letter makes true: new topics, and the end of `NEVER`."""
    new = [page.sentences[topic] for topic in _ticked(page, posted) if topic not in page.standing]
    if NEVER in posted.values or not (new or page.never):
        return None
    chosen = _other(posted.values.get("language", ""), page.reader.language, languages)
    return Wish(
        email=page.reader.email,
        sentences=new,
        language=chosen or page.reader.language or posted.language,
        form_url=_address(services, posted),
    )


def _page(services: Services, session: Session, reader: Reader, language: str) -> Preferences:
    topics = offered(services, reader.topic)
    standing = queries.standing(session, reader.contact_id)
    sentences = acts.sentences(topics, language)
    sentences |= {topic: Sentence(topic, "", "", language) for topic in standing if topic not in sentences}
    stopped = queries.stopped(session, reader.email)
    shown = acts.digest((sentences[name] for name in sorted(sentences)), so_far=(*standing, *stopped))
    form = f"preferences {language} {reader.contact_id} {shown}"
    return Preferences(
        reader=reader,
        topics=topics,
        sentences=sentences,
        standing=standing,
        stopped=stopped,
        form=form,
        form_token=services.tokens.form(form, services.clock()),
    )


def _ticked(page: Preferences, posted: Posted) -> list[str]:
    if NEVER in posted.values:
        return []
    return [topic for topic in page.sentences if f"{TICK}{topic}" in posted.values]


def _address(services: Services, posted: Posted) -> str:
    return f"{services.settings.public_url.rstrip('/')}/preferences?lang={posted.language}"


def _consents(
    services: Services, session: Session, before: Preferences, posted: Posted, *, at_once: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write the acts that follow from the ticks; return the topics given and those withdrawn."""
    ticked = _ticked(before, posted)
    done = acts.changes(
        before.standing,
        before.sentences,
        ticked if at_once else [topic for topic in ticked if topic in before.standing],
        language=posted.language,
        source=_address(services, posted),
        now=services.clock(),
    )
    consents.write(session, [(before.reader.contact_id, act) for act in done])
    given = tuple(act.topic for act in done if act.act is ConsentAct.GIVEN)
    return given, tuple(act.topic for act in done if act.act is ConsentAct.WITHDRAWN)


def _other(said: str, so_far: str | None, possible: Collection[str]) -> str | None:
    return said if said in possible and said != so_far else None
