"""An event of a campaign as a file for the reader's own calendar (RFC 5545)."""

from datetime import UTC, date, datetime, time

from icalendar import Calendar
from icalendar import Event as Entry

from outreach.model.campaign import Campaign, Event

MINUTE = 60


def calendar_file(
    campaign: Campaign, event: Event, language: str, *, domain: str, page: str, revised: float, now: datetime
) -> bytes:
    """Return the file in *language*; *page* is where the event is told of, *revised* when its facts last changed.

    Moments are in UTC, so that no zone has to be explained. The same event has the same UID in every language, and the
    later of two versions the higher SEQUENCE: a calendar that has it already moves it, instead of showing it twice.
    """
    minutes = int(revised // MINUTE)
    entry = Entry.new(
        uid=f"{event.slug}.{campaign.slug}@{domain}",
        sequence=minutes,
        stamp=now,
        last_modified=datetime.fromtimestamp(minutes * MINUTE, UTC),
        start=_moment(event, event.starts),
        end=_moment(event, event.ends),
        summary=event.title[language],
        location=event.place[language],
        description="\n\n".join(filter(None, (event.summary.get(language), page))),
        url=page,
    )
    calendar = Calendar.new(prodid=f"-//{domain}//outreach//{language.upper()}", subcomponents=[entry])
    return bytes(calendar.to_ical())


def _moment(event: Event, moment: datetime) -> date | datetime:
    whole_days = event.starts.time() == time() and event.ends.time() == time()
    return moment.date() if whole_days else moment.astimezone(UTC)
