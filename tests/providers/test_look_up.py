"""How a list of mails is read: bounded in time and pages."""

import pytest

from outreach.model.mail import Receipt
from outreach.providers import look_up
from outreach.providers.port import Found, Sought
from tests.providers.contract import LONG_AGO

SOUGHT = Sought({"r1": "anna@example.com", "r2": "bo@example.com"}, "r1", LONG_AGO)


def taken(rid: str) -> Receipt:
    return Receipt(rid, f"id-of-{rid}")


def test_each_mail_is_asked_about_by_itself() -> None:
    asked: list[str] = []

    def ask(rid: str) -> Receipt | None:
        asked.append(rid)
        return taken(rid) if rid == "r2" else None

    assert look_up.one_by_one(SOUGHT, ask) == Found((taken("r2"),))
    assert asked == ["r1", "r2"]


def test_what_there_was_no_time_for_was_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_up, "LONGEST", -1.0)

    assert look_up.one_by_one(SOUGHT, taken) == Found((), whole=False)
    assert look_up.by_pages(SOUGHT, lambda mark: ([taken("r1")], "more")) == Found((taken("r1"),), whole=False)


def test_pages_are_read_until_everybody_is_found() -> None:
    pages = {"": ([taken("r1"), taken("r9")], "2"), "2": ([taken("r2")], "3")}

    assert look_up.by_pages(SOUGHT, pages.__getitem__) == Found((taken("r1"), taken("r2")))


def test_a_list_without_end_is_left() -> None:
    assert look_up.by_pages(SOUGHT, lambda mark: ([], mark + "x")) == Found((), whole=False)
