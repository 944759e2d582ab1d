from dataclasses import replace

import pytest
from prefect import flow
from sqlalchemy import insert

from flows import preflight as flow_tasks
from flows.preflight import looked_over
from outreach.model.delivery import Plan
from outreach.model.preflight import Level
from outreach.steps import preflight, waves
from outreach.store.tables import ContactGroupRow
from tests.builders_delivery import add_people
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


def test_a_wave_that_waits_for_no_approval_is_not_looked_over(plan, services):
    waves.approve_wave(services, plan.wave_id, plan.digest, by="Marieke")

    assert looking(plan) == plan
