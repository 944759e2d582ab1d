"""A campaign made from a run form: one call, one wave, no folder."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from outreach.campaigns.table import NAME, Problems
from outreach.model.campaign import (
    Body,
    Call,
    Campaign,
    Edition,
    Field,
    FieldKind,
    Layout,
    Sender,
    WaveDefinition,
    Words,
)

WAVE = "call"
"""The name of a one-off's only wave."""

QUESTION = re.compile(r"(?:(?P<kind>[a-z]+)(?P<open>\?)?:\s*)?(?P<labels>.+)", re.DOTALL)
KINDS = {kind.value: kind for kind in FieldKind if kind is not FieldKind.CHOICE}

BUTTON: Words = {"nl": "Doe mee", "de": "Jetzt mitmachen", "en": "Take part"}
THANKS: Words = {
    "nl": "Bedankt! We hebben uw antwoord ontvangen.",
    "de": "Vielen Dank! Ihre Antwort ist bei uns angekommen.",
    "en": "Thank you! Your answer has reached us.",
}
NAME_LABEL: Words = {"nl": "Uw naam", "de": "Ihr Name", "en": "Your name"}
EMAIL_LABEL: Words = {"nl": "Uw e-mailadres", "de": "Ihre E-Mail-Adresse", "en": "Your e-mail address"}


@dataclass(frozen=True)
class OneOff:
    """What comms staff type into the run form.

    A question is one line: its label in every language, in the order of *languages*, parted by " | ". It may begin
    with its kind (`line:`, `text:`, `email:`, `check:`), and with `?` after the kind where it may be left open:
    `text?: Toelichting | Anmerkung`. Name and e-mail address are asked before them, unless a question is an `email:`.
    What is left empty of *buttons* and *thanks* is filled with the house's own words, and a body that greets nobody
    begins with the salutation.
    """

    slug: str
    topic: str
    languages: tuple[str, ...]
    titles: Words
    subjects: Words
    bodies: Words
    audiences: tuple[str, ...]
    sender: Sender
    questions: tuple[str, ...] = ()
    intros: Words = field(default_factory=dict)
    buttons: Words = field(default_factory=dict)
    thanks: Words = field(default_factory=dict)
    preheaders: Words = field(default_factory=dict)
    fold_by_first: bool = False
    """Whether answers with the same value in the first question count as one."""
    goal: int | None = None
    closes: datetime | None = None
    edition: Edition = Edition.PREFERENCE


def one_off(form: OneOff) -> Campaign:
    """Return the campaign that *form* describes; `DefinitionError` tells everything that is wrong with the form."""
    problems = Problems("run form")
    _check(form, problems)
    call = _call(form, problems)
    problems.settle()
    wave = WaveDefinition(
        name=WAVE,
        title=form.titles,
        audiences=form.audiences,
        layout=Layout.CALL,
        bodies={language: _body(form, language) for language in form.languages},
        edition=form.edition,
        call=form.slug,
    )
    return Campaign(
        slug=form.slug,
        title=form.titles,
        summary={language: call.intro[language] or form.titles[language] for language in form.languages},
        topic=form.topic,
        languages=form.languages,
        sender=form.sender,
        calls={form.slug: call},
        waves={WAVE: wave},
    )


def _check(form: OneOff, problems: Problems) -> None:
    for key, value in (("slug", form.slug), ("topic", form.topic), *(("audiences", name) for name in form.audiences)):
        if not NAME.fullmatch(value):
            problems.add(f"run form: {key}: found {value!r}; write lower-case letters, digits and dashes")
    for key, given in (("languages", form.languages), ("audiences", form.audiences)):
        if not given:
            problems.add(f"run form: {key}: there is none; choose at least one")
    required = {"titles": form.titles, "subjects": form.subjects, "bodies": form.bodies, "imprint": form.sender.imprint}
    for key, words in required.items():
        _complete(key, words, form.languages, problems)
    if form.goal is not None and form.goal < 1:
        problems.add(f"run form: goal: found {form.goal}; write 1 or more, or leave it empty")
    if form.closes and form.closes.tzinfo is None:
        problems.add(f"run form: closes: {form.closes.isoformat()} has no time zone; write one, such as +01:00")


def _complete(key: str, words: Mapping[str, str], languages: tuple[str, ...], problems: Problems) -> None:
    for language in languages:
        if not words.get(language, "").strip():
            spoken = ", ".join(languages)
            problems.add(f"run form: {key}: {language!r} is missing: the call speaks {spoken}; write it too")


def _call(form: OneOff, problems: Problems) -> Call:
    questions = tuple(_question(number, line, form, problems) for number, line in enumerate(form.questions, start=1))
    first = questions[0].name if questions and form.fold_by_first else None
    if form.fold_by_first and not questions:
        problems.add("run form: questions: there is none, so equal answers cannot count once; ask one")
    if not any(one.kind is FieldKind.EMAIL for one in questions):
        questions = (*_who(form, problems), *questions)
    return Call(
        slug=form.slug,
        title=form.titles,
        intro={language: form.intros.get(language, "").strip() for language in form.languages},
        button=_filled("buttons", form.buttons, BUTTON, form, problems),
        thanks=_filled("thanks", form.thanks, THANKS, form, problems),
        fields=questions,
        fold_by=first,
        goal=form.goal,
        closes=form.closes,
    )


def _filled(key: str, words: Words, house: Words, form: OneOff, problems: Problems) -> Words:
    filled = {language: words.get(language, "").strip() or house.get(language, "") for language in form.languages}
    _complete(key, filled, form.languages, problems)
    return filled


def _who(form: OneOff, problems: Problems) -> tuple[Field, Field]:
    return (
        Field("name", FieldKind.LINE, _filled("questions (name)", {}, NAME_LABEL, form, problems)),
        Field("email", FieldKind.EMAIL, _filled("questions (e-mail)", {}, EMAIL_LABEL, form, problems)),
    )


def _question(number: int, line: str, form: OneOff, problems: Problems) -> Field:
    match = QUESTION.fullmatch(line.strip())
    kind, labels = (match["kind"], match["labels"]) if match else (None, "")
    if match and kind not in (None, *KINDS):
        # "Waarom: …" is no kind but the label's own colon, were it not lower-case; say what kinds there are.
        problems.add(f"run form: question {number}: unknown kind {kind!r}; known: {', '.join(KINDS)}")
    parts = [part.strip() for part in labels.split(" | ")]
    if len(parts) != len(form.languages) or not all(parts):
        spoken = " | ".join(form.languages)
        problems.add(f"run form: question {number}: found {line!r}; write one label per language: {spoken}")
    kind = KINDS.get(kind or "line", FieldKind.LINE)
    return Field(
        name="email" if kind is FieldKind.EMAIL and number == _first_email(form) else f"question_{number}",
        kind=kind,
        label=dict(zip(form.languages, parts, strict=False)),
        required=not (match and match["open"]),
        limit=2000 if kind is FieldKind.TEXT else 500,
    )


def _first_email(form: OneOff) -> int | None:
    found = (number for number, line in enumerate(form.questions, start=1) if line.strip().startswith("email"))
    return next(found, None)


def _body(form: OneOff, language: str) -> Body:
    text = form.bodies[language].strip()
    greets = "salutation" in text or text.startswith("#")
    return Body(
        subject=form.subjects[language].strip(),
        preheader=form.preheaders.get(language, "").strip() or form.titles[language].strip(),
        markdown=text if greets else f"{{{{ salutation }}}}\n\n{text}",
        source=f"run form: text in {language}",
    )
