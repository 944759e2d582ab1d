"""A look over compiled messages before anybody approves them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment

from outreach.compose.brand import Brand
from outreach.compose.contrast import too_faint, unreadable
from outreach.compose.inline import parsed
from outreach.compose.locales import gaps
from outreach.compose.parity import differences
from outreach.compose.unfinished import unfinished
from outreach.compose.variants import variants
from outreach.model.campaign import Campaign, WaveDefinition
from outreach.model.mail import SLOT, Message, message_name
from outreach.model.preflight import Finding, Level

WARN_BYTES = 80_000
STOP_BYTES = 100_000
SUBJECT = 70
"""Characters of a subject that most mail programs show."""

FILLED = {"rid": 40, "unsubscribe": 40, "preferences": 40, "pixel": 42, "first_name": 16, "organisation": 48}
"""Bytes that the value of a slot takes, with room to spare."""
GREETING = 32
HEADERS = ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Content-Language")
TRANSLATE = "translate them, and take the mark 'fuzzy' away"
MOST_NAMED = 8
_LEFTOVER = re.compile(r"\{\{|\{%|\{#")
_MARK = re.compile(r"@@[^@\s]{1,40}@@")
_LOCAL = {"127.0.0.1", "localhost", "::1"}


def check(brand: Brand, campaign: Campaign, wave: WaveDefinition, messages: Sequence[Message]) -> tuple[Finding, ...]:
    """Return all findings over a wave's *messages*, one per variant; a stop among them keeps the wave from going."""
    return (
        *_of_wave(brand, campaign, wave, messages),
        *(finding for message in messages for finding in _of_message(campaign, message)),
    )


def catalogues(templates: Environment, campaign: Campaign) -> tuple[Finding, ...]:
    """Return the languages of *campaign* in which the templates lack words of their own."""
    missing = {language: gaps(templates, language) for language in campaign.languages}
    return tuple(
        Finding(Level.STOP, f"templates/locales/{language}.po", f"missing or fuzzy: {_named(entries)}; {TRANSLATE}")
        for language, entries in missing.items()
        if entries
    )


def _named(entries: Sequence[str]) -> str:
    named = ", ".join(f"“{entry}”" for entry in entries[:MOST_NAMED])
    return f"{named} and {len(entries) - MOST_NAMED} more" if len(entries) > MOST_NAMED else named


def _of_wave(brand: Brand, campaign: Campaign, wave: WaveDefinition, messages: Sequence[Message]) -> Iterator[Finding]:
    for variant in variants(campaign, wave):
        if variant not in {message.variant for message in messages}:
            yield Finding(Level.STOP, f"{wave.stem}.{variant}", "is not compiled; plan the wave again")
    for body in wave.bodies.values():
        if len(body.subject) > SUBJECT:
            what = f"subject has {len(body.subject)} characters; {SUBJECT} or fewer are shown whole"
            yield Finding(Level.WARNING, body.source, what)
        if not body.preheader.strip():
            yield Finding(Level.WARNING, body.source, "preheader is empty; inboxes show it beside the subject")
    yield from _same_subject(campaign, wave)
    yield from unfinished(campaign, wave)
    yield from differences(campaign, wave)
    yield from (Finding(Level.WARNING, "brand.toml", what) for what in too_faint(brand))


def _same_subject(campaign: Campaign, wave: WaveDefinition) -> Iterator[Finding]:
    for language, body in wave.bodies.items():
        others = (other for other in campaign.waves.values() if other.name != wave.name)
        for other in chain.from_iterable(each.versions for each in others):
            again = other.bodies.get(language)
            if again and again.subject.casefold() == body.subject.casefold():
                what = f"subject is that of {again.source} as well; readers would take it for the same mail"
                yield Finding(Level.WARNING, body.source, what)


def _of_message(campaign: Campaign, message: Message) -> Iterator[Finding]:
    page = parsed(message.html)
    where = f"variant {message_name('', message.variant, message.version)}"
    yield from (Finding(level, where, what) for rule in RULES for level, what in rule(campaign, message, page))


Verdict = Iterator[tuple[Level, str]]


def size(_campaign: Campaign, message: Message, _page: Any) -> Verdict:
    """Gmail cuts a mail off at about 102 kB, and with it the link to unsubscribe."""
    yield from weighed(merged_size(message))


def weighed(held: int) -> Verdict:
    """Judge how many bytes the HTML of a mail has."""
    if held > STOP_BYTES:
        yield Level.STOP, f"HTML has {held // 1000} kB once merged; Gmail cuts it off at 102: take items out"
    elif held > WARN_BYTES:
        yield Level.WARNING, f"HTML has {held // 1000} kB once merged; it must stay under {STOP_BYTES // 1000}"


def merged_size(message: Message) -> int:
    """Return how many bytes the HTML has once its slots are filled, estimated."""
    slots = SLOT.findall(message.html)
    grown = sum(FILLED.get(name, GREETING) - len(f"@@{name}@@") for name in slots)
    return len(message.html.encode()) + grown


