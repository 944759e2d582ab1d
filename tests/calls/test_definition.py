"""Calls as JSON."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from outreach.calls.definition import from_json, to_json
from outreach.model.campaign import Call, Field, FieldKind
from tests.builders_engagement import nomination

words = st.dictionaries(st.sampled_from(["nl", "de", "en"]), st.text(max_size=20), max_size=3)
fields = st.builds(
    Field,
    name=st.text("abc_", min_size=1, max_size=8),
    kind=st.sampled_from(FieldKind),
    label=words,
    required=st.booleans(),
    help=words,
    choices=st.dictionaries(st.text(max_size=5), words, max_size=3),
    limit=st.integers(1, 5000),
)
calls = st.builds(
    Call,
    slug=st.text("abc-", min_size=1, max_size=10),
    title=words,
    intro=words,
    button=words,
    thanks=words,
    fields=st.lists(fields, max_size=3).map(tuple),
    goal=st.none() | st.integers(1, 99),
    fold_by=st.none() | st.text("abc", min_size=1, max_size=5),
    closes=st.none() | st.datetimes(timezones=st.just(UTC)),
    capacity=st.none() | st.integers(1, 99),
)


@given(calls)
def test_a_call_comes_back_from_json_as_it_went(call: Call) -> None:
    assert from_json(json.loads(json.dumps(to_json(call)))) == call


def test_choices_keep_their_order() -> None:
    call = nomination(closes=datetime(2026, 12, 1, tzinfo=UTC))

    theme = next(field for field in to_json(call)["fields"] if field["name"] == "theme")

    assert [value for value, _ in theme["choices"]] == ["youth", "living"]
