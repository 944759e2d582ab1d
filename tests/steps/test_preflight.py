"""The look over a planned wave: with a real web server, and programs that stand in for SpamAssassin and Chromium."""

import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from outreach.campaigns import queries as campaigns
from outreach.delivery.queries import freeze, plan
from outreach.errors import DefinitionError, NotFound, StateError
from outreach.model.campaign import Event
from outreach.model.inspection import Inspection, Picture
from outreach.model.mail import Link
from outreach.model.preflight import Finding, Level
from outreach.model.wave import WaveState, WaveStep
from outreach.services import Services
from outreach.steps import preflight, waves
from outreach.store.tables import ApprovalRow, ContactGroupRow, ContactRow, PreflightRow, WaveRow
from tests.builders_compose import both, call, campaign, wave
from tests.builders_delivery import add_people, everyone, message
from tests.builders_delivery import campaign as bare_campaign
from tests.inspection.answering import Answers, answering

OFF = "it is switched off in the settings"
OURS = (Link("https://mail.example.org/subscribe", "a"),)
EXAMPLE = "is an address for examples, where nobody is; write the real one"
NO_SPAM, NO_PICTURES = f"not checked by SpamAssassin: {OFF}", f"not checked by Chromium: {OFF}"
FOUND = Finding(Level.WARNING, "start.nl.md", "found at planning")
VARIANTS = {(language, kind): "nl" for language in ("nl", None) for kind in ("personal", "role")}


@pytest.fixture
def people(services: Services) -> list[int]:
    with services.sessions.begin() as session:
        ids = add_people(session, 3)
        session.execute(insert(ContactGroupRow), [{"contact_id": id_, "name": "member"} for id_ in ids])
    return ids


@pytest.fixture
def server() -> Iterator[Answers]:
    with answering() as answers:
        yield answers


def with_settings(services: Services, **changes: object) -> Services:
    return replace(services, settings=services.settings.model_copy(update=changes))


def planned(services: Services, slug: str = "sociaal-werkers", **changes: object) -> int:
    """Plan a wave of one small message, as `steps.planning` would; return its id."""
    now = services.clock()
    with services.sessions.begin() as session:
        made = campaigns.register(session, *bare_campaign(slug), now)
        campaigns.take(session, made.id, WaveStep.PLAN, now)
        plan.clear(session, made.id)
        plan.freeze_messages(session, made.id, [message(**changes)])
        freeze.gather(session, {"members": everyone()}, VARIANTS)
        freeze.freeze(session, made.id, 500)
        plan.keep_preflight(session, made.id, plan.digest(session, made.id), [asdict(FOUND)], now)
    return made.id


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(finding.level.value, finding.where, finding.what) for finding in findings]


def test_links_are_visited_and_our_own_looked_up_without_asking(services, people, server):
    server.of |= {"/here": 200, "/busy": 503, "/f.png": 404}
    services = with_settings(services, private_feed_hosts=(server.host,))
    own = "https://mail.example.org"
    words = (
        f"[a]({server.url('/here#x')}) [b]({server.url('/busy')}) [c](https://www.example.org/)\n\n"
        f"{{{{ button('join') }}}} [d]({own}/calls/gone) [e]({own}/campaigns/test?lang=de) [f]({own}/nothing)\n"
        f"[g]({own}/campaigns/test/assets/no.pdf) [h](mailto:a@example.org) [i]({own}/subscribe)"
    )
    definition = wave(words, words)
    wave_id = waves.plan_wave(services, campaign(definition), definition).wave_id

    seen = preflight.inspect(services, wave_id)

    assert {each.url: (each.what, each.label) for each in seen.links if each.level is None} == {
        f"{own}/calls/join?lang=nl": ("is a page of ours", "Ik doe mee"),
        f"{own}/calls/join?lang=de": ("is a page of ours", "Ich mache mit"),
        f"{own}/campaigns/test?lang=de": ("is a page of ours", "e"),
        f"{own}/subscribe": ("is a page of ours", "i"),
        server.url("/here"): ("answers 200", "a"),
    }
    assert told(seen.new) == [
        ("warning", server.url("/busy"), "answers 503; try it in a browser (“b”)"),
        ("warning", "https://www.example.org/", f"{EXAMPLE} (“c”)"),
        ("stop", f"{own}/calls/gone", "no call 'gone'; correct the link (“d”)"),
        ("stop", f"{own}/nothing", "is no page of ours; correct the link (“f”)"),
        ("stop", f"{own}/campaigns/test/assets/no.pdf", "no campaign 'test'; correct the link (“g”)"),
        ("note", "links", "10 looked at, 5 lead somewhere"),
        ("note", "spam", NO_SPAM),
        ("note", "pictures", NO_PICTURES),
    ]  # fmt: skip
    assert sorted({path for _, path, _ in server.asked}) == ["/busy", "/here"]


