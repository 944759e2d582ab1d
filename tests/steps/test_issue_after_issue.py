"""One issue after the other: what waits for the next, what counts as told, and two runs that want the same one."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from outreach.errors import StateError
from outreach.model.newsletter import Changes
from outreach.model.wave import WaveState, WaveStep
from outreach.steps import approval, digest, newsletter, sending, waves
from outreach.steps.newsletter import NothingNew
from outreach.store.tables import ContactRow, MessageRow
from tests.builders_compose import ENVIRONMENT
from tests.builders_delivery import no_wait
from tests.builders_newsletter import add_readers, news, newsletter_of, planned, pull, send

MEMBERS = newsletter_of()
TAKEN = (
    "issue 1 of test/nieuwsbrief was planned anew by another run, run 2, which asks about it now; this run has changed "
    "nothing and sends nothing"
)


@pytest.fixture
def services(services):
    """The services of every test, with templates that were read once for all."""
    return replace(services, templates=ENVIRONMENT)


@pytest.fixture
def first(services):
    """The first issue, waiting for its approval; one story in each language, two readers."""
    add_readers(services, {"member": 2})
    pull(services, news(services, "een"))
    pull(services, news(services, "eins"), language="de")
    return planned(services, MEMBERS)


def change(services, plan, run: str, **changes):
    return newsletter.change_issue(services, *MEMBERS, plan.wave_id, Changes(**changes), run)


def held(services, plan) -> list[str]:
    """Titles of the Dutch items."""
    parts = newsletter.issue_of(services, plan.wave_id).draft.parts
    return [item.title for part in parts if part.language == "nl" for item in part.items]


def pull_hourly(services, clock, *titles: str) -> None:
    for title in titles:
        pull(services, news(services, title))
        clock.forward(hours=2)


def test_what_did_not_fit_waits_for_the_next_issue_behind_what_is_newer(services, clock):
    add_readers(services, {"member": 1})
    pull_hourly(services, clock, "a", "b", "c", "d", "e")
    named = newsletter_of(most_news=3)
    one = planned(services, named)
    send(services, one)
    clock.forward(days=7)
    pull(services, news(services, "f"))
    two = planned(services, named, "run 2")
    send(services, two)

    assert "This issue is full; waiting for the next one: 2." in approval.summary(services, one)
    assert (held(services, one), held(services, two)) == (["e", "d", "c"], ["f", "b", "a"])
    assert newsletter.plan_issue(services, *named, "run 3") == NothingNew("test/nieuwsbrief", clock())


def test_what_waits_comes_also_where_nothing_else_is_new_until_it_is_older_than_the_newsletter_reaches(services, clock):
    add_readers(services, {"member": 1})
    pull_hourly(services, clock, "a", "b", "c")
    named = newsletter_of(most_news=1, first_days=10)
    send(services, planned(services, named))
    clock.forward(days=7)
    two = planned(services, named, "run 2")
    send(services, two)
    clock.forward(days=7)

    assert held(services, two) == ["b"]
    assert isinstance(newsletter.plan_issue(services, *named, "run 3"), NothingNew)


def test_what_came_in_since_the_issue_before_is_new_however_far_that_is_back(services, clock):
    add_readers(services, {"member": 1})
    named = newsletter_of(most_news=1, first_days=10)
    pull_hourly(services, clock, "a", "b")
    send(services, planned(services, named))
    clock.forward(hours=1)
    pull(services, news(services, "c"))
    clock.forward(days=60)

    assert held(services, planned(services, named, "run 2")) == ["c"]


def test_what_waits_for_one_audience_was_told_to_another(services, clock):
    ids = add_readers(services, {"member": 1, "social-worker": 1})
    with services.sessions.begin() as session:
        session.execute(update(ContactRow).where(ContactRow.id.in_(ids)).values(language="nl"))
    pull(services, news(services, "a"))
    clock.forward(hours=2)
    pull(services, news(services, "b"), topic="poverty")
    topics = {"members": ("social-work", "poverty")}
    named = newsletter_of(("members", "social_workers"), most_news=1, topics=topics)
    send(services, planned(services, named))
    clock.forward(days=7)

    parts = newsletter.issue_of(services, planned(services, named, "run 2").wave_id).draft.parts

    said = {part.audiences: [item.title for item in part.items] for part in parts if part.language == "nl"}
    assert said == {("members",): ["a"], ("social_workers",): []}


def test_a_run_whose_issue_another_took_over_neither_plans_nor_changes_it(services, first):
    pull(services, news(services, "twee"))
    planned(services, MEMBERS, "run 2")
    mine = change(services, first, "run 2", intros={"nl": "Hoi"})

    for lost in (
        lambda: newsletter.plan_issue(services, *MEMBERS, "run 1"),
        lambda: newsletter.issue_of_run(services, first.wave_id, "run 1"),
        lambda: change(services, first, "run 1", intros={"nl": "Dag"}),
        lambda: change(services, first, "run 1", intros={"nl": "{{ nope }}"}),
    ):
        with pytest.raises(StateError) as refused:
            lost()
        assert str(refused.value) == TAKEN
    issue = newsletter.issue_of(services, first.wave_id)
    assert (issue.run, issue.draft.changes, issue.draft.former) == ("run 2", Changes(intros={"nl": "Hoi"}), ("run 1",))
    assert planned(services, MEMBERS, "run 2").digest == mine.digest


@pytest.mark.parametrize("intro", ["Dag", "{{ nope }}"])
def test_an_issue_that_is_taken_over_while_it_is_changed_stays_with_the_other_run(services, first, monkeypatch, intro):
    meanwhile(services, monkeypatch, lambda: planned(services, MEMBERS, "run 2"))

    with pytest.raises(StateError) as refused:
        change(services, first, "run 1", intros={"nl": intro})

    assert str(refused.value) == TAKEN
    issue = newsletter.issue_of(services, first.wave_id)
    assert (issue.run, issue.draft.changes) == ("run 2", Changes())


@pytest.mark.parametrize("run", ["run 1", "run 2"])
def test_an_approval_that_is_given_while_the_issue_is_gathered_again_stays(services, first, monkeypatch, run):
    meanwhile(services, monkeypatch, lambda: send(services, first))
    again = {
        "run 1": lambda: change(services, first, "run 1", intros={"nl": "Hoi"}),
        "run 2": lambda: newsletter.plan_issue(services, *MEMBERS, "run 2"),
    }

    with pytest.raises(StateError, match="issue 1 of test/nieuwsbrief was approved meanwhile, and goes as it was"):
        again[run]()

    assert waves.wave(services, first.wave_id).state is WaveState.APPROVED
    assert newsletter.issue_of(services, first.wave_id).run == "run 1"
    assert waves.start_wave(services, first.wave_id) is WaveState.SENDING


def meanwhile(services, monkeypatch, happens) -> None:
    """Let something happen between the gathering of what is new, or the reading of intros, and the plan."""
    plain = {"gather": digest.gather, "_try_intros": newsletter._try_intros}

    def once(name):
        def done(*given):
            for room, other in ((digest, "gather"), (newsletter, "_try_intros")):
                monkeypatch.setattr(room, other, plain[other])
            happens()
            return plain[name](*given)

        return done

    monkeypatch.setattr(digest, "gather", once("gather"))
    monkeypatch.setattr(newsletter, "_try_intros", once("_try_intros"))


def test_what_went_out_of_a_cancelled_issue_is_told(services, first, clock):
    go(services, first)
    waves.take_step(services, first.wave_id, WaveStep.CANCEL)

    assert newsletter.plan_issue(services, *MEMBERS, "run 2") == NothingNew("test/nieuwsbrief", clock())


def test_what_was_cancelled_before_anybody_was_written_to_comes_again(services, first):
    send(services, first)
    waves.start_wave(services, first.wave_id)
    waves.take_step(services, first.wave_id, WaveStep.CANCEL)

    assert held(services, planned(services, MEMBERS, "run 2")) == ["een"]


def go(services, plan) -> None:
    send(services, plan)
    waves.start_wave(services, plan.wave_id)
    sending.send_batches(services, plan.wave_id, no_wait)


HARMFUL = [
    ("Dag\n\nHallo \x00 daar", "line 3: found the character U+0000, which no mail can hold; take it out"),
    ("Hallo \ud800 daar", "line 1: found the character U+D800, which no mail can hold; take it out"),
    ("{% include 'campaigns/sociaal-werkers/campaign.toml' %}", "line 1: found 'include' between curly braces"),
    ("\n{% for i in range(10**9) %}{% endfor %}", "line 2: found 'for' between curly braces"),
]


@pytest.mark.parametrize(("intro", "problem"), HARMFUL)
def test_an_intro_that_would_do_harm_is_told_with_the_next_question_and_what_is_kept_of_it_can_be_mended(
    services, first, intro: str, problem: str
):
    second = change(services, first, "run 1", intros={"nl": intro})

    draft = newsletter.issue_of(services, first.wave_id).draft
    assert draft.problem.startswith(f"intro in nl: {problem}")
    assert draft.changes.intros["nl"] == intro.replace("\x00", "").replace("\ud800", "")
    assert second.digest == first.digest
    assert "The last change could not be made" in approval.summary(services, second)
    mended = change(services, second, "run 1", intros={"nl": "Hallo"})
    with services.sessions() as session:
        assert "Hallo" in session.scalars(select(MessageRow.text).where(MessageRow.variant == "nl")).one()
    assert newsletter.issue_of(services, mended.wave_id).draft.problem == ""
