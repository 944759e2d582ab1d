"""Issues of a newsletter: what is new for whom, who is written to, and what a person changes."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from outreach.errors import DefinitionError, NotFound, StateError
from outreach.model.newsletter import Changes
from outreach.model.preflight import Level
from outreach.model.wave import WaveState, WaveStep
from outreach.steps import approval, newsletter, sending, waves
from outreach.steps.newsletter import NothingNew
from outreach.store.tables import BatchRow, ContactGroupRow, ContactRow, ContentRow, DeliveryRow, MessageRow
from tests.builders_compose import ENVIRONMENT
from tests.builders_delivery import no_wait, planned_wave
from tests.builders_newsletter import NAME, add_readers, event, news, newsletter_of, planned, pull, send

MEMBERS = newsletter_of()


@pytest.fixture
def services(services):
    """The services of every test, with templates that were read once for all."""
    return replace(services, templates=ENVIRONMENT)


def texts(services, plan) -> dict[str, str]:
    with services.sessions() as session:
        rows = session.scalars(select(MessageRow).where(MessageRow.wave_id == plan.wave_id))
        return {f"{row.audience}:{row.variant}": row.text for row in rows}


def held(services, plan) -> dict[str, list[str]]:
    """Titles by language, of an issue that is the same for everybody."""
    parts = newsletter.issue_of(services, plan.wave_id).draft.parts
    return {part.language: [item.title for item in part.items] for part in parts}


def keys(services, plan) -> dict[str, str]:
    return {item.title: item.key for _, item in newsletter.issue_of(services, plan.wave_id).draft.offered}


def change(services, plan, named=MEMBERS, run="run 1", **changes):
    return newsletter.change_issue(services, *named, plan.wave_id, Changes(**changes), run)


def stops(plan) -> list[str]:
    return [finding.what for finding in plan.findings if finding.level is Level.STOP]


def test_an_issue_holds_what_is_new_and_the_next_one_what_is_new_since(services, clock):
    add_readers(services, {"member": 2})
    pull(services, news(services, "een"), news(services, "twee"), event("dag", clock().replace(month=12)))
    pull(services, news(services, "eins"), language="de")
    first = planned(services, MEMBERS)
    send(services, first)
    clock.forward(days=7)
    pull(services, news(services, "drie"))
    pull(services, news(services, "drei"), language="de")

    second = planned(services, MEMBERS, "run 2")

    assert held(services, first) == {"nl": ["twee", "een", "dag"], "de": ["eins"]}
    assert held(services, second) == {"nl": ["drie", "dag"], "de": ["drei"]}
    assert [waves.wave(services, plan.wave_id).name for plan in (first, second)] == ["nieuwsbrief-1", "nieuwsbrief-2"]
    assert waves.wave(services, second.wave_id).title == second.subjects["nl"] == "Brief 2"
    assert stops(first) == stops(second) == []


def test_where_nothing_is_new_nothing_is_planned(services, clock):
    add_readers(services, {"member": 2})
    assert newsletter.plan_issue(services, *MEMBERS, "run 1") == NothingNew(NAME, None)
    pull(services, news(services, "een"), event("dag", clock().replace(month=12)))
    first = planned(services, MEMBERS)
    send(services, first)
    gathered = clock()
    clock.forward(days=7)

    assert newsletter.plan_issue(services, *MEMBERS, "run 2") == NothingNew(NAME, gathered)
    assert [wave.name for wave in waves.all_waves(services)] == ["nieuwsbrief-1"]


def test_what_is_old_cancelled_in_another_language_or_only_edited_is_nothing_new(services, clock):
    add_readers(services, {"member": 1})
    pull(services, news(services, "een"))
    send(services, planned(services, MEMBERS))
    clock.forward(days=20)
    old = replace(news(services, "archief"), published=clock().replace(month=10))
    pull(services, old, event("weg", clock().replace(month=12, day=20)), news(services, "three"), language="en")
    pull(services, old, event("weg", clock().replace(month=12, day=20)))
    with services.sessions.begin() as session:
        session.execute(update(ContentRow).where(ContentRow.title == "weg").values(cancelled=True))
        session.execute(update(ContentRow).where(ContentRow.title == "een").values(revision=2, seen_at=clock()))

    assert isinstance(newsletter.plan_issue(services, *MEMBERS, "run 2"), NothingNew)


def test_what_was_being_pulled_while_an_issue_was_gathered_comes_in_the_next(services, clock):
    add_readers(services, {"member": 1})
    pull(services, news(services, "een"))
    late = news(services, "laat")
    send(services, planned(services, MEMBERS))
    pull(services, late)  # stored with the time at which the pull began
    clock.forward(days=7)

    assert held(services, planned(services, MEMBERS, "run 2"))["nl"] == ["laat"]


def test_a_language_without_anything_new_is_in_no_mail_and_its_readers_are_counted_out(services):
    ids = add_readers(services, {"member": 4})
    with services.sessions.begin() as session:
        session.execute(update(ContactRow).where(ContactRow.id == ids[3]).values(kind="role"))
    pull(services, news(services, "een"))

    plan = planned(services, MEMBERS)

    assert plan.cells == {("members", "nl"): 3}
    assert plan.out == {"nothing new": 1}
    assert list(texts(services, plan)) == [":nl"]
    assert stops(plan) == []
    assert "Left out: 1 (nothing new to read in a language of theirs)." in approval.summary(services, plan)


def test_an_issue_that_nobody_can_read_cannot_go(services):
    ids = add_readers(services, {"member": 2})
    with services.sessions.begin() as session:
        session.execute(update(ContactRow).where(ContactRow.id.in_(ids)).values(language="de"))
    pull(services, news(services, "een"))

    assert stops(planned(services, MEMBERS)) == ["nobody in it has anything new to read in a language of theirs"]


TWO = newsletter_of(("members", "social_workers"), topics={"members": ("poverty",)})


def test_audiences_with_topics_of_their_own_get_mails_of_their_own(services, provider):
    ids = add_readers(services, {"member": 2, "social-worker": 2})
    with services.sessions.begin() as session:
        session.add(ContactGroupRow(contact_id=ids[0], name="social-worker"))
    pull(services, news(services, "over-geld"), topic="poverty")
    pull(services, news(services, "over-zorg"))
    pull(services, news(services, "zur-pflege"), language="de")

    plan = planned(services, TWO)
    send(services, plan)
    waves.start_wave(services, plan.wave_id)
    sending.send_batches(services, plan.wave_id, no_wait)

    assert plan.cells == {("members", "nl"): 1, ("social_workers", "nl"): 1, ("social_workers", "de"): 1}
    assert plan.out == {"nothing new": 1}
    assert sorted(plan.subjects) == [
        "members: nl", "social_workers: de", "social_workers: de+nl", "social_workers: nl", "social_workers: nl+de",
    ]  # fmt: skip
    titles = ("over-geld", "over-zorg", "zur-pflege")
    assert {mail.recipient: [title for title in titles if title in mail.text] for mail in provider.mails} == {
        "person1@example.org": ["over-geld"],
        "person3@example.org": ["over-zorg"],
        "person4@example.org": ["zur-pflege"],
    }


def test_whose_first_audience_has_nothing_new_gets_what_the_second_has(services):
    ids = add_readers(services, {"member": 2})
    with services.sessions.begin() as session:
        session.add(ContactGroupRow(contact_id=ids[0], name="social-worker"))
    pull(services, news(services, "werk"))

    plan = planned(services, TWO)

    assert plan.cells == {("social_workers", "nl"): 1}
    assert plan.out == {"nothing new": 1}


def test_several_topics_bring_no_article_twice(services):
    add_readers(services, {"member": 1})
    pull(services, news(services, "een"))
    pull(services, news(services, "een"), news(services, "arm"), topic="poverty")

    plan = planned(services, newsletter_of(topics={"members": ("social-work", "poverty")}))

    assert held(services, plan)["nl"] == ["arm", "een"]
    assert list(texts(services, plan)) == [":nl"]


def test_an_issue_that_was_rejected_comes_again_under_its_number(services, clock):
    add_readers(services, {"member": 1})
    pull(services, news(services, "een"))
    first = planned(services, MEMBERS)
    waves.reject_wave(services, first.wave_id, first.digest, by="Marieke")
    clock.forward(days=1)
    pull(services, news(services, "twee"))

    second = planned(services, MEMBERS, "run 2")

    assert (second.wave_id, held(services, second)["nl"]) == (first.wave_id, ["twee", "een"])


def test_a_run_that_starts_again_keeps_its_issue(services, clock):
    add_readers(services, {"member": 1})
    pull(services, news(services, "een"))
    first = planned(services, MEMBERS)
    clock.forward(days=1)
    pull(services, news(services, "twee"))

    assert planned(services, MEMBERS).digest == first.digest
    send(services, first)
    assert planned(services, MEMBERS).wave_id == first.wave_id


def test_a_cancelled_issue_keeps_its_number_and_its_items_come_again(services):
    add_readers(services, {"member": 1})
    pull(services, news(services, "een"))
    first = planned(services, MEMBERS)
    waves.take_step(services, first.wave_id, WaveStep.CANCEL)

    second = planned(services, MEMBERS, "run 2")

    assert (waves.wave(services, second.wave_id).name, held(services, second)["nl"]) == ("nieuwsbrief-2", ["een"])


def test_a_person_leaves_an_item_out_and_another_one_moves_up_but_it_stays_out_of_later_issues(services, clock):
    add_readers(services, {"member": 1})
    named = newsletter_of(most_news=2)
    dag = event("dag", clock().replace(month=12))
    pull(services, news(services, "een"), news(services, "twee"), news(services, "drie"), dag)
    first = planned(services, named)
    known = keys(services, first)

    second = change(services, first, named, left_out=(known["drie"], known["dag"]), first=known["twee"])

    draft = newsletter.issue_of(services, second.wave_id).draft
    assert (draft.asked, held(services, second)["nl"]) == (1, ["twee", "een"])
    assert second.digest != first.digest
    summary = approval.summary(services, second)
    assert "Left out: drie; dag (20 Dec 2026, 13:00 CET)." in summary
    send(services, second)
    clock.forward(days=7)
    pull(services, news(services, "vier"))
    assert held(services, planned(services, named, "run 2"))["nl"] == ["vier"]


def test_an_intro_is_written_like_any_text_and_shown_above_the_items(services):
    add_readers(services, {"member": 2})
    pull(services, news(services, "een"))
    pull(services, news(services, "eins"), language="de")
    first = planned(services, MEMBERS)

    second = change(services, first, intros={"nl": "Kom **kijken** op {{ day('2026-12-10') }}, <b>Bo</b>!"})

    text = texts(services, second)[":nl"]
    assert text.index("Welkom.") < text.index("Kom kijken op 10 december 2026, <b>Bo</b>!") < text.index("een")
    assert "there is an intro in nl, and none in de" in {finding.what for finding in second.findings}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"intros": {"nl": "Hallo\n\n{{ button('x') }}"}}, "intro in nl: line 3: no call 'x'; there is: join"),
        ({"intros": {"nl": "{% if %}"}}, "intro in nl: line 1: Expected an expression, got 'end of statement block'"),
        ({"left_out": ("nl https://example.org/een",)}, newsletter.ALL_LEFT_OUT),
    ],
)
def test_a_change_that_cannot_be_made_is_told_with_the_next_question(services, changes, problem):
    add_readers(services, {"member": 1})
    pull(services, news(services, "een"))
    first = planned(services, MEMBERS)

    second = change(services, first, **changes)

    draft = newsletter.issue_of(services, first.wave_id).draft
    assert (draft.problem, draft.changes, draft.asked) == (problem, Changes(**changes), 1)
    assert second.digest == first.digest
    assert "The last change could not be made" in approval.summary(services, second)
    assert newsletter.issue_of(services, change(services, second).wave_id).draft.problem == ""


def test_pinned_items_come_first_and_a_link_that_leads_to_nothing_is_named(services, clock):
    add_readers(services, {"member": 1})
    old = replace(news(services, "oud"), published=clock().replace(month=1))
    pull(services, news(services, "een"), old)

    plan = planned(services, newsletter_of(pinned=("https://example.org/oud", "https://example.org/nergens")))

    assert held(services, plan)["nl"] == ["oud", "een"]
    assert [finding.what for finding in plan.findings if "pinned" in finding.what] == [
        "pinned: nothing that was pulled leads to https://example.org/nergens; correct it in campaign.toml, or take "
        "it out"
    ]


def test_a_newsletter_is_no_wave_and_a_wave_no_newsletter(services):
    with pytest.raises(DefinitionError, match="is a newsletter, which comes in issues; run the deployment newsletter"):
        waves.named(services, "sociaal-werkers", "nieuwsbrief")
    with pytest.raises(NotFound, match="no newsletter in sociaal-werkers 'start'; there is: nieuwsbrief"):
        newsletter.named(services, "sociaal-werkers", "start")


def test_only_issues_can_be_changed(services):
    with pytest.raises(StateError, match=r"wave 1 \(start\) is no issue of a newsletter"):
        newsletter.issue_of(services, planned_wave(services, 0))


def test_a_wave_that_has_an_issues_name_stands_in_its_way(services):
    add_readers(services, {"member": 1})
    pull(services, news(services, "een"))
    campaign, definition = MEMBERS
    waves_ = {"nieuwsbrief-1": replace(campaign.waves["start"], name="nieuwsbrief-1")}

    with pytest.raises(DefinitionError, match=r"waves\.nieuwsbrief-1: issue 1 of the newsletter 'nieuwsbrief' goes by"):
        newsletter.plan_issue(services, replace(campaign, waves=waves_), definition, "run 1")


def test_an_issue_on_its_way_cannot_be_changed_any_more(services):
    add_readers(services, {"member": 1})
    pull(services, news(services, "een"))
    plan = planned(services, MEMBERS)
    send(services, plan)
    waves.start_wave(services, plan.wave_id)

    with pytest.raises(StateError, match="a wave that is sending cannot plan"):
        change(services, plan, intros={"nl": "Hallo"})
    with services.sessions() as session:
        assert session.scalar(select(BatchRow.size)) == 1
        assert session.scalar(select(DeliveryRow.audience)) == "members"
    assert waves.wave(services, plan.wave_id).state is WaveState.SENDING