def test_what_was_found_is_kept_with_the_plans_own_and_changes_no_digest(services, people):
    wave_id = planned(services)
    before = waves.current_plan(services, wave_id)

    first, second = preflight.inspect(services, wave_id), preflight.inspect(services, wave_id)

    after = waves.current_plan(services, wave_id)
    assert after.findings == (FOUND, *first.new) == second.findings == preflight.findings(services, wave_id)
    assert (replace(after, findings=before.findings), first.digest) == (before, before.digest)


def test_a_stop_that_the_look_finds_keeps_the_wave_from_being_approved(services, people):
    wave_id = planned(services, links=(Link("https://mail.example.org/calls/gone", "a"),))
    seen = preflight.inspect(services, wave_id)

    with pytest.raises(DefinitionError, match=r"the preflight has stops, see https://mail\.example\.org/calls/gone;"):
        waves.approve_wave(services, wave_id, seen.digest, by="Marieke")


def approve(services: Services, wave_id: int, **values: object) -> None:
    waves.approve_wave(services, wave_id, waves.current_plan(services, wave_id).digest, by="Els", **values)


def test_a_wave_that_nobody_looked_over_is_not_approved(services, people):
    wave_id = planned(services, links=OURS)
    told = (
        f"wave {wave_id} was not looked over as it is planned now; do it now: outreach wave preflight {wave_id}; or "
        "approve it all the same, which is kept with the approval's note: "
        f"outreach wave approve {wave_id} … --without-a-look"
    )
    with pytest.raises(StateError, match=f"^{re.escape(told)}$"):
        approve(services, wave_id)

    preflight.inspect(services, wave_id)
    planned(services, links=OURS)

    with pytest.raises(StateError, match="was not looked over"):
        approve(services, wave_id)
    preflight.inspect(services, wave_id)
    approve(services, wave_id, note="mooi")
    assert notes(services) == ["mooi"]


@pytest.mark.parametrize(
    ("note", "kept"), [("", "approved without a look"), ("haast", "approved without a look; haast")]
)
def test_an_approval_without_a_look_says_so_in_its_note(services, people, note: str, kept: str):
    approve(services, planned(services), note=note, without_a_look=True)

    assert notes(services) == [kept]


def notes(services: Services) -> list[str]:
    with services.sessions() as session:
        return list(session.scalars(select(ApprovalRow.note)))


def test_a_look_counts_for_a_day(services, people, clock):
    wave_id = planned(services, links=OURS)
    preflight.inspect(services, wave_id)
    clock.forward(days=1)
    assert preflight.is_done(services, wave_id) is True
    clock.forward(seconds=1)

    assert preflight.is_done(services, wave_id) is False
    with pytest.raises(StateError, match=r"was looked over 20 Nov 2026, 13:00 CET, more than a day ago; do it now"):
        approve(services, wave_id)

    preflight.inspect(services, wave_id)
    approve(services, wave_id)


