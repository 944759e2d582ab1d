# ruff: noqa: E501 - a row of a table stays on one line
from datetime import UTC, datetime

import pytest

from outreach.model.dates import appointment, day, deadline, month, occasion
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


@pytest.mark.parametrize(
    ("language", "starts", "ends", "expected"),
    [
        ("nl", at(2026, 12, 3, 9), at(2026, 12, 3, 15, 30), "donderdag 3 december 2026, 10:00–16:30 uur (Midden-Europese tijd)"),
        ("de", at(2026, 7, 3, 18), at(2026, 7, 4, 0), "Freitag, 3. Juli 2026, 20:00 Uhr – Samstag, 4. Juli 2026, 02:00 Uhr (Mitteleuropäische Zeit)"),
        ("en", at(2026, 12, 2, 23), at(2026, 12, 3, 23), "Thursday, December 3, 2026"),
    ],
)  # fmt: skip
def test_an_appointment_is_told_with_its_hours_and_zone(language: str, starts: datetime, ends: datetime, expected: str):
    told = appointment(starts, ends, language, BRAND.zone_in(language))

    assert told.replace("\u2009", " ") == expected


def test_a_deadline_at_the_last_minute_is_the_whole_day():
    assert deadline(at(2026, 12, 10, 22, 59), "nl", "Europe/Amsterdam") == "10 december 2026"
    assert deadline(at(2026, 12, 10, 16, 0), "de", "Europe/Berlin") == "10. Dezember 2026, 17:00"


def test_days_and_months_are_named():
    assert (day(at(2026, 12, 10), "de"), month(at(2026, 12, 10), "nl")) == ("10. Dezember 2026", "dec")
