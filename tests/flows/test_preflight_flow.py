from dataclasses import replace
from datetime import timedelta

import pytest
from prefect import flow
from sqlalchemy import insert

from flows import preflight as flow_tasks
from flows.forms import SendingForm
from flows.preflight import looked_over
from flows.send_wave import WaveForm, send_wave
from outreach.model.delivery import Plan
from outreach.model.preflight import Finding, Level
from outreach.model.wave import WaveState
from outreach.steps import preflight, waves
from outreach.store.tables import ContactGroupRow, PreflightRow
from tests.builders_delivery import add_people
from tests.flows.runs import Run
from tests.flows.test_flows import artifacts


@pytest.fixture
def plan(installed, services) -> Plan:
    with services.sessions.begin() as session:
        ids = add_people(session, 2)
        groups = ("member", "municipality", "social-worker")
        session.execute(insert(ContactGroupRow), [{"contact_id": ids[0], "name": name} for name in groups])
    return waves.plan_wave(services, *waves.named(services, "sociaal-werkers", "start"))


@flow(name="looking")
def looking(plan: Plan) -> Plan:
    return looked_over(plan)


def test_a_planned_wave_is_looked_over_once_and_the_approver_is_told(plan, services, monkeypatch):
    found = looking(plan)
    report = artifacts()["outreach-preflight-sociaal-werkers--start"]
    monkeypatch.setattr(flow_tasks.preflight, "look", None)  # a second look would fail

    again = looking(plan)

    assert found.findings == again.findings == preflight.findings(services, plan.wave_id)
    assert {finding.level for finding in found.findings} == {Level.WARNING, Level.NOTE}
    assert replace(found, findings=plan.findings) == plan
    assert "# Preflight: Start van de campagne" in str(report.data)


def test_an_answer_after_more_than_a_day_has_it_looked_over_again_and_asked_again_where_there_are_new_stops(
    plan, services, monkeypatch
):
    run = Run(send_wave, wave=WaveForm(name="sociaal-werkers/start"), sending=SendingForm(lanes=1))
    run.go()
    grow_older(services, plan.wave_id)
    look = preflight.look
    gone = Finding(Level.STOP, "a page", "is gone")
    monkeypatch.setattr(preflight, "look", lambda *of: replace(found := look(*of), new=(*found.new, gone)))
    run.answer(decision="approve", by="Els")

    assert run.go() == "Suspended"
    assert "**It cannot be sent yet:**\\n\\n- a page: is gone" in run.question()
    assert waves.wave(services, plan.wave_id).state is WaveState.PLANNED

    monkeypatch.setattr(preflight, "look", look)
    grow_older(services, plan.wave_id)
    run.answer(decision="approve", by="Els")
    assert run.go() == "Completed"
    assert waves.wave(services, plan.wave_id).state is WaveState.SENT


def grow_older(services, wave_id: int) -> None:
    with services.sessions.begin() as session:
        row = session.get_one(PreflightRow, wave_id)
        row.at -= timedelta(days=2)


def test_a_wave_that_waits_for_no_approval_is_not_looked_over(plan, services):
    waves.approve_wave(services, plan.wave_id, plan.digest, by="Marieke", without_a_look=True)

    assert looking(plan) == plan
