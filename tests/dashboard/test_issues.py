"""An issue as its approver sees it."""

from datetime import UTC, datetime

import pytest

from outreach.dashboard import words
from outreach.dashboard.issues import issue_markdown, labels
from outreach.model.content import ContentKind
from outreach.model.newsletter import Draft, Item, Part

MEMBERS, WORKERS = ("members",), ("members", "social_workers")


def story(key: str, title: str = "Kop") -> Item:
    return Item(key, ContentKind.NEWS, title)


def test_what_can_be_chosen_has_names_of_its_own():
    day = Item("c", ContentKind.EVENT, "Dag\n#", datetime(2026, 12, 3, 12, tzinfo=UTC))
    parts = (Part(MEMBERS, "nl", (story("a"), story("b")), (day,)), Part(WORKERS, "nl", (story("a"),)))

    assert labels(Draft(parts)) == {"nl: Kop": "a", "nl: Kop (2)": "b", "nl: Dag # (3 Dec 2026, 13:00 CET)": "c"}


def test_titles_from_outside_are_cut_and_cannot_become_markup():
    part = Part(WORKERS, "nl", (story("a", "<b>Lang</b> " + "x" * 200),), more=2)

    assert [len(label) for label in labels(Draft((part,)))] == [94]
    text = issue_markdown(Draft((part,)))
    assert "**Members, Social workers · Nederlands**\n\n- &#60;b&#62;Lang" in text
    assert "*This issue is full; waiting for the next one: 2.*" in text


def test_a_language_without_news_is_told_and_so_is_what_was_left_out_of_it():
    part = Part(MEMBERS, "de", (), (story("a"),), new=False)

    assert (
        issue_markdown(Draft((part,)))
        .rstrip()
        .endswith(
            "**Members · Deutsch**: nothing new beside what is left out; nobody is written to in this language.\n\n"
            "Left out: Kop."
        )
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [("nl+de", "Nederlands + Deutsch"), ("social_workers: de", "Social workers: Deutsch")],
)
def test_a_message_is_called_by_its_audience_and_languages(name: str, shown: str):
    assert words.message(name) == shown
