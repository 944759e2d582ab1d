from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar

from outreach.compose.calendar_file import calendar_file
from outreach.model.campaign import Event
from tests.builders_compose import NOW, campaign
from tests.builders_mails import AMSTERDAM, own_event

PAGE = "https://www.example.org/vakdag"
REVISED = datetime(2026, 11, 19, 8, 30, 20, tzinfo=UTC)


def written(event: Event, language: str = "nl", revised: datetime = REVISED) -> bytes:
    return calendar_file(
        campaign(), event, language, domain="example.org", page=PAGE, revised=revised.timestamp(), now=NOW
    )


def read(held: bytes) -> dict[str, object]:
    calendar = Calendar.from_ical(held)
    (entry,) = calendar.walk("VEVENT")
    return {name: getattr(value, "dt", value) for name, value in entry.property_items() if name not in ("BEGIN", "END")}


def test_an_event_reads_back_as_it_was_meant():
    assert read(written(own_event(title={"nl": "Vakdag; lunch, en\nmeer"}))) == {
        "UID": "vakdag.test@example.org",
        "SUMMARY": "Vakdag; lunch, en\nmeer",
        "DTSTAMP": NOW,
        "DTSTART": datetime(2026, 12, 3, 9, 0, tzinfo=UTC),
        "DTEND": datetime(2026, 12, 3, 15, 30, tzinfo=UTC),
        "LOCATION": "De Brug, Kadeplein 3",
        "DESCRIPTION": f"Een dag vol verhalen.\n\n{PAGE}",
        "URL": PAGE,
        "SEQUENCE": int(REVISED.timestamp()) // 60,
        "LAST-MODIFIED": REVISED.replace(second=0),
    }


def test_whole_days_have_no_hours():
    days = own_event(
        starts=datetime(2026, 12, 3, tzinfo=AMSTERDAM), ends=datetime(2026, 12, 5, tzinfo=AMSTERDAM), summary={}
    )

    found = read(written(days))
    assert (found["DTSTART"], found["DTEND"]) == (date(2026, 12, 3), date(2026, 12, 5))
    assert found["DESCRIPTION"] == PAGE


def test_an_event_is_the_same_in_every_language_and_moves_when_it_is_revised():
    dutch, german = read(written(own_event())), read(written(own_event(), "de"))
    later = read(written(own_event(), revised=NOW))

    assert (german["UID"], german["SUMMARY"]) == (dutch["UID"], "Fachtag")
    assert (later["UID"], later["SEQUENCE"] > dutch["SEQUENCE"]) == (dutch["UID"], True)  # type: ignore[operator]


@pytest.mark.parametrize("place", ["x" * 400, "ü" * 200])
def test_long_lines_are_folded(place: str):
    held = written(own_event(place={"nl": place}))

    assert max(len(line) for line in held.split(b"\r\n")) <= 75
    assert read(held)["LOCATION"] == place
