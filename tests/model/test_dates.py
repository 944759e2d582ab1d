from datetime import UTC, datetime

import pytest

from outreach.model.dates import day, deadline, month, occasion
from tests.builders_compose import BRAND


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("language", "starts", "ends", "expected"),
    [
        ("nl", at(2026, 12, 3, 12), at(2026, 12, 3, 16), "donderdag 3 december 2026, 13:00–17:00 uur"),
        ("de", at(2026, 7, 3, 12), at(2026, 7, 3, 16), "Freitag, 3. Juli 2026, 14:00–18:00 Uhr"),
        ("nl", at(2026, 12, 3, 23, 30), None, "vrijdag 4 december 2026, 00:30 uur"),
        ("en", at(2026, 12, 3, 12), at(2026, 12, 3, 12), "Thursday, December 3, 2026, 13:00"),
        ("de", at(2026, 11, 14, 9), at(2026, 11, 16, 15), "Sa., 14. – Mo., 16. Nov. 2026"),
        ("nl", at(2026, 12, 2, 23), at(2026, 12, 3, 23), "donderdag 3 december 2026"),
        ("nl", at(2026, 12, 2, 23), None, "donderdag 3 december 2026"),
        ("nl", at(2026, 12, 2, 23), at(2026, 12, 4, 23), "do 3 – vr 4 dec 2026"),
    ],
)
def test_an_event_is_told_in_the_readers_language_and_zone(
    language: str, starts: datetime, ends: datetime | None, expected: str
):
    told = occasion(starts, ends, language, BRAND.zone_in(language))

    assert told.replace("\u2009", " ") == expected


def test_a_deadline_at_the_last_minute_is_the_whole_day():
    assert deadline(at(2026, 12, 10, 22, 59), "nl", "Europe/Amsterdam") == "10 december 2026"
    assert deadline(at(2026, 12, 10, 16, 0), "de", "Europe/Berlin") == "10. Dezember 2026, 17:00"


def test_days_and_months_are_named():
    assert (day(at(2026, 12, 10), "de"), month(at(2026, 12, 10), "nl")) == ("10. Dezember 2026", "dec")
