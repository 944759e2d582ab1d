from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from outreach.feeds.decide import Cancelled, Intent, Known, New, Revised, Seen, decide
from outreach.feeds.identity import unique
from outreach.model.content import FeedItem
from tests.builders_feeds import NOW, item, utc


def known(*items: FeedItem) -> dict[str, Known]:
    return {
        item.uid: Known(number, item.uid, item.link, item.digest, item.cancelled)
        for number, item in enumerate(items, 1)
    }


def after(intents: list[Intent], before: dict[str, Known]) -> dict[str, Known]:
    """What is known once the intents are carried out, as the queries do it."""
    by_id = {one.id: one for one in before.values()}
    for intent in intents:
        match intent:
            case New(new):
                by_id[len(by_id) + 1] = Known(len(by_id) + 1, new.uid, new.link, new.digest)
            case Revised(number, new):
                by_id[number] = replace(by_id[number], link=new.link, digest=new.digest, cancelled=False)
            case Cancelled(number, new):
                by_id[number] = replace(by_id[number], digest=new.digest, cancelled=True)
    return {one.uid: one for one in by_id.values()}


def test_what_was_never_seen_is_new_and_dated_by_the_fetch():
    assert decide({}, [item()], NOW) == [New(item(published=NOW))]


def test_a_date_ahead_does_not_keep_an_item_on_top():
    assert decide({}, [item(published=NOW + timedelta(days=9))], NOW) == [New(item(published=NOW))]


def test_the_same_again_is_seen():
    assert decide(known(item()), [item()], NOW) == [Seen(1)]


def test_another_time_of_publication_alone_is_no_edit():
    assert decide(known(item()), [item(published=NOW)], NOW) == [Seen(1)]


def test_an_edit_is_a_revision():
    edited = item(title="Andere titel")

    assert decide(known(item()), [edited], NOW) == [Revised(1, edited)]


def test_a_cancellation_is_told_once():
    event = item(starts=utc(2026, 12, 1))
    gone = replace(event, cancelled=True)

    assert decide(known(event), [gone], NOW) == [Cancelled(1, gone)]
    assert decide(known(gone), [replace(gone, title="Afgelast!")], NOW) == [Seen(1)]


def test_an_event_cancelled_before_anyone_knew_leads_to_nothing():
    assert decide({}, [item(starts=utc(2026, 12, 1), cancelled=True)], NOW) == []


def test_an_event_that_takes_place_after_all_is_a_revision():
    event = item(starts=utc(2026, 12, 1))

    assert decide(known(replace(event, cancelled=True)), [event], NOW) == [Revised(1, event)]


def test_an_item_keeps_its_identity_when_another_takes_its_uid():
    first, second = item("a", link="https://example.org/1"), item("a", link="https://example.org/2")
    together = after(decide(known(first), [first, second], NOW), known(first))

    assert len(together) == 2
    assert {type(intent) for intent in decide(together, [second], NOW)} == {Seen}
    assert {type(intent) for intent in decide(together, [first, second], NOW)} == {Seen}


def test_of_equal_entries_the_latest_is_kept():
    old, new = item(published=NOW - timedelta(days=1)), item(title="Nieuw", published=NOW)

    assert unique([new, old]) == unique([old, new]) == [new]


ITEMS = st.lists(
    st.builds(
        FeedItem,
        uid=st.sampled_from("abc"),
        title=st.sampled_from(["x", "y"]),
        link=st.sampled_from(["https://example.org/1", "https://example.org/2", ""]),
        published=st.none() | st.just(NOW) | st.just(NOW - timedelta(days=1)),
        starts=st.none() | st.just(NOW + timedelta(days=1)),
        cancelled=st.booleans(),
    ),
    max_size=6,
)


@given(ITEMS, ITEMS)
def test_pulling_the_same_items_twice_brings_nothing_new(before: list[FeedItem], items: list[FeedItem]):
    have = after(decide({}, before, NOW), {})
    then = after(decide(have, items, NOW), have)

    assert [intent for intent in decide(then, items, NOW) if not isinstance(intent, Seen)] == []


@given(ITEMS, ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(before: list[FeedItem], items: list[FeedItem], random: object):
    have = after(decide({}, before, NOW), {})
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert decide(have, shuffled, NOW) == decide(have, items, NOW)


@given(ITEMS)
def test_every_piece_of_content_gets_one_intent_at_most(items: list[FeedItem]):
    have = after(decide({}, items, NOW), {})
    touched = [intent.content_id for intent in decide(have, items, NOW) if not isinstance(intent, New)]

    assert len(touched) == len(set(touched))
