"""Which items an issue holds: laws over whatever feeds may bring, and the cases that they were made for."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.model.campaign import Order
from outreach.model.content import Content
from outreach.model.newsletter import Changes, key_of
from outreach.newsletters import rules
from outreach.newsletters.rules import Chosen, Limits, Offer, Told, Window
from tests.builders_compose import NOW, body, event, news

LIMITS = Limits(news=3, events=2)
UNTOLD, UNCHANGED = Told(), Changes()
LINKS = tuple(f"https://example.org/{name}" for name in "abcdef")

links = st.sampled_from(("", *LINKS))
hours = st.integers(min_value=1, max_value=400).map(lambda number: timedelta(hours=number))
stories = st.builds(
    lambda number, link, ago: news(f"n{number}", id=number, link=link, published=NOW - ago),
    st.integers(1, 99),
    links,
    hours,
)
dates = st.builds(
    lambda number, link, ahead: event(f"e{number}", id=number, link=link, starts=NOW + ahead),
    st.integers(100, 199),
    links,
    hours,
)
unique = {"max_size": 12, "unique_by": lambda item: item.id}
offers = st.builds(
    Offer,
    news=st.lists(stories, **unique),
    events=st.lists(dates, **unique),
    pinned=st.lists(st.sampled_from(LINKS), max_size=3, unique=True).map(tuple),
)
limits = st.builds(Limits, st.integers(0, 6), st.integers(0, 4), st.sampled_from(Order))


def story(link: str, days: int = 1, **more: object) -> Content:
    return news(link, link=f"https://example.org/{link}", published=NOW - timedelta(days=days), **more)


def date(link: str, days: int = 1, **more: object) -> Content:
    return event(link, link=f"https://example.org/{link}", starts=NOW + timedelta(days=days), **more)


def choose(offer: Offer, told: Told = UNTOLD, changes: Changes = UNCHANGED, limits: Limits = LIMITS) -> Chosen:
    return rules.choose(offer, limits, told, changes)


def titles(chosen: Chosen) -> tuple[list[str], list[str]]:
    return [item.title for item in chosen.news], [item.title for item in chosen.events]


@settings(max_examples=60)
@given(offers, limits, st.data())
def test_no_item_comes_twice_nor_more_than_fit_nor_what_was_left_out(offer: Offer, limits: Limits, data: st.DataObject):
    keys = sorted({key_of(item) for item in (*offer.news, *offer.events)})
    left_out = tuple(data.draw(st.lists(st.sampled_from(keys), unique=True)) if keys else ())

    chosen = choose(offer, changes=Changes(left_out=left_out), limits=limits)

    shown = [key_of(item) for item in (*chosen.news, *chosen.events)]
    assert sorted(set(shown)) == sorted(shown)
    assert not set(shown) & set(left_out)
    assert {key_of(item) for item in chosen.left_out} == set(left_out)
    assert len(chosen.news) <= limits.news
    assert len(chosen.events) <= limits.events
    assert len(shown) + chosen.more + len(left_out) == len(keys)


@settings(max_examples=60)
@given(offers, limits)
def test_pinned_items_come_first_and_the_others_in_their_order(offer: Offer, limits: Limits):
    chosen = choose(offer, limits=limits)

    for items in (chosen.news, chosen.events):
        places = [offer.pinned.index(item.link) if item.link in offer.pinned else len(offer.pinned) for item in items]
        assert places == sorted(places)
    published = [item.published for item in chosen.news if item.link not in offer.pinned]
    assert published == sorted(published, reverse=limits.order is Order.NEWEST)
    starts = [item.starts for item in chosen.events if item.link not in offer.pinned]
    assert starts == sorted(starts)


@settings(max_examples=30)
@given(offers, limits, st.randoms(use_true_random=False))
def test_the_order_in_which_things_were_found_makes_no_difference(offer: Offer, limits: Limits, random):
    shuffled = [list(offer.news), list(offer.events)]
    for items in shuffled:
        random.shuffle(items)

    assert choose(Offer(*shuffled, offer.pinned), limits=limits) == choose(offer, limits=limits)


def test_where_there_is_too_much_the_oldest_news_stays_out_also_when_the_oldest_comes_first():
    offer = Offer([story("a", 1), story("b", 4), story("c", 2), story("d", 3)], [])

    assert titles(choose(offer)) == (["a", "c", "d"], [])
    assert titles(choose(offer, limits=Limits(3, 2, Order.OLDEST))) == (["d", "c", "a"], [])


def test_what_a_person_puts_first_comes_before_what_is_pinned():
    offer = Offer([story("a", 1), story("b", 2), story("c", 3)], [], pinned=("https://example.org/c",))

    assert titles(choose(offer, changes=Changes(first=key_of(story("b", 2))))) == (["b", "c", "a"], [])


def test_news_that_was_told_does_not_come_again_and_events_do_until_somebody_removed_them():
    offer = Offer([story("a"), story("b")], [date("c"), date("d", 2)])
    told = Told(frozenset(map(key_of, (story("a"), date("c")))), frozenset([key_of(date("d", 2))]))

    assert titles(choose(offer, told)) == (["b"], ["c"])


def test_events_that_were_told_are_nothing_new_by_themselves():
    told = Told(frozenset([key_of(date("c"))]))

    assert [choose(Offer([], events), told).new for events in ([date("c")], [date("c"), date("d")], [])] == [
        False,
        True,
        False,
    ]


def test_an_event_that_is_moved_to_another_day_is_new():
    told = Told(frozenset([key_of(date("c"))]))

    assert choose(Offer([], [date("c", 5)]), told).new


def test_a_pinned_item_comes_again_but_is_nothing_new():
    offer = Offer([story("a", 90)], [], pinned=("https://example.org/a",))

    assert choose(offer, Told(frozenset([key_of(story("a"))]))) == Chosen(news=(story("a", 90),), new=False)


def test_the_same_article_in_two_languages_is_two_items():
    assert key_of(story("a")) != key_of(story("a", language="de"))


def test_every_issue_looks_back_as_far_as_the_newsletter_reaches():
    reach = Window(seen=None, until=NOW, published=NOW - timedelta(days=30))

    assert [rules.windows(last, NOW, 30) for last in (None, NOW - timedelta(days=7))] == [(reach,), (reach,)]


def test_what_came_in_since_the_issue_before_counts_also_beyond_that_reach():
    last = NOW - timedelta(days=31)

    assert rules.windows(last, NOW, 30) == (
        Window(seen=None, until=NOW, published=NOW - timedelta(days=30)),
        Window(seen=last, until=NOW, published=NOW - timedelta(days=45)),
    )


@settings(max_examples=30)
@given(offers, limits)
def test_issue_after_issue_tells_all_news_once_the_newest_first(offer: Offer, limits: Limits):
    told, issues = frozenset[str](), []
    news_alone = Offer(offer.news, ())
    most = replace(limits, news=limits.news + 1)
    while (chosen := choose(news_alone, Told(told), limits=most)).new:
        keys = [key_of(item) for item in chosen.news]
        assert chosen.more == len({*map(key_of, offer.news)} - told) - len(keys)
        issues.append(chosen.news)
        told = told.union(keys)

    assert sum(map(len, issues)) == len(told) == len({*map(key_of, offer.news)})
    for one, following in pairwise(issues):
        assert min(item.published for item in one) >= max(item.published for item in following)


def test_an_intro_stands_after_the_newsletters_own_text():
    texts = {"nl": body("nl"), "de": body("de")}

    written = rules.with_intros(texts, {"nl": " Hallo! \n"})

    assert written == {
        "nl": replace(texts["nl"], markdown="{{ salutation }}\n\nWelkom.\n\nHallo!\n"),
        "de": texts["de"],
    }
