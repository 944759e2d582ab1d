"""An issue from the run form: asked about until it is approved as it was shown, none where nothing is new."""

import httpx
import pytest
from prefect import get_client

from flows.newsletter import NewsletterForm, newsletter_flow
from outreach.clock import now
from outreach.model.wave import WaveState
from outreach.services import Services
from outreach.steps import waves
from tests.builders_newsletter import add_readers, news, pull
from tests.flows.runs import Run

NAME = NewsletterForm(name="sociaal-werkers/nieuwsbrief")


@pytest.fixture
def readers(services: Services, clock) -> Services:
    """The audiences of the newsletter; content comes in at the flow's own time."""
    add_readers(services, {"member": 2, "municipality": 1, "social-worker": 1})
    clock.at = now()
    return services


def mails(outbox: str) -> list[dict[str, str]]:
    headers = {"Authorization": "Bearer outbox"}
    listed = httpx.get(f"{outbox}/v1/messages", headers=headers).json()["messages"]
    return sorted(listed, key=lambda mail: mail["to"])


def test_where_nothing_is_new_the_run_says_so_and_nobody_is_written_to(installed: str, readers: Services):
    run = Run(newsletter_flow, newsletter=NAME)

    assert run.go() == "Completed"
    said = "sociaal-werkers/nieuwsbrief: nothing new to begin with, so no mail was planned"
    assert run.state.message == said
    assert (mails(installed), waves.all_waves(readers)) == ([], [])
    with get_client(sync_client=True) as client:
        [shown] = [each for each in client.read_artifacts() if each.key == "newsletter-sociaal-werkers-nieuwsbrief"]
    assert shown.description == said


def test_an_issue_goes_out_once_it_is_approved_as_it_was_shown(installed: str, readers: Services):
    pull(readers, news(readers, "bericht-een"), news(readers, "bericht-twee"))
    pull(readers, news(readers, "nachricht"), language="de")
    run = Run(newsletter_flow, newsletter=NAME)

    first = run.go()
    form = run.form()
    run.answer(decision="approve", by="Els", leave_out=["nl: bericht-een"], intro_nl="{{ nope }}", intro_de="Hallo!")
    refused = (run.go(), run.question())
    kept = run.form()
    run.answer(decision="change and show again", by="Els", leave_out=["nl: bericht-een"], intro_nl="Dag, <b>Bo</b>!")
    changed = (run.go(), run.question())
    unsent = mails(installed)
    again = run.form()
    run.answer(decision="approve", note="na overleg", leave_out=["nl: bericht-een"], intro_nl="Dag, <b>Bo</b>!")
    nameless = (run.go(), run.form())
    run.answer(decision="approve", by="Els")
    done = run.go()

    assert (first, refused[0], changed[0], unsent, done) == ("Suspended", "Suspended", "Suspended", [], "Completed")
    assert nameless[0] == "Suspended"
    assert [nameless[1][name]["default"] for name in ("decision", "note", "leave_out", "intro_nl", "by")] == [
        "approve",
        "na overleg",
        ["nl: bericht-een"],
        "Dag, <b>Bo</b>!",
        "",
    ]
    assert form["leave_out"]["items"]["enum"] == ["nl: bericht-twee", "nl: bericht-een", "de: nachricht"]
    assert "intro in nl: line 1: 'nope' is undefined" in refused[1]
    assert (kept["leave_out"]["default"], kept["intro_nl"]["default"]) == (["nl: bericht-een"], "{{ nope }}")
    assert [again[name]["default"] for name in ("intro_nl", "intro_de", "first")] == [
        "Dag, <b>Bo</b>!",
        "",  # a field that was emptied is not sent
        "as it is",
    ]
    assert "Left out: bericht&#45;een" in changed[1]
    assert "Dag, &#60;b&#62;Bo&#60;/b&#62;&#33;" in changed[1]
    assert [mail["to"] for mail in mails(installed)] == [f"person{number}@example.org" for number in (1, 2, 3, 4)]


def test_a_rejected_issue_is_not_sent(installed: str, readers: Services):
    pull(readers, news(readers, "bericht"))
    run = Run(newsletter_flow, newsletter=NAME)

    run.go()
    run.answer()

    assert (run.go(), mails(installed)) == ("Completed", [])


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        ({"decision": "change and show again", "intro_nl": "Hoi", "leave_out": []}, 0),
        ({"decision": "approve", "by": "Els"}, 4),
    ],
)
def test_an_issue_that_was_approved_elsewhere_goes_only_if_the_answer_is_to_send_it_as_it_is(
    installed: str, readers: Services, answer: dict[str, object], sent: int
):
    pull(readers, news(readers, "bericht"))
    pull(readers, news(readers, "nachricht"), language="de")
    run = Run(newsletter_flow, newsletter=NAME)
    run.go()
    approve_elsewhere(readers)

    run.answer(**answer)

    assert (run.go(), len(mails(installed))) == ("Completed", sent)
    assert waves.all_waves(readers)[0].state is (WaveState.SENT if sent else WaveState.APPROVED)


def approve_elsewhere(services: Services) -> None:
    [wave] = waves.all_waves(services)
    waves.approve_wave(services, wave.id, waves.current_plan(services, wave.id).digest, by="Noor")


def test_a_run_whose_issue_another_run_took_over_ends_and_says_so(installed: str, readers: Services):
    pull(readers, news(readers, "bericht"))
    run, other = Run(newsletter_flow, newsletter=NAME), Run(newsletter_flow, newsletter=NAME)
    run.go()
    other.go()

    run.answer(decision="approve", by="Els")

    assert run.go() == "Failed"
    said = f"issue 1 of sociaal-werkers/nieuwsbrief was planned anew by another run, {other.run.id}, which asks about"
    assert said in str(run.state.message)
    assert mails(installed) == []
    assert waves.all_waves(readers)[0].state is WaveState.PLANNED
