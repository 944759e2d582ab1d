"""Sends a wave to colleagues for trying it out: nothing of it is counted, and no reader gets anything."""

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel, Field

from flows import forms
from flows.artifacts import publish
from flows.forms import at
from outreach.dashboard.trials import trial_markdown
from outreach.errors import DefinitionError
from outreach.model.people import masked
from outreach.services import open_services
from outreach.steps import trial

KEY = "outreach-test-send"


class TrialForm(BaseModel):
    """What is sent, and to which colleagues."""

    wave: str = Field(
        title="Wave or newsletter",
        description="campaign/name, such as sociaal-werkers/start",
        json_schema_extra=at(1, **forms.mails()),
    )
    to: str = Field(
        title="To whom",
        min_length=1,
        description=f"one a line, {trial.MOST} at most, such as Noor <noor@example.org>",
        json_schema_extra=at(2, format="textarea"),
    )
    languages: str = Field(
        default="",
        title="Languages",
        description="one mail each, parted by blanks: nl de, or nl+de for both in one; empty: all of them in one mail",
        json_schema_extra=at(3),
    )


@task(name="send the test", cache_policy=NO_CACHE)
def send(test: TrialForm) -> tuple[trial.Tried, ...]:
    """Send once: tried again, colleagues would get it twice."""
    slug, _, wave = test.wave.strip().partition("/")
    if not slug or not wave:
        raise DefinitionError(f"wave: found {test.wave!r}; write campaign/wave, such as sociaal-werkers/start")
    with open_services() as services:
        return trial.send_test(services, slug, wave, [test.to], test.languages.split())


@flow(name="test-send", flow_run_name="test of {test.wave}")
def test_send(test: TrialForm) -> dict[str, int]:
    """Send a test and report what became of each mail."""
    tried = send(test)
    rows = [(masked(each.email), each.variant, each.why) for each in tried]
    publish(KEY, trial_markdown(test.wave, rows), f"Test of {test.wave}")
    accepted = sum(each.accepted for each in tried)
    return {"accepted": accepted, "refused": len(tried) - accepted}
