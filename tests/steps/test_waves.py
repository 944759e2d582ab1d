"""From a campaign folder to an approved wave, with the real templates, audiences and campaign."""

import shutil

import pytest
from sqlalchemy import delete, insert, select, update

from outreach.campaigns.read import list_campaigns
from outreach.errors import ApprovalVoid, DefinitionError, NotFound, StateError
from outreach.model.wave import WaveState, WaveStep, wave_after
from outreach.steps import approval, ending, sending, waves
from outreach.store.tables import (
    BatchRow,
    ContactGroupRow,
    ContactRow,
    DeliveryRow,
    MessageRow,
    MilestoneRow,
    SubscriptionRow,
    SuppressionRow,
)
from tests.builders_delivery import add_people

START = ("sociaal-werkers", "start")


@pytest.fixture
def members(services):
    with services.sessions.begin() as session:
        ids = add_people(session, 6)
        session.execute(insert(ContactGroupRow), [{"contact_id": id_, "name": "member"} for id_ in ids])
        others = [{"contact_id": ids[0], "name": "social-worker"}, {"contact_id": ids[0], "name": "municipality"}]
        session.execute(insert(ContactGroupRow), others)
        session.execute(update(ContactRow).where(ContactRow.id == ids[1]).values(language="de"))
        session.execute(update(ContactRow).where(ContactRow.id == ids[2]).values(language=None))
        session.execute(update(ContactRow).where(ContactRow.id == ids[3]).values(kind="role"))
        row = {"email": "person6@example.org", "reason": "by_hand", "detail": "", "at": services.clock()}
        session.execute(insert(SuppressionRow), [row])
    return ids


def plan(services, run: str = "run 1"):
    return waves.planned_for(services, *waves.named(services, *START), run)


def state(services, wave_id: int) -> WaveState:
    return waves.wave(services, wave_id).state


def test_a_plan_says_who_gets_which_language_and_who_is_left_out(services, members):
    planned = plan(services)

    assert planned.cells == {("members", "nl"): 2, ("members", "de"): 1, ("members", "nl+de"): 2}
    assert planned.out == {"suppressed": 1}
    assert [finding for finding in planned.findings if finding.level == "stop"] == []
    assert state(services, planned.wave_id) is WaveState.PLANNED


def test_whoever_is_in_two_audiences_counts_in_the_first_and_is_written_to_once(services, members):
    plan(services)

    with services.sessions() as session:
        rows = session.execute(select(DeliveryRow.audience).where(DeliveryRow.contact_id == members[0])).all()
    assert rows == [("members",)]


def test_nothing_is_sent_without_approval(services, members):
    planned = plan(services)

    with pytest.raises(StateError, match="a wave that is planned cannot start; possible now: approve, cancel"):
        waves.start_wave(services, planned.wave_id)


def test_an_approved_wave_is_sent_to_everybody_in_their_language(services, provider, members):
    planned = plan(services)
    waves.approve_wave(services, planned.wave_id, planned.digest, by="Marieke", without_a_look=True)
    waves.start_wave(services, planned.wave_id)

    sent = sending.send_batches(services, planned.wave_id, lambda seconds: None)

    assert sent == 5
    subjects = {mail.recipient: mail.subject for mail in provider.mails}
    assert subjects["person2@example.org"] == planned.subjects["de"]
    assert subjects["person4@example.org"] == planned.subjects["nl+de"]


def test_the_same_run_keeps_its_plan_when_it_starts_again(services, members):
    first = plan(services)
    with services.sessions.begin() as session:
        session.execute(update(ContactRow).where(ContactRow.id == members[1]).values(language="nl"))

    assert plan(services).cells == first.cells


def test_another_run_plans_anew_and_an_earlier_approval_is_void(services, members):
    first = plan(services)
    with services.sessions.begin() as session:
        session.execute(update(ContactRow).where(ContactRow.id == members[1]).values(language="nl"))

    plan(services, "run 2")

    with pytest.raises(ApprovalVoid, match="is not of wave 1 as it is planned now"):
        waves.approve_wave(services, first.wave_id, first.digest, by="Marieke", without_a_look=True)


def test_planning_an_approved_wave_again_voids_the_approval(services, members):
    planned = plan(services)
    waves.approve_wave(services, planned.wave_id, planned.digest, by="Marieke", without_a_look=True)

    waves.plan_wave(services, *waves.named(services, *START))

    assert state(services, planned.wave_id) is WaveState.PLANNED


def test_a_wave_that_was_sent_is_not_sent_again_by_another_run(services, members):
    planned = plan(services)
    waves.approve_wave(services, planned.wave_id, planned.digest, by="Marieke", without_a_look=True)
    waves.start_wave(services, planned.wave_id)
    sending.send_batches(services, planned.wave_id, lambda seconds: None)
    sending.finish_wave(services, planned.wave_id)

    assert plan(services).digest == planned.digest
    with pytest.raises(StateError, match="sociaal-werkers/start was sent already; nothing is sent twice"):
        plan(services, "run 2")


def test_a_rejected_wave_stays_planned(services, members):
    planned = plan(services)

    waves.reject_wave(services, planned.wave_id, planned.digest, by="Marieke", note="another subject")

    assert state(services, planned.wave_id) is WaveState.PLANNED


def test_a_wave_for_nobody_cannot_be_approved(services, members):
    with services.sessions.begin() as session:
        session.execute(delete(SubscriptionRow))
    planned = plan(services)

    with pytest.raises(DefinitionError, match="the preflight has stops, see members, municipalities, social_workers"):
        waves.approve_wave(services, planned.wave_id, planned.digest, by="Marieke", without_a_look=True)