def test_a_look_with_new_stops_leads_to_another_question_and_one_with_the_same_does_not(services, people):
    wave_id = planned(services, links=OURS)
    asked = [preflight.question(services, wave_id)]
    for stops in ([], ["a"], ["a"], [], ["b", "a"]):
        seen = preflight.look(services, wave_id)
        found = tuple(Finding(Level.STOP, stop, "is gone") for stop in stops)
        preflight.keep(services, replace(seen, new=(*seen.new, *found)))
        asked.append(preflight.question(services, wave_id))

    assert asked == [0, 1, 2, 2, 2, 3]


@pytest.mark.parametrize("about", ["event", "call"])
def test_a_wave_is_too_late_once_its_event_is_over_or_its_call_closed(services, people, clock, about: str):
    soon = clock() + timedelta(hours=2)
    event = Event("day", both("Dag", "Tag"), soon - timedelta(hours=1), soon, both("Hier", "Hier"))
    definition = wave(**{about: {"event": "day", "call": "join"}[about]})
    of = campaign(definition, calls={"join": call(closes=soon)}, events={"day": event})
    wave_id = waves.plan_wave(services, of, definition).wave_id
    what = {"event": "event was over", "call": "call closed"}[about]
    told = (
        f"wave {wave_id} was planned 20 Nov 2026, 13:00 CET, and its {what} 20 Nov 2026, 15:00 CET: its mails come too"
    )

    approve(services, wave_id, without_a_look=True)
    clock.forward(hours=2)
    with pytest.raises(StateError, match=re.escape(told)):
        waves.start_wave(services, wave_id)

    waves.plan_wave(services, of, definition)
    approve(services, wave_id, without_a_look=True)
    assert waves.start_wave(services, wave_id) is WaveState.SENDING


def test_a_wave_that_is_too_late_cannot_be_approved(services, people, clock):
    definition = wave(call="join")
    of = campaign(definition, calls={"join": call(closes=clock() + timedelta(hours=2))})
    wave_id = waves.plan_wave(services, of, definition).wave_id
    clock.forward(hours=2)

    with pytest.raises(StateError, match=r"mend its texts and plan it again, or cancel it$"):
        approve(services, wave_id, without_a_look=True)


def test_two_waves_never_share_a_report(services, people):
    names = [("a-b", "c"), ("a", "b-c"), ("a_b", "c"), ("a", "b_c")]
    view = waves.wave(services, planned(services))

    keys = [preflight.artifact(replace(view, campaign=of, name=name)) for of, name in names]

    assert keys == [f"outreach-preflight-{each}" for each in ("a-b--c", "a--b-c", "a---b--c", "a--b---c")]


def with_picture(services: Services, wave_id: int, key: str) -> Inspection:
    return replace(preflight.look(services, wave_id), pictures=(Picture("nl", 390, "light", b"png", key),))


def test_a_second_look_replaces_the_first_and_planning_again_clears_it(services, people):
    wave_id = planned(services)
    preflight.keep(services, with_picture(services, wave_id, "one"))
    preflight.keep(services, with_picture(services, wave_id, "two"))
    assert (preflight.is_done(services, wave_id), preflight.picture(services, "two")) == (True, b"png")
    with pytest.raises(NotFound, match="no picture 'one'"):
        preflight.picture(services, "one")

    planned(services)

    assert preflight.is_done(services, wave_id) is False
    with pytest.raises(NotFound, match="no picture 'two'"):
        preflight.picture(services, "two")


def test_a_look_at_a_plan_that_was_replaced_meanwhile_is_not_kept(services, people):
    wave_id = planned(services)
    seen = preflight.look(services, wave_id)
    planned(services, subject="Iets anders")

    with pytest.raises(StateError, match=f"^wave {wave_id} was planned anew while it was looked over; "):
        preflight.keep(services, seen)

    assert preflight.is_done(services, wave_id) is False


