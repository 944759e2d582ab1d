"""When "not found" counts: a law over every list that an email API might have."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.model.look_up import BETWEEN, LOOKED_FOR, LOOKS, MOST_AGAIN, Look, Proof, doubt

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SETTLES = timedelta(minutes=15)
LONGEST_CALL = timedelta(minutes=10)


@dataclass(frozen=True)
class ApiList:
    """What a list shows of a mail: nothing if *blind*, else from *late* after it was taken until *kept* after that."""

    blind: bool
    late: timedelta
    kept: timedelta

    def shows(self, taken: datetime | None, at: datetime) -> bool:
        return not self.blind and taken is not None and taken + self.late <= at < taken + self.kept


def after(*minutes: int) -> st.SearchStrategy[timedelta]:
    """Times at which something changes, or nearly: chance alone would seldom meet them together."""
    return st.sampled_from([timedelta(minutes=number) for number in minutes])


DAY = 24 * 60
LISTS = st.builds(ApiList, st.just(value=False), late=after(0, 10, 15), kept=after(DAY, 3 * DAY))
TAKEN = after(0, 10).map(lambda then: NOON + then)
WITNESSED = after(-DAY, -10, 1, 900).map(lambda then: NOON + then)
WAITS = st.lists(after(0, 4, 10, 15, DAY), min_size=1, max_size=LOOKS + 3)


def concluded(shelf: ApiList, taken: datetime | None, witness: datetime | None, waits: list[timedelta]) -> str | None:
    """What comes of a call's mail: `found`, `not taken`, why a person has to decide, or None: asked about still.

    Each look comes when it is due, or later.
    """
    at, before = NOON, 0
    for wait in waits:
        at += wait
        if shelf.shows(taken, at):
            return "found"
        look = Look(NOON, NOON + LONGEST_CALL, SETTLES, at, before=before)
        if look.is_last:
            proof = Proof.SHOWN if shelf.shows(witness, at) else Proof.NOT_SHOWN if witness else Proof.NONE
            return doubt(look, proof) or "not taken"
        before += look.counts
        at += look.next
    return None


@settings(max_examples=400)
@given(LISTS, TAKEN, WITNESSED, WAITS)
def test_what_was_taken_is_never_concluded_not_to_have_been(shelf, taken, witness, waits):
    assert concluded(shelf, taken, witness, waits) != "not taken"


@given(LISTS, st.none() | WITNESSED, WAITS)
def test_a_list_that_shows_nothing_proves_nothing(shelf, witness, waits):
    assert concluded(replace(shelf, blind=True), None, witness, waits) != "not taken"
    assert concluded(shelf, None, None, waits) != "not taken"


@given(after(0, 10, 15), st.lists(after(0, 4, 15, 60), min_size=LOOKS + 1, max_size=LOOKS + 3))
def test_what_was_not_taken_is_concluded_from_a_list_that_shows_what_was(late, waits):
    shelf = ApiList(blind=False, late=late, kept=2 * LOOKED_FOR)

    assert concluded(shelf, None, NOON - BETWEEN, waits) == "not taken"


def test_what_never_arrives_is_not_tried_for_ever():
    look = Look(NOON, NOON, SETTLES, NOON + 2 * SETTLES, before=LOOKS - 1, again=MOST_AGAIN)

    assert doubt(look, Proof.SHOWN) == "nor was it when it was made again, 5 times"
