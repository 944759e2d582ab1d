from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.feeds import dates
from tests.builders_feeds import NOW, utc

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri, 13 Nov 2026 10:00:00 +0100", utc(2026, 11, 13, 9)),
        ("Fri, 13 Nov 2026 10:00:00 GMT", utc(2026, 11, 13, 10)),
        ("Fri, 13 Nov 2026 10:00:00 CET", utc(2026, 11, 13, 9)),
        ("Mon, 13 Jul 2026 10:00:00 CEST", utc(2026, 7, 13, 8)),
        ("Mo, 13 Juli 2026 10:00 MESZ", utc(2026, 7, 13, 8)),
        ("vr, 14 nov", utc(2026, 11, 13, 23)),
        ("vr, 14 nov 2025 09:30", utc(2025, 11, 14, 8, 30)),
        ("vrijdag 14 november 2025 om 9.30 uur", utc(2025, 11, 14, 8, 30)),
        ("14 mrt. 2026", utc(2026, 3, 13, 23)),
        ("Freitag, 14. November 2025, 09:30 Uhr", utc(2025, 11, 14, 8, 30)),
        ("3. März 2026", utc(2026, 3, 2, 23)),
        ("14.11.2025", utc(2025, 11, 13, 23)),
        ("14-11-2025 09:30:15", utc(2025, 11, 14, 8, 30, 15)),
        ("November 14, 2025", utc(2025, 11, 13, 23)),
        ("14 Nov 25 10:00:00 EST", utc(2025, 11, 14, 15)),
        ("2026-11-13T10:00:00Z", utc(2026, 11, 13, 10)),
        ("2026-07-13T10:00:00", utc(2026, 7, 13, 8)),
        ("2026-07-13", utc(2026, 7, 12, 22)),
        ("Fri, 13 Nov 2026 10:00:00 +0100 (CET)", utc(2026, 11, 13, 9)),
    ],
)
def test_a_date_is_read_as_feeds_write_it(text: str, expected: datetime):
    assert dates.moment(text, AMSTERDAM, NOW) == expected


@pytest.mark.parametrize("text", ["", "gisteren", "31.02.2026", "14 foo 2026", "99 nov 2026", "0001-01-01", "30 feb"])
def test_what_is_no_date_gives_none(text: str):
    assert dates.moment(text, AMSTERDAM, NOW) is None


def test_a_date_without_a_year_is_the_nearest_one():
    january = utc(2027, 1, 2, 12)

    assert dates.moment("30 dez", AMSTERDAM, january) == utc(2026, 12, 29, 23)


def test_a_whole_day_begins_at_midnight_of_its_zone():
    assert dates.aware(date(2026, 7, 1), AMSTERDAM) == utc(2026, 6, 30, 22)


@given(st.text())
def test_no_text_breaks_the_reading_of_dates(text: str):
    found = dates.moment(text, AMSTERDAM, NOW)

    assert found is None or found.tzinfo is not None