def subject(_campaign: Campaign, message: Message, _page: Any) -> Verdict:
    """A mail without a subject is taken for junk."""
    if not message.subject.replace("|", "").strip():
        yield Level.STOP, "subject is empty; write one in the front matter"


def leftovers(_campaign: Campaign, message: Message, _page: Any) -> Verdict:
    """What was not evaluated would be read by everyone."""
    places = {"subject": message.subject, "HTML": message.html, "text": message.text, **message.headers}
    known = {*FILLED, *(f"salutation_{language}" for language in message.languages)}
    for name, held in places.items():
        for found in sorted(set(_LEFTOVER.findall(held))):
            yield Level.STOP, f"{name} still holds {found!r}; correct the expression there"
        unknown = {mark for mark in _MARK.findall(held) if mark.strip("@") not in known}
        for mark in sorted(unknown):
            yield Level.STOP, f"{name} holds {mark}, which nothing fills; slots: {', '.join(sorted(known))}"


def pictures(_campaign: Campaign, _message: Message, page: Any) -> Verdict:
    """Who cannot see a picture reads its alternative text."""
    for image in page.iter("img"):
        source, words = image.get("src", ""), image.get("alt")
        if words is None or (image.get("width") != "1" and not words.strip()):
            yield Level.STOP, f"picture {source} has no alternative text; write ![what it shows]({source})"
        elif words.strip() and words.strip() == source.rpartition("/")[2]:
            yield Level.WARNING, f"picture {source} has its file's name as alternative text; say what it shows"
        if not source.startswith(("http://", "https://")):
            yield Level.STOP, f"picture {source!r} is not on the web; write its whole address, with https://"


def targets(_campaign: Campaign, _message: Message, page: Any) -> Verdict:
    """A link in a mail has nothing to be relative to."""
    for anchor in page.iter("a"):
        target = anchor.get("href")
        if target is not None and not target.startswith(("http://", "https://", "mailto:", "tel:", "#")):
            yield Level.STOP, f"link {target!r} leads nowhere; write a whole address, with https://"


def headings(_campaign: Campaign, _message: Message, page: Any) -> Verdict:
    """Screen readers walk by headings: one of the first level, none skipped."""
    levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1 or levels[0] != 1:
        yield Level.STOP, f"headings of the first level: {levels.count(1)}; there must be one, and it comes first"
    for above, below in pairwise(levels):
        if below > above + 1:
            yield Level.WARNING, f"a heading of level {below} follows one of level {above}; skip none (##, then ###)"
            return


def colours(_campaign: Campaign, _message: Message, page: Any) -> Verdict:
    """Words that are too faint are not read, by some readers not at all."""
    yield from ((Level.WARNING, f"{what}; choose other colours in brand.toml") for what in unreadable(page))


def imprint(campaign: Campaign, message: Message, page: Any) -> Verdict:
    """German law asks for it in every mail; readers everywhere want to know who writes."""
    shown = {"HTML": _flat(page.getroot().itertext()), "text": _flat([message.text])}
    for language in message.languages:
        wanted = _flat([campaign.sender.imprint.get(language, "")])
        if not wanted:
            yield Level.STOP, f"there is no imprint in {language!r}; write it under [sender.imprint]"
            continue
        for part in (part for part, words in shown.items() if wanted not in words):
            yield Level.STOP, f"{part} lacks the imprint in {language!r}; let the footer template show it"


def unsubscribing(_campaign: Campaign, message: Message, page: Any) -> Verdict:
    """Every mail can be left with one click: in both parts and in the headers (RFC 8058)."""
    if not any("@@unsubscribe@@" in anchor.get("href", "") for anchor in page.iter("a")):
        yield Level.STOP, "HTML has no link to unsubscribe; let the footer template show it"
    if "@@unsubscribe@@" not in message.text:
        yield Level.STOP, "text has no link to unsubscribe; let the footer template show it"
    for name in HEADERS:
        if not message.headers.get(name):
            yield Level.STOP, f"header {name} is missing"
    leave = urlsplit(message.headers.get("List-Unsubscribe", "").partition(">")[0].strip("<"))
    if leave.scheme != "https" and leave.hostname not in _LOCAL:
        yield Level.WARNING, "List-Unsubscribe is not https; set OUTREACH_PUBLIC_URL to an https address"


def sender(campaign: Campaign, _message: Message, _page: Any) -> Verdict:
    """Without an address to come from and to answer to, a mail is not taken."""
    for name, address in (("email", campaign.sender.email), ("reply_to", campaign.sender.reply_to)):
        if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+", address):
            yield Level.STOP, f"sender.{name} is {address!r}; write an address such as news@example.org"


Rule = Callable[[Campaign, Message, Any], Verdict]

RULES: tuple[Rule, ...] = (
    size, subject, leftovers, pictures, targets, headings, colours, imprint, unsubscribing, sender,
)  # fmt: skip


def _flat(words: Iterable[str]) -> str:
    return " ".join(" ".join(words).split())
