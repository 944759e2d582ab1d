import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import httpx
import pytest

from outreach.demo import reader_pages
from outreach.demo.reader_pages import Anchor, Control, Form
from outreach.demo.reader_people import MUNICIPALITIES, PROGRAMS, Scan, Shares, fill, reader_of
from outreach.demo.readers import ReaderReport, simulate
from outreach.engagement.label import KNOWN_BOTS
from tests.builders_readers import FORM, MAIL, OUTBOX, PUBLIC, TOKEN, World

EVERYBODY_READS = Shares(scanned=0, read=1, click=0, answer=0, unsubscribe=0)
EVERYBODY_ANSWERS = replace(EVERYBODY_READS, click=1, answer=1)
NOBODY = Shares(scanned=0, read=0, click=0, answer=0, unsubscribe=0)


def act(world: World, shares: Shares, **options: Any) -> ReaderReport:
    given = {"seed": 7, "wait": 0, "transport": world.transport()} | options
    return simulate(OUTBOX, TOKEN, PUBLIC, shares=shares, **given)


def test_everybody_who_reads_loads_the_pictures_of_ours_and_no_others():
    world = World(mails=5)

    report = act(world, EVERYBODY_READS)

    assert report == ReaderReport(read=5, opens=5, clicks=0, signups=0, unsubscribes=0, machine=0, errors=0, last=5)
    assert Counter(seen.path for seen in world.seen) == Counter(
        {"/static/logo.png": 5} | {f"/o/rid-{n}.gif": 1 for n in range(1, 6)}
    )


def test_pictures_are_loaded_with_the_agents_of_real_mail_programs():
    world = World(mails=60)

    act(world, EVERYBODY_READS)

    assert {seen.agent for seen in world.requests("/o/")} == {program.pictures for program in PROGRAMS}


def test_privacy_protection_loads_pictures_of_mails_that_nobody_reads():
    world = World(mails=40)

    report = act(world, NOBODY)

    assert (report.read, report.opens > 0) == (0, True)
    assert {seen.agent for seen in world.seen} == {"Mozilla/5.0"}


def test_readers_come_from_networks_of_their_own():
    world = World(mails=5)

    act(world, EVERYBODY_READS)

    assert len({seen.network for seen in world.seen}) == 5
    assert {seen.network.startswith("2001:db8:") for seen in world.seen} == {True}


def test_whoever_clicks_follows_one_link_that_a_person_can_see():
    world = World(mails=10)

    report = act(world, replace(EVERYBODY_READS, click=1))

    assert (report.clicks, report.signups, report.errors) == (10, 0, 0)
    assert [seen for seen in world.seen if seen.path.endswith("/h")] == []


def test_links_that_lead_elsewhere_are_not_followed_there():
    world = World(mails=5, elsewhere=True)

    report = act(world, EVERYBODY_ANSWERS)

    assert (report.clicks, report.signups, report.errors) == (10, 0, 0)
    assert set(world.hosts) == {"127.0.0.1:8410", "127.0.0.1:8400"}


def test_an_answer_fills_in_the_whole_form_and_leaves_the_trap_empty():
    world = World(mails=1)

    report = act(world, EVERYBODY_ANSWERS)

    (form,) = world.forms
    assert (report.signups, report.clicks, report.errors) == (1, 1, 0)
    assert list(form) == ["municipality", "approach", "theme", "email", "consent", "website", "form_token", "r"]
    assert form["municipality"] in MUNICIPALITIES
    assert len(form["approach"].split()) > 5
    assert form["theme"] in ("youth", "living")
    assert {name: form[name] for name in ("email", "consent", "website", "form_token", "r")} == {
        "email": "reader1@example.org",
        "consent": "yes",
        "website": "",
        "form_token": "form-rid-1",
        "r": "rid-1",
    }


def test_several_people_nominate_the_same_municipality():
    world = World(mails=30)

    act(world, EVERYBODY_ANSWERS)

    named = Counter(form["municipality"] for form in world.forms)
    assert named.total() == 30
    assert 1 < len(named) <= len(MUNICIPALITIES)


