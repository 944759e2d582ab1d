import json
from pathlib import Path

import pytest
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import FlowRun

from flows.rights import REMOVED, ForgetForm, PersonForm, export_person, forget_person, retention
from outreach.steps import rights
from tests.builders_engagement import everything, sent

EMAIL = "golden-reader0@example.org"


@pytest.fixture(autouse=True)
def at_home(installed, tmp_path, monkeypatch):
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))


def newest_run() -> FlowRun:
    with get_client(sync_client=True) as client:
        return max(client.read_flow_runs(), key=lambda run: str(run.created))


def shown(key: str) -> str:
    with get_client(sync_client=True) as client:
        return str(max(client.read_artifacts(artifact_filter=named(key)), key=lambda one: str(one.created)).data)


def named(key: str) -> ArtifactFilter:
    return ArtifactFilter(key=ArtifactFilterKey(any_=[key]))


def test_somebody_is_exported_and_forgotten_and_prefect_knows_the_key_alone(services, tmp_path):
    sent(services.sessions)
    key = rights.key_of(services, EMAIL)

    exported = export_person(PersonForm(who=EMAIL))

    (file,) = Path(tmp_path / "exports").iterdir()
    assert json.loads(file.read_text())["email"] == EMAIL
    assert (exported["contact"], exported["mails"]) == (1, 1)
    assert newest_run().parameters == {"person": {"who": key}}
    forgotten = forget_person(ForgetForm(who=EMAIL, checked=True))
    assert (forgotten["contacts"], forgotten["exports"]) == (1, 1)
    assert newest_run().parameters["person"]["who"] == key
    assert key in shown("forget-person")
    assert EMAIL not in shown("export-person") + shown("forget-person")


def test_nobody_is_forgotten_unchecked_or_by_a_word_that_is_no_address(services, caplog):
    sent(services.sessions)
    before = everything(services.sessions)

    with pytest.raises(Exception, match="tick that you have checked"):
        forget_person(ForgetForm(who=EMAIL))
    with pytest.raises(Exception, match="found neither an address nor a key"):
        forget_person(ForgetForm(who="Bo Voorbeeld", checked=True))

    run = newest_run()
    assert run.parameters["person"]["who"] == REMOVED
    assert "Voorbeeld" not in run.state.message + caplog.text
    assert everything(services.sessions) == before


def test_retention_leaves_its_proof_where_people_find_it(services):
    removed = retention()

    assert removed["engagement"] == 0
    assert "What is removed, and when" in shown("outreach-retention")