def test_only_a_planned_wave_is_looked_over(services, people):
    wave_id = planned(services)
    seen = preflight.look(services, wave_id)

    for state in (WaveState.DRAFT, WaveState.APPROVED, WaveState.SENT, WaveState.CANCELLED):
        with services.sessions.begin() as session:
            session.execute(update(WaveRow).where(WaveRow.id == wave_id).values(state=state))
        refused = f"^a wave that is {state} is not looked over; only one that is planned"
        with pytest.raises(StateError, match=refused):
            preflight.look(services, wave_id)
        with pytest.raises(StateError, match=refused):
            preflight.keep(services, seen)


def test_a_wave_planned_before_there_were_findings_is_to_be_planned_again(services, people):
    wave_id = planned(services)
    with services.sessions.begin() as session:
        session.execute(delete(PreflightRow))

    with pytest.raises(StateError, match=f"wave {wave_id} has no findings of its planning yet; plan it again"):
        preflight.look(services, wave_id)


def test_a_subject_that_went_out_before_is_named_and_one_that_waits_is_not(services, people):
    earlier, _ = planned(services, "vorige"), planned(services, "latere")
    with services.sessions.begin() as session:
        session.execute(update(WaveRow).where(WaveRow.id == earlier).values(started_at=services.clock()))

    what = "“Dag @@first_name@@” went out before (vorige/start, 20 Nov 2026, 13:00 CET); readers would take it for the same mail"  # noqa: E501
    assert [each for each in told(preflight.look(services, planned(services)).new) if each[0] != "note"] == [
        ("warning", "https://example.org/nieuws", f"{EXAMPLE} (“lees”)"),
        ("warning", "subject", what),
    ]


def test_the_size_is_that_of_the_mail_with_the_longest_names(services, people):
    with services.sessions.begin() as session:
        session.execute(update(ContactRow).where(ContactRow.id == people[1]).values(first_name='"' * 150))

    seen = preflight.look(services, planned(services, html="@@first_name@@" * 20 + "x" * 70_000, links=OURS))

    assert [mail.held for mail in seen.mails] == [70_000 + 20 * 150 * len("&quot;")]
    assert told(seen.new)[0] == ("warning", "variant nl", "HTML has 88 kB once merged; it must stay under 100")


def test_a_message_that_nobody_gets_is_weighed_by_guess(services):
    seen = preflight.look(services, planned(services, html="@@first_name@@", links=OURS))

    assert [mail.held for mail in seen.mails] == [16]


def program(services: Services, name: str, body: str) -> str:
    path = services.settings.home / name
    path.write_text(f"#!{sys.executable} -IS\nimport sys\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_a_mail_that_looks_like_spam_is_a_warning(services, people):
    body = "sys.stdin.read()\nprint('X-Spam-Outreach: score=7.5 tests=SHOUTING=7,GREEDY=0.5\\n')"
    services = with_settings(services, spamassassin=program(services, "spamassassin", body))

    seen = preflight.look(services, planned(services, links=OURS))

    what = "SpamAssassin gives it 7.5; from 5 on mails are put aside: SHOUTING (7), GREEDY (0.5)"
    assert told(seen.new) == [
        ("warning", "variant nl", what),
        ("note", "links", "1 looked at, 1 lead somewhere"),
        ("note", "spam", "1 mails scored by SpamAssassin"),
        ("note", "pictures", NO_PICTURES),
    ]


def test_a_program_that_fails_is_a_note_and_nothing_else_is_lost(services, people):
    services = with_settings(
        services,
        spamassassin=program(services, "spamassassin", "sys.exit('no rules')"),
        chromium=program(services, "chromium", "sys.exit(1)"),
    )

    found = told(preflight.inspect(services, planned(services, links=OURS)).new)

    assert found[:2] == [
        ("note", "links", "1 looked at, 1 lead somewhere"),
        ("note", "spam", "not checked by SpamAssassin: it gave no score (exit 1), but said: no rules"),
    ]
    assert found[2][2].startswith("not checked by Chromium: it ended")
