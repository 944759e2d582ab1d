"""People's rights from the Prefect UI, and the nightly retention.

Parameters of a run stand in Prefect's database in plain text. So the first thing such a run does is to put the keyed
hash in place of the address there; started again after a crash, it finds the person by that.
"""

from dataclasses import asdict

from prefect import flow, get_client, runtime, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel, Field

from flows import artifacts
from flows.again import step
from flows.forms import at
from outreach.dashboard.retention import counts_markdown
from outreach.errors import DefinitionError
from outreach.model.rights import Forgotten
from outreach.rights.addresses import REMOVED
from outreach.services import open_services
from outreach.steps import retention as broom
from outreach.steps import rights

RETENTION = "outreach-retention"


class PersonForm(BaseModel):
    """Whose data."""

    who: str = Field(
        title="Address, or its key",
        description="the run replaces the address by its key in Prefect's database as soon as it starts. "
        "`outreach contacts key ADDRESS` prints the key, if the address should never stand there",
        json_schema_extra=at(1),
    )


class ForgetForm(PersonForm):
    """Who is forgotten, and why."""

    why: str = Field(
        default="asked for by the person",
        title="Why",
        description="kept in the erasure log; no address or name here",
        json_schema_extra=at(2),
    )
    checked: bool = Field(
        default=False,
        title="I have checked that this person asked for it",
        description="nobody can undo it",
        json_schema_extra=at(3),
    )


@step("forget the person", after=(2, 10, 30))
def forget(who: str, why: str) -> Forgotten:
    """Forget whom *who* names; tried again, it goes on."""
    with open_services() as services:
        return rights.forget_by(services, who, why=why)


@task(name="write the export", cache_policy=NO_CACHE)
def export(who: str) -> tuple[str, dict[str, int]]:
    """Write the export to a file of this machine; return where, and counts of what is in it."""
    with open_services() as services:
        file, counts = rights.export_to_folder(services, who)
    return str(file), counts


@task(name="remove what is old", retries=2, retry_delay_seconds=[30, 300], cache_policy=NO_CACHE)
def remove_old() -> dict[str, int]:
    """Remove what is older than its rule allows; return how much, by rule."""
    with open_services() as services:
        return {removed.rule: removed.removed for removed in broom.run_retention(services)}


@task(name="draw the retention page", retries=3, retry_delay_seconds=[2, 10, 30])
def draw_retention() -> str:
    """Bring the page with rules and proofs up to date; return its artifact's id."""
    with open_services() as services:
        markdown = broom.summary(services)
    return artifacts.publish(RETENTION, markdown, "What is removed by age, and the proof of it")


@flow(name="forget-person", flow_run_name="forget a person")
def forget_person(person: ForgetForm) -> dict[str, int]:
    """Forget a person for good; doing so twice is the same as once."""
    key = _hide(person)
    if not person.checked:
        raise DefinitionError("run form: tick that you have checked that this person asked for it; nothing was done")
    forgotten = forget(person.who, person.why)
    counts = {name: number for name, number in asdict(forgotten).items() if isinstance(number, int)}
    lines = [f"Known from now on by the key {key} alone, so that no import brings this person back."]
    create_markdown_artifact(counts_markdown("Somebody was forgotten", lines, counts), key="forget-person")
    return counts


@flow(name="export-person", flow_run_name="export a person")
def export_person(person: PersonForm) -> dict[str, int]:
    """Write everything held about a person to a file, for handing over."""
    _hide(person)
    file, counts = export(person.who)
    lines = [f"The file is on the machine that ran this: {file}", "It is deleted after some days, see retention."]
    create_markdown_artifact(counts_markdown("An export was written", lines, counts), key="export-person")
    return counts


@flow(name="retention")
def retention() -> dict[str, int]:
    """Remove what is older than its rule allows, and show the proof."""
    removed = remove_old()
    draw_retention()
    return removed


def _hide(person: PersonForm) -> str:
    """Put the key in place of the address in this run's parameters; return the key.

    What is no address is hidden as well, and not quoted: an error's words stay in Prefect's database.
    """
    try:
        with open_services() as services:
            key = rights.key_of(services, person.who)
    except DefinitionError:
        _replace(person, REMOVED)
        raise DefinitionError("run form: found neither an address nor a key; write one address") from None
    _replace(person, key)
    return key


def _replace(person: PersonForm, by: str) -> None:
    shown = person.model_copy(update={"who": by})
    with get_client(sync_client=True) as client:
        client.update_flow_run(runtime.flow_run.id, parameters={"person": shown.model_dump(mode="json")})