def test_a_form_that_comes_back_is_an_error_and_no_signup():
    report = act(World(mails=1, refuses_forms=True), EVERYBODY_ANSWERS)

    assert (report.signups, report.trouble[0]) == (0, "POST /calls/gouden: the form came back unsent")


def test_unsubscribing_by_one_click_posts_what_rfc_8058_asks_for():
    world = World(mails=2)

    report = act(world, replace(EVERYBODY_READS, unsubscribe=1, by_page=0))

    assert (report.unsubscribes, report.errors) == (2, 0)
    assert sorted(world.left) == [(f"/u/token-rid-{n}", {"List-Unsubscribe": "One-Click"}) for n in (1, 2)]


def test_unsubscribing_by_the_page_sends_its_form_without_ticking_more():
    world = World(mails=1)

    report = act(world, replace(EVERYBODY_READS, unsubscribe=1, by_page=1))

    assert (report.unsubscribes, world.left) == (1, [("/u/token-rid-1", {})])
    assert [seen.method for seen in world.requests("/u/")] == ["GET", "POST"]


def test_scanners_follow_three_links_at_once_ask_for_heads_or_take_the_bait():
    world = World(mails=40)

    report = act(world, replace(NOBODY, scanned=1))

    hits = world.requests("/c/")
    per_mail = Counter(seen.path.split("/")[2] for seen in hits)
    assert report.machine == len(hits)
    assert (report.clicks, report.errors) == (0, 0)
    assert set(per_mail.values()) == {3, 4, 6}
    assert {seen.method for seen in hits} == {"GET", "HEAD"}
    assert {seen.path.rpartition("/")[2] for seen in hits} == {"0", "1", "2", "h"}


def test_the_same_seed_makes_the_same_choices_and_another_seed_others():
    def choices(seed: int) -> list[tuple[str, str]]:
        world = World(mails=30)
        act(world, Shares(), seed=seed)
        return sorted((seen.method, seen.path) for seen in world.seen)

    assert choices(3) == choices(3)
    assert choices(3) != choices(4)


def test_a_reader_is_the_same_person_whatever_was_sent_before():
    first, second = (reader_of("a@example.org", "Oproep", 1, Shares()) for _ in range(2))

    assert replace(first, chance=second.chance) == second


def test_about_as_many_people_read_as_was_asked_for():
    readers = [reader_of(f"reader{n}@example.org", "Oproep", 1, Shares(read=0.5)) for n in range(1000)]

    assert 430 < sum(reader.reads for reader in readers) < 570


def test_a_round_looks_at_so_many_mails_and_the_next_begins_after_them():
    world = World(mails=10)

    first = act(world, EVERYBODY_READS, limit=4)
    second = act(world, EVERYBODY_READS, after=first.last)

    assert [(report.read, report.last) for report in (first, second)] == [(4, 4), (6, 10)]


def test_an_empty_outbox_gives_an_empty_report():
    assert act(World(mails=0), Shares(), after=3) == ReaderReport(0, 0, 0, 0, 0, 0, 0, last=3)


def test_many_mails_are_listed_page_by_page():
    assert act(World(mails=450), NOBODY, limit=420).last == 420


def test_progress_counts_readers_as_they_finish():
    told: list[tuple[int, int]] = []

    act(World(mails=3), EVERYBODY_READS, progress=lambda done, of: told.append((done, of)))

    assert told == [(1, 3), (2, 3), (3, 3)]


def test_what_fails_is_counted_and_the_others_go_on():
    report = act(World(mails=6, broken=("/o/",)), EVERYBODY_READS)

    assert (report.read, report.opens, report.errors) == (6, 0, 6)
    assert report.trouble == ("GET /o: ConnectError",) * 5


def test_an_outbox_that_does_not_let_us_in_is_an_error_not_a_crash():
    report = simulate(OUTBOX, "wrong", PUBLIC, transport=World().transport(), wait=0)

    assert (report.errors, report.trouble) == (1, ("GET /v1: answered 401",))