def test_a_wave_whose_audience_names_nothing_is_not_planned(services):
    with pytest.raises(DefinitionError, match=r"^members\.toml: group = .*nobody has been imported yet"):
        plan(services)

    assert waves.all_waves(services) == []


def test_a_missing_translation_stops_the_plan_and_is_named(services, members, tmp_path):
    shutil.copytree(services.settings.templates, tmp_path / "templates")
    (tmp_path / "templates/campaigns/sociaal-werkers/start.de.md").unlink()
    settings = services.settings.model_copy(update={"templates": tmp_path / "templates"})
    broken = type(services)(**{**vars(services), "settings": settings})

    with pytest.raises(DefinitionError, match=r"start\.de\.md is missing: the campaign speaks nl, de"):
        plan(broken)


def test_an_unknown_wave_or_campaign_lists_what_there_is(services):
    with pytest.raises(
        NotFound, match="no wave in sociaal-werkers 'begin'; there is: reminder, result, six-of-ten, start"
    ):
        waves.named(services, "sociaal-werkers", "begin")
    known = ", ".join(list_campaigns(services.settings.templates))
    with pytest.raises(NotFound, match=f"no campaign 'x'; there is: {known}"):
        waves.named(services, "x", "start")


def test_pause_resume_and_cancel_are_steps_by_hand_and_others_are_not(services, members):
    planned = plan(services)
    waves.approve_wave(services, planned.wave_id, planned.digest, by="Marieke", without_a_look=True)
    waves.start_wave(services, planned.wave_id)

    def step(taken: WaveStep, **words: str) -> tuple[object, ...]:
        waves.take_step(services, planned.wave_id, taken, **words)
        wave = waves.wave(services, planned.wave_id)
        return wave.state, wave.paused_by, wave.paused_why, wave.paused_at is not None, wave.finished_by

    assert step(WaveStep.PAUSE) == (WaveState.PAUSED, "", "", True, "")
    assert step(WaveStep.RESUME, by="Els") == (WaveState.SENDING, "", "", False, "")
    assert step(WaveStep.PAUSE, by=" Noor ", why="a wrong date") == (WaveState.PAUSED, "Noor", "a wrong date", True, "")
    assert ending.left_in_words(services, planned.wave_id).startswith("Paused by Noor ")
    assert step(WaveStep.CANCEL, by="Els") == (WaveState.CANCELLED, "", "", False, "Els")
    assert ending.left_in_words(services, planned.wave_id).endswith(" people get nothing: it was cancelled by Els.")
    with services.sessions() as session:
        told = session.scalars(select(MilestoneRow.payload).order_by(MilestoneRow.id)).all()[-3:]
    assert [(each["by"], each.get("why")) for each in told] == [("Els", None), ("Noor", "a wrong date"), ("Els", None)]


def test_steps_that_cannot_be_taken_say_what_a_person_can_do(services, members):
    planned = plan(services)
    for wrong, words in (
        ({"step": WaveStep.FINISH}, "finish is not a step to take by hand; there is: pause, resume, cancel"),
        ({"step": WaveStep.PAUSE, "why": "late"}, "why: found 'late', and nobody who says so; write a name in by"),
        ({"step": WaveStep.RESUME, "why": "late", "by": "Els"}, "a reason is kept with a pause alone"),
    ):
        with pytest.raises((StateError, DefinitionError), match=words):
            waves.take_step(services, planned.wave_id, **wrong)
    with pytest.raises(StateError, match="a wave that is sent cannot resume; wave-leftovers sends again to those it"):
        wave_after(WaveState.SENT, WaveStep.RESUME)
    with pytest.raises(StateError, match="a wave that is cancelled cannot pause; nothing of it is sent any more"):
        wave_after(WaveState.CANCELLED, WaveStep.PAUSE)


def test_every_step_of_a_wave_leaves_a_milestone(services, members):
    planned = plan(services)
    waves.approve_wave(services, planned.wave_id, planned.digest, by="Marieke", without_a_look=True)

    with services.sessions() as session:
        names = session.scalars(select(MilestoneRow.name).order_by(MilestoneRow.id)).all()
    assert names == ["outreach.wave.planned", "outreach.wave.approved"]


def test_the_approver_reads_who_gets_what(services, members):
    planned = plan(services)

    text = approval.summary(services, planned)

    assert text.startswith("## Send “Start van de campagne” to 5 people?")
    assert "| Members | Nederlands &#43; Deutsch | 2 |" in text
    assert "Left out: 1 (on the suppression list" in text


def test_a_mail_shown_online_names_nobody_and_cannot_unsubscribe(services, members):
    planned = plan(services)
    with services.sessions() as session:
        delivery = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)).first()

    page = waves.view_online(services, services.tokens.rid(delivery.id))

    assert delivery.first_name not in page
    assert f"p/{planned.wave_id}.gif" in page
    assert services.tokens.unsubscribe(delivery.id) not in page


def test_batches_are_small_enough_for_a_call_written_out_in_full(services, members):
    provider = services.provider
    provider.limits = type(provider.limits)(recipients=500, body_bytes=250_000)

    planned = plan(services)

    with services.sessions() as session:
        sizes = session.scalars(select(BatchRow.size).where(BatchRow.wave_id == planned.wave_id)).all()
        largest = max(len(mail.html) + len(mail.text) for mail in session.scalars(select(MessageRow)))
    assert max(sizes) * largest < 250_000


def test_another_greeting_is_another_digest(services, members):
    first = plan(services)
    with services.sessions.begin() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.contact_id == members[0]).values(first_name="Anders"))

    assert waves.current_plan(services, first.wave_id).digest != first.digest
