"""What follows from ticks: which acts go into the ledger of consent, with which words. Pure."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from outreach.model.people import Basis, Consent, ConsentAct, Topic


@dataclass(frozen=True, slots=True)
class Sentence:
    """The sentence beside one tick, to the letter, in the language it was shown in."""

    topic: str
    text: str
    version: str
    language: str


@dataclass(frozen=True, slots=True)
class Signup:
    """Consent that was asked for by a form; *language* is that of the mails."""

    id: int
    contact_id: int
    email: str
    sentences: tuple[Sentence, ...]
    first_name: str
    language: str
    form_url: str
    requested_at: datetime
    confirmed_at: datetime | None


class State(StrEnum):
    """Where a sign-up stands for whoever follows its link."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Standing:
    """A consent in force."""

    topic: str
    basis: Basis
    since: datetime


def sentences(topics: Mapping[str, Topic], language: str) -> dict[str, Sentence]:
    """Return what each topic's tick says to a reader of *language*, or in the first language that the topic has."""
    return {topic.name: _sentence(topic, language) for topic in topics.values()}


def digest(shown: Iterable[Sentence], so_far: Iterable[str] = ()) -> str:
    """Return a short hash of what a form showed, so that nobody agrees to words that changed behind their back.

    *so_far* is what was in force: a form shown before it changed says nothing about how it stands now.
    """
    words = [(each.topic, each.text, each.version, each.language) for each in shown]
    return hashlib.sha256(json.dumps([*words, *so_far]).encode()).hexdigest()[:16]


def state(signup: Signup, now: datetime, life: timedelta) -> State:
    """Return whether *signup* can be confirmed; what was confirmed once stays so, however old."""
    if signup.confirmed_at is not None:
        return State.CONFIRMED
    return State.EXPIRED if now - signup.requested_at > life else State.OPEN


def confirmed(signup: Signup, now: datetime) -> list[Consent]:
    """Return the acts that confirming *signup* comes to."""
    evidence = f"double opt-in, sign-up {signup.id}"
    return [
        _given(sentence, evidence, signup.form_url, requested_at=signup.requested_at, at=now)
        for sentence in signup.sentences
    ]


def changes(
    standing: Mapping[str, Standing],
    shown: Mapping[str, Sentence],
    ticked: Collection[str],
    *,
    language: str,
    source: str,
    now: datetime,
) -> list[Consent]:
    """Return the acts that lead from what is in force to what was ticked, on a page that its link alone opens.

    *ticked* is what may count as confirmed, because the link was asked for just now and sent to that very address.
    What stays as it is is not said again. A consent is withdrawn on the basis it had; *shown* names what the page had
    a tick for, whatever else is in force stays.
    """
    evidence = "preferences page, by the link in a mail to this address"
    given = [
        _given(sentence, evidence, source, requested_at=now, at=now)
        for topic, sentence in shown.items()
        if topic in ticked and topic not in standing
    ]
    withdrawn = [
        Consent(topic, ConsentAct.WITHDRAWN, standing[topic].basis, evidence, source, now, language)
        for topic in shown
        if topic in standing and topic not in ticked
    ]
    return [*given, *withdrawn]


def _sentence(topic: Topic, language: str) -> Sentence:
    spoken = language if language in topic.texts else next(iter(topic.texts))
    return Sentence(topic.name, topic.texts[spoken], topic.version, spoken)


def _given(sentence: Sentence, evidence: str, source: str, *, requested_at: datetime, at: datetime) -> Consent:
    return Consent(
        topic=sentence.topic,
        act=ConsentAct.GIVEN,
        basis=Basis.CONSENT,
        evidence=evidence,
        source=source,
        at=at,
        language=sentence.language,
        text=sentence.text,
        version=sentence.version,
        requested_at=requested_at,
        confirmed_at=at,
    )
