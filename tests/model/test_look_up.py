"""When "not found" counts: a law over every list that an email API might have."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given, settings
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


def times(most: timedelta, least: timedelta = timedelta(0)) -> st.SearchStrategy[timedelta]:
    """Between two times, and often at a place where something changes."""
    turns = (timedelta(minutes=minutes) for minutes in (0, 1, 5, 10, 14, 15, 16, 20, 30, 720, 1439, 1440, 1441))
    between = st.integers(int(least.total_seconds()), int(most.total_seconds())).map(lambda n: timedelta(seconds=n))
    return st.sampled_from([turn for turn in turns if least <= turn <= most] or [most]) | between


LISTS = st.builds(ApiList, st.booleans(), times(SETTLES), times(3 * LOOKED_FOR, least=LOOKED_FOR))


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


WAITS = st.lists(times(LOOKED_FOR), min_size=1, max_size=LOOKS + 3)
TAKEN = times(LONGEST_CALL).map(lambda after: NOON + after)
WITNESSED = times(LOOKED_FOR).flatmap(lambda apart: st.sampled_from([NOON - apart, NOON + apart]))


@settings(max_examples=400)
@given(LISTS, TAKEN, st.none() | WITNESSED, WAITS)
def test_what_was_taken_is_never_concluded_not_to_have_been(shelf, taken, witness, waits):
    assert concluded(shelf, taken, witness, waits) != "not taken"


@given(LISTS, st.none() | WITNESSED, WAITS)
def test_a_list_that_shows_nothing_proves_nothing(shelf, witness, waits):
    assume(shelf.blind or witness is None)

    assert concluded(shelf, None, witness, waits) != "not taken"


@given(times(SETTLES), st.lists(times(timedelta(hours=1)), min_size=LOOKS + 1, max_size=LOOKS + 3))
def test_what_was_not_taken_is_concluded_from_a_list_that_shows_what_was(late, waits):
    shelf = ApiList(blind=False, late=late, kept=2 * LOOKED_FOR)

    assert concluded(shelf, None, NOON - BETWEEN, waits) == "not taken"


def test_what_never_arrives_is_not_tried_for_ever():
    look = Look(NOON, NOON, SETTLES, NOON + 2 * SETTLES, before=LOOKS - 1, again=MOST_AGAIN)

    assert doubt(look, Proof.SHOWN) == "nor was it when it was made again, 5 times"
