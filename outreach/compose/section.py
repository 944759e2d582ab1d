"""One language of a mail: what its templates are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from babel import Locale

from outreach.compose.author import Author, Written
from outreach.compose.outside import harmless, summary, web_address
from outreach.model import dates
from outreach.model.campaign import Call, WaveDefinition
from outreach.model.content import Content


@dataclass(frozen=True)
class Digest:
    """News and events of a topic in one language, the most telling first; a wave takes as many as it wants."""

    news: tuple[Content, ...] = ()
    events: tuple[Content, ...] = ()


@dataclass(frozen=True)
class Story:
    """A news item as a mail shows it; all of its words are from outside."""

    title: str
    summary: str
    url: str
    day: str
    language: str


@dataclass(frozen=True)
class Occasion:
    """An event as a mail shows it; *day* and *month* stand in its tile."""

    title: str
    summary: str
    url: str
    place: str
    when: str
    day: str
    month: str
    cancelled: bool
    language: str


@dataclass(frozen=True)
class Ask:
    """The call that a mail ends in; without *url* it has closed, and *note* says since when."""

    title: str
    intro: str
    button: str
    url: str
    note: str


@dataclass(frozen=True)
class Section:
    """Everything one language says. *depth* is 0 for the first section of a mail, 1 below it."""

    language: str
    direction: str
    own_name: str
    depth: int
    kicker: str
    written: Written
    news: tuple[Story, ...]
    events: tuple[Occasion, ...]
    ask: Ask | None
    imprint: str
    summary: str

    @property
    def headline(self) -> str:
        """The text's first heading, else its subject."""
        return self.written.prose.headline or self.written.subject


def section(author: Author, wave: WaveDefinition, written: Written, digest: Digest, depth: int) -> Section:
    """Gather one language of *wave*."""
    locale = Locale.parse(author.language)
    campaign, language = author.campaign, author.language
    return Section(
        language=language,
        direction="rtl" if locale.text_direction == "rtl" else "ltr",
        own_name=(locale.get_display_name(language) or language).capitalize(),
        depth=depth,
        kicker=campaign.title[language],
        written=written,
        news=tuple(_story(item, author) for item in digest.news[: wave.news]),
        events=tuple(_occasion(item, author) for item in upcoming(digest.events, author.now)[: wave.events]),
        ask=_ask(wave, author, written),
        imprint=campaign.sender.imprint[language],
        summary=campaign.summary[language],
    )


def upcoming(events: Sequence[Content], now: datetime) -> tuple[Content, ...]:
    """Return the events that are not over."""
    return tuple(event for event in events if event.starts and (event.ends or event.starts) >= now)


def _ask(wave: WaveDefinition, author: Author, written: Written) -> Ask | None:
    if wave.call is None or wave.call in written.placed:
        return None
    call = author.call(wave.call)
    closed = call.closes is not None and call.closes <= author.now
    return Ask(
        title=call.title[author.language],
        intro=call.intro[author.language],
        button=call.button[author.language],
        url="" if closed else author.url(call.slug),
        note=author.closed(call) if closed else _deadline(call, author),
    )


def _deadline(call: Call, author: Author) -> str:
    if call.closes is None:
        return ""
    when = dates.deadline(call.closes, author.language, author.zone)
    return author.words.gettext("Open until %(day)s.") % {"day": when}


def _story(item: Content, author: Author) -> Story:
    return Story(
        title=harmless(item.title),
        summary=summary(item.body),
        url=web_address(item.link),
        day=dates.day(dates.local(item.published, author.zone), author.language),
        language=item.language,
    )


def _occasion(item: Content, author: Author) -> Occasion:
    starts = item.starts or item.published
    there = dates.local(starts, author.zone)
    return Occasion(
        title=harmless(item.title),
        summary=summary(item.body, 140),
        url=web_address(item.link),
        place=harmless(item.place),
        when=dates.occasion(starts, item.ends, author.language, author.zone),
        day=str(there.day),
        month=dates.month(there, author.language),
        cancelled=item.cancelled,
        language=item.language,
    )
