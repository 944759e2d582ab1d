"""The preference centre: what a reader gets, seen and changed by the link in a mail to them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.engagement import queries as engagement
from outreach.model.people import ConsentAct, Frequency, SuppressionReason, Topic
from outreach.services import Services
from outreach.steps.guards import Guards, Outcome, Posted, why_not
from outreach.steps.subscribing import TICK, offered
from outreach.store import consents, reading
from outreach.subscriptions import acts, queries
from outreach.subscriptions.acts import Sentence, Standing
from outreach.subscriptions.queries import Reader

NEVER = "never"
"""The tick by which nothing is ever written to the address again."""

NO_HURRY = Guards(seconds=0)
"""For pages that a signed link alone opens: no program can guess it, so nobody need be slow."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader gets. *standing* are the consents in force by topic, *stopped* why nothing is written, if so.

    *sentences* are the ticks of the page; a topic in force that is offered no more has one without words, to withdraw
    it. *form* is the page's name, which other sentences or another reader would change, and *form_token* its token.
    """

    reader: Reader
    topics: Mapping[str, Topic]
    sentences: Mapping[str, Sentence]
    standing: Mapping[str, Standing]
    stopped: SuppressionReason | None
    form: str
    form_token: str


@dataclass(frozen=True, slots=True)
class Saved:
    """The page as it is now, and what saving changed of it; *outcome* says where the page was too old to save."""

    outcome: Outcome
    page: Preferences
    given: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    language: str | None = None
    frequency: Frequency | None = None
    stopped: bool = False
    resumed: bool = False

    @property
    def anything(self) -> bool:
        """Something changed."""
        return any((self.given, self.withdrawn, self.language, self.frequency, self.stopped, self.resumed))


def preferences(services: Services, token: str, language: str) -> Preferences:
    """Return the preferences of whoever *token* was made for, with sentences in *language*; nothing is changed."""
    delivery_id = services.tokens.delivery_of_preferences(token)
    with reading(services.sessions) as session:
        return _page(services, session, queries.reader_of(session, delivery_id), language)


def save(services: Services, token: str, posted: Posted, languages: Collection[str]) -> Saved:
    """Write down what was ticked and chosen, *languages* being those of the mails; twice is the same as once.

    A value that the page does not offer is not taken for an answer. With the tick `NEVER` all consents end, and the
    address is never written to again; without it, an earlier wish of the kind ends, but never a bounce or a complaint.
    """
    delivery_id = services.tokens.delivery_of_preferences(token)
    now = services.clock()
    with services.sessions.begin() as session:
        reader = queries.reader_of(session, delivery_id, hold=True)
        before = _page(services, session, reader, posted.language)
        if why_not(services, before.form, posted, NO_HURRY, good=True):
            return Saved(Outcome.EXPIRED, before)
        given, withdrawn = _consents(services, session, before, posted, now)
        language = _other(posted.values.get("language", ""), reader.language, languages)
        often = _other(posted.values.get("frequency", ""), reader.frequency, tuple(Frequency))
        frequency = Frequency(often) if often else None
        queries.choose(session, reader.contact_id, now, language=language, frequency=frequency)
        _stop_or_resume(session, reader, now, never=NEVER in posted.values)
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
        stopped=before.stopped is None and after.stopped is not None,
        resumed=before.stopped is not None and after.stopped is None,
    )


def _page(services: Services, session: Session, reader: Reader, language: str) -> Preferences:
    topics = offered(services, reader.topic)
    standing = queries.standing(session, reader.contact_id)
    sentences = acts.sentences(topics, language)
    sentences |= {topic: Sentence(topic, "", "", language) for topic in standing if topic not in sentences}
    form = f"preferences {language} {reader.contact_id} {acts.digest(sentences[name] for name in sorted(sentences))}"
    return Preferences(
        reader=reader,
        topics=topics,
        sentences=sentences,
        standing=standing,
        stopped=queries.stopped(session, reader.email),
        form=form,
        form_token=services.tokens.form(form, services.clock()),
    )


def _consents(
    services: Services, session: Session, before: Preferences, posted: Posted, now: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write the acts that follow from the ticks; return the topics given and those withdrawn."""
    ticked = [topic for topic in before.sentences if f"{TICK}{topic}" in posted.values and NEVER not in posted.values]
    done = acts.changes(
        before.standing,
        before.sentences,
        ticked,
        language=posted.language,
        source=f"{services.settings.public_url.rstrip('/')}/preferences?lang={posted.language}",
        now=now,
    )
    consents.write(session, [(before.reader.contact_id, act) for act in done])
    given = tuple(act.topic for act in done if act.act is ConsentAct.GIVEN)
    return given, tuple(act.topic for act in done if act.act is ConsentAct.WITHDRAWN)


def _other(said: str, so_far: str | None, possible: Collection[str]) -> str | None:
    return said if said in possible and said != so_far else None


def _stop_or_resume(session: Session, reader: Reader, now: datetime, *, never: bool) -> None:
    if never:
        queries.stop(session, reader.email, now)
    else:
        queries.lift(session, reader.email)
