"""Filling slots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.model.mail import SLOT, Pieces

NAMES = ("rid", "first_name", "salutation_nl")
WORDS = st.text(max_size=5) | st.sampled_from([f"@@{name}@@" for name in NAMES] + ["@@", "@@ rid @@", "@@Rid@@"])
TEMPLATES = st.lists(WORDS, max_size=12).map("".join)


@given(TEMPLATES, st.fixed_dictionaries(dict.fromkeys(NAMES, WORDS)))
def test_each_slot_is_filled_once_and_what_a_value_holds_stays_as_it_is(template: str, values: dict[str, str]):
    known = {name: values.get(name, "") for name in (*NAMES, *SLOT.findall(template))}

    assert Pieces(template).fill(known) == SLOT.sub(lambda slot: known[slot[1]], template)


def test_a_template_is_filled_for_one_reader_after_another():
    pieces = Pieces("@@rid@@: dag @@first_name@@, @@rid@@")

    assert [pieces.fill({"rid": rid, "first_name": name}) for rid, name in (("1", "Noor"), ("2", "Bo"))] == [
        "1: dag Noor, 1",
        "2: dag Bo, 2",
    ]


def test_a_value_that_is_missing_is_named():
    with pytest.raises(KeyError, match="first_name"):
        Pieces("dag @@first_name@@").fill({"rid": "1"})
