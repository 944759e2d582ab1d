"""What prefect.yaml declares is there, and says where people find things."""

import importlib

import pytest
import yaml
from prefect import Flow

from outreach.model.wave import WaveState
from outreach.settings import ROOT

DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_every_deployment_names_a_flow_of_its_own_name(deployment):
    module, _, name = deployment["entrypoint"].rpartition(".")

    flow = getattr(importlib.import_module(module), name)

    assert isinstance(flow, Flow)
    assert flow.name == deployment["name"]


def test_content_late_mails_dashboards_and_retention_run_by_themselves():
    scheduled = {deployment["name"] for deployment in DEPLOYMENTS if deployment.get("schedules")}

    assert scheduled == {"late-mails", "pull-content", "refresh-dashboard", "retention"}


def test_triggers_wait_for_events_that_waves_make():
    expected = {event for d in DEPLOYMENTS for trigger in d.get("triggers", ()) for event in trigger["expect"]}

    assert expected <= {f"outreach.wave.{state}" for state in WaveState}


def test_every_description_links_to_the_new_pages_of_the_ui():
    for deployment in DEPLOYMENTS:
        assert "](/v2/" in deployment["description"]
