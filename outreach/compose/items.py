"""News and events as a mail shows them: those from outside, and the campaign's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.compose.author import Author
from outreach.compose.outside import harmless, picture_address, summary, web_address
from outreach.model import dates
from outreach.model.campaign import Event
from outreach.model.content import Content


@dataclass(frozen=True)
class Story:
    """A news item; all of its words are from outside. Without *image* it has no picture."""

    title: str
    summary: str
    url: str
    day: str
    language: str
    image: str = ""
    image_alt: str = ""


@dataclass(frozen=True)
class Occasion:
    """An event; *day* and *month* stand in its tile, *calendar* is the address of a file for the reader's calendar."""

    title: str
    summary: str
    url: str
    place: str
    when: str
    day: str
    month: str
    cancelled: bool
    language: str
    calendar: str = ""


def upcoming(events: Sequence[Content], now: datetime) -> tuple[Content, ...]:
    """Return the events that are not over."""
    return tuple(event for event in events if event.starts and (event.ends or event.starts) >= now)


def story(item: Content, author: Author, *, pictures: bool) -> Story:
    """Return a news item, with its picture where it has one and *pictures* are wanted."""
    title = harmless(item.title)
    return Story(
        title=title,
        summary=summary(item.body),
        url=web_address(item.link),
        day=dates.day(dates.local(item.published, author.zone), author.language),
        language=item.language,
        image=picture_address(item.image) if pictures else "",
        image_alt=harmless(item.image_alt) or author.words.gettext("Picture with: %(title)s") % {"title": title},
    )


def occasion(item: Content, author: Author) -> Occasion:
    """Return an event from outside."""
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


def appointment(event: Event, author: Author) -> Occasion:
    """Return one of the campaign's own events; what is over cannot be put into a calendar any more."""
    there, language = dates.local(event.starts, author.zone), author.language
    calendar = author.addresses.calendar(author.campaign.slug, event.slug, language)
    return Occasion(
        title=event.title[language],
        summary=event.summary.get(language, ""),
        url=event.url,
        place=event.place[language],
        when=dates.appointment(event.starts, event.ends, language, author.zone),
        day=str(there.day),
        month=dates.month(there, language),
        cancelled=False,
        language=language,
        calendar=calendar if event.ends >= author.now else "",
    )
