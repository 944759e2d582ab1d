"""Whatever stands in a file, in whatever order and however it is cut into chunks."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from outreach.contacts.queries import organisations, repeats
from outreach.model.erasure import address_key
from outreach.services import Services
from outreach.steps import importing
from outreach.store.tables import ErasedRow, SuppressionRow
from tests.builders_merging import GRANT, bring_rows, clear, content, rows_of_tables
from tests.builders_people import suppress
from tests.conftest import NOON

HEADING = (
    "id",
    "email",
    "voornaam",
    "achternaam",
    "groep",
    "organisatie",
    "soort",
    "code",
    "regio",
    "tracking",
    "status",
    "zaal",
    "tijdzone",
)
ADDRESSES = ("a@example.org", "B@example.org", "b@example.org", "c@example.org", "d@example.org", "wrong")
ROW = st.tuples(
    st.sampled_from(["", "", "1", "2", "3"]),
    st.sampled_from(ADDRESSES),
    st.sampled_from(["", "Bo", "Zoë"]),
    st.sampled_from(["", "Kade"]),
    st.sampled_from(["", "member", "member, x", "y"]),
    st.sampled_from(["", "Kade", "Otteroord"]),
    st.sampled_from(["", "club"]),
    st.sampled_from(["", "", "GM9001", "GM9002"]),
    st.sampled_from(["", "Noord", "Zuid"]),
    st.sampled_from(["", "yes", "no", "?"]),
    st.sampled_from(["", "", "", "unsubscribed"]),
    st.sampled_from(["", "3", "Été"]),
    st.sampled_from(["", "Bonaire", "europe/berlin", "CET"]),
)
ROWS = st.lists(ROW, max_size=8)
GRANTS = st.sampled_from([{}, GRANT, GRANT | {"basis": "membership"}])
OUT = st.sets(st.sampled_from(["a@example.org", "b@example.org", "c@example.org"]), max_size=2)
EXAMPLES = settings(max_examples=6, deadline=None)


@pytest.fixture(autouse=True)
def in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PIECE", 3)
    monkeypatch.setattr(importing, "CHUNK", 2)
    for module in (organisations, repeats):
        monkeypatch.setattr(module, "_PIECE", 2)


def prepare(
    services: Services, folder: Path, before: list[tuple[str, ...]], suppressed: set[str], erased: set[str]
) -> None:
    """Some people are known, of whom some want no mail and some asked to be forgotten."""
    clear(services)
    known = [row for row in before if row[1].lower() not in erased]
    bring_rows(services, folder, [HEADING, *known], **GRANT)
    with services.sessions.begin() as session:
        secret = services.settings.erasure_secret()
        for email in suppressed - set(session.scalars(select(SuppressionRow.email))):
            suppress(session, email)
        session.add_all(ErasedRow(key=address_key(secret, email), at=NOON) for email in erased)
    for path in folder.glob("*.errors*"):
        path.unlink()


def test_a_dry_run_tells_what_happens_then_and_the_second_time_nothing_happens(services: Services, tmp_path: Path):
    @EXAMPLES
    @given(before=ROWS, rows=ROWS, grant=GRANTS, suppressed=OUT, erased=OUT)
    def law(*, before, rows, grant, suppressed, erased) -> None:
        prepare(services, tmp_path, before, suppressed, erased)
        untouched = rows_of_tables(services)
        dry = bring_rows(services, tmp_path, [HEADING, *rows], **grant, dry_run=True)
        assert rows_of_tables(services) == untouched
        assert list(tmp_path.glob("*.errors*")) == []

        first = bring_rows(services, tmp_path, [HEADING, *rows], **grant)
        assert dry == replace(first, errors_file=None)
        once = rows_of_tables(services)
        second = bring_rows(services, tmp_path, [HEADING, *rows], **grant)

        assert rows_of_tables(services) == once
        assert (second.new, second.changed, second.organisations) == (0, 0, 0)
        assert second.unchanged == first.new + first.changed + first.unchanged
        assert (second.repeated, second.faults, second.erased) == (first.repeated, first.faults, first.erased)
        told = (second.unchanged, second.repeated, second.invalid, second.erased)
        assert sum(told) == second.rows
        said = content(services)
        assert erased.isdisjoint(said["contacts"])
        assert suppressed <= {email for email, _ in said["suppressed"]}
        for path in tmp_path.glob("*.errors*"):
            assert not any(email in path.read_text("utf-8-sig").lower() for email in erased)

    law()


def test_the_order_of_the_rows_makes_no_difference(services: Services, tmp_path: Path, monkeypatch):
    @EXAMPLES
    @given(before=ROWS, rows=ROWS, grant=GRANTS, suppressed=OUT, seed=st.integers(0, 999), chunk=st.integers(2, 3))
    def law(*, before, rows, grant, suppressed, seed, chunk) -> None:
        monkeypatch.setattr(importing, "CHUNK", chunk)
        results = []
        for order in (rows, Random(seed).sample(rows, len(rows))):
            prepare(services, tmp_path, before, suppressed, set())
            report = bring_rows(services, tmp_path, [HEADING, *order], **grant)
            results.append((content(services), replace(report, contradictions=(), faults=(), errors_file=None)))

        assert results[0] == results[1]

    law()
