"""What follows from ticks."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.model.people import Basis, Consent, ConsentAct, Topic
from outreach.subscriptions.acts import Sentence, Signup, Standing, State, changes, digest, sentences, state
from tests.conftest import NOON

SHOWN = {name: Sentence(name, f"I want {name}.", "1", "en") for name in ("poverty", "youth", "tracking")}
SIGNUP = Signup(7, 1, "bo@example.org", (), "", "nl", "https://example.org/subscribe", NOON, None)


def act(topic: str, act: ConsentAct, basis: Basis, text: str = "") -> Consent:
    given = act is ConsentAct.GIVEN
    return Consent(
        topic, act, basis, "preferences page, by the link in a mail to this address", "/p", NOON, "en", text,
        "1" if given else "", NOON if given else None, NOON if given else None,
    )  # fmt: skip


def test_only_what_changes_is_said():
    standing = {name: Standing(name, Basis.MEMBERSHIP, NOON) for name in ("poverty", "tracking", "elsewhere")}

    found = changes(standing, SHOWN, {"poverty", "youth"}, language="en", source="/p", now=NOON)

    assert found == [
        act("youth", ConsentAct.GIVEN, Basis.CONSENT, "I want youth."),
        act("tracking", ConsentAct.WITHDRAWN, Basis.MEMBERSHIP),
    ]


topics = st.frozensets(st.sampled_from(["poverty", "youth", "tracking", "elsewhere"]))


@settings(max_examples=50)
@given(before=topics, ticked=topics)
def test_what_was_ticked_is_in_force_afterwards_and_the_rest_stays(before: frozenset[str], ticked: frozenset[str]):
    standing = {name: Standing(name, Basis.CONSENT, NOON) for name in before}

    done = changes(standing, SHOWN, ticked, language="en", source="/p", now=NOON)

    given = {one.topic for one in done if one.act is ConsentAct.GIVEN}
    after = (before | given) - {one.topic for one in done if one.act is ConsentAct.WITHDRAWN}
    assert after == (ticked & SHOWN.keys()) | (before - SHOWN.keys())


def test_a_sign_up_can_be_confirmed_for_its_life_and_stays_confirmed():
    week = timedelta(days=7)
    late = NOON + week + timedelta(seconds=1)

    assert state(SIGNUP, NOON + week, week) is State.OPEN
    assert state(SIGNUP, late, week) is State.EXPIRED
    assert state(Signup(7, 1, "", (), "", "nl", "", NOON, NOON), late, week) is State.CONFIRMED


def test_a_sentence_missing_in_a_language_keeps_its_own_and_any_change_is_another_form():
    topics = {"youth": Topic("youth", {"nl": "Jeugd"}, {"nl": "Ik wil dit."}, "1")}

    assert sentences(topics, "de") == {"youth": Sentence("youth", "Ik wil dit.", "1", "nl")}
    assert digest(SHOWN.values()) != digest([*SHOWN.values()][:2])
    assert digest([Sentence("a", "b", "1", "nl")]) != digest([Sentence("a", "b", "2", "nl")])