def test_what_takes_too_long_is_left_and_counted():
    class Stuck(httpx.AsyncBaseTransport):
        def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
            self._inner = inner

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.startswith("/o/"):
                await asyncio.Event().wait()
            return await self._inner.handle_async_request(request)

    report = act(World(mails=2), EVERYBODY_READS, transport=Stuck(World(mails=2).transport()), seconds=0.2)

    assert (report.errors, report.trouble) == (2, ("2 readers were not done after 0.2 s",))


def test_no_agent_of_a_person_is_that_of_a_known_bot():
    agents = [agent for program in PROGRAMS for agent in (program.pictures, program.links)]

    assert [agent for agent in agents if KNOWN_BOTS.search(agent)] == []


def test_every_way_of_scanning_comes_up():
    readers = [reader_of(f"r{n}@example.org", "x", 1, Shares(scanned=1)) for n in range(60)]

    assert {reader.scan for reader in readers} == set(Scan)


def test_a_mail_is_read_as_a_mail_program_shows_it():
    page = reader_pages.read(MAIL.format(public=PUBLIC, rid="r"))

    assert page.anchors[:3] == [
        Anchor(f"{PUBLIC}/c/r/h", button=False, seen=False),
        Anchor(f"{PUBLIC}/c/r/0", button=False, seen=True),
        Anchor(f"{PUBLIC}/c/r/1", button=True, seen=True),
    ]
    assert page.pictures[-1] == f"{PUBLIC}/o/r.gif"


def test_comments_for_outlook_are_not_looked_into():
    assert reader_pages.read("<!--[if mso]><a href='x'>x</a><![endif]--><a href='y'>y</a>").anchors == [
        Anchor("y", button=False, seen=True)
    ]


def test_the_form_with_most_questions_is_the_one_to_send():
    form = reader_pages.read(FORM.format(lang="nl", form="t", rid="r")).form_to_send()

    assert form is not None
    assert [(control.name, control.kind, control.seen) for control in form.controls] == [
        ("municipality", "text", True),
        ("approach", "textarea", True),
        ("theme", "select", True),
        ("email", "email", True),
        ("consent", "checkbox", True),
        ("newsletter", "checkbox", True),
        ("website", "text", False),
        ("form_token", "hidden", True),
        ("r", "hidden", True),
    ]


def test_a_page_may_close_its_elements_as_xml_does():
    page = reader_pages.read(
        '<html lang="de-DE"><div hidden><p>x</div><img src="a.png"/><form method="POST"><input name="q"/></form></html>'
    )

    assert (page.language, page.pictures) == ("de", ["a.png"])
    assert page.forms == [Form("", "post", [Control("q", "text")])]


def test_radio_buttons_are_one_question_and_the_button_pressed_is_sent():
    form = reader_pages.read(
        "<form method=post><input type=radio name=when value=1><input type=radio name=when value=2>"
        "<input type=hidden name=a value=b disabled><button name=act value=send>x</button></form>"
    ).form_to_send()

    assert form == Form("", "post", [Control("when", "radio", "1", choices=["1", "2"])], button=("act", "send"))
    (answer, pressed) = fill(form, "a@example.org", "nl", reader_of("a@example.org", "x", 1, Shares()).chance)
    assert (answer[0], answer[1] in ("1", "2"), pressed) == ("when", True, ("act", "send"))


@pytest.mark.parametrize("language", ["nl", "de", "fr", ""])
@pytest.mark.parametrize(
    "name", ["municipality", "organisation", "first_name", "last_name", "name", "role", "theme", "title", "anything"]
)
def test_every_question_gets_words_within_its_limit_in_any_language(language: str, name: str):
    chance = reader_of("a@example.org", "x", 1, Shares()).chance
    form = Form("", "post", [Control(name, "text", limit=6), Control("why", "textarea"), Control("at", "url")])

    (short, long, url) = fill(form, "a@example.org", language, chance)

    assert (0 < len(short[1]) <= 6, len(long[1]) > 40, url[1]) == (True, True, "https://example.org")
