"""Shows what a wave left behind and does what a person decides: count as sent, send again, or leave."""

import hashlib
from enum import StrEnum

from prefect import flow
from prefect.input import RunInput
from pydantic import BaseModel, Field

from flows import asking, lanes, senders
from flows.again import step
from flows.forms import wave_name
from outreach.dashboard.leftovers import leftovers_markdown
from outreach.services import open_services
from outreach.steps import again, steering
from outreach.steps.again import Verdict


class LeftoversForm(BaseModel):
    """Which wave."""

    name: str = wave_name(1)


class Refused(StrEnum):
    """What becomes of people who were refused; the first changes nothing."""

    LEAVE = "leave"
    AGAIN = "send again"


class LeftoversAnswer(RunInput):
    """The question under what is left."""

    unknown: Verdict = Field(default=Verdict.LEAVE, title="The unknown")
    refused: Refused = Field(default=Refused.LEAVE, title="The refused")
    by: str = Field(default="", title="Your name", description="kept with the decision")


@step("do as decided", after=(5, 20))
def decide(wave_id: int, shown: list[int], unknown: Verdict, refused: Refused, by: str) -> int:
    """Write the decision about the calls that were *shown* down; return how many people are in the line again."""
    by = by.strip() or "someone in the Prefect UI"
    with open_services() as services:
        decided = again.decide_unknown(services, wave_id, unknown, by=by, batches=shown)
        lined_up = again.resend_failed(services, wave_id, by=by) if refused is Refused.AGAIN else 0
    return lined_up + (decided if unknown is Verdict.AGAIN else 0)


def question(wave_id: int) -> tuple[LeftoversAnswer, list[int]] | None:
    """Ask a person, in the UI; return the answer and the calls it is about, None where nothing is left.

    Keyed by what is left and by the newest call: a run that starts again after something was tried asks anew, for a
    person's word is about what was shown.
    """
    with open_services() as services:
        title = steering.named(services, str(wave_id)).title
        calls = again.unknown_calls(services, wave_id)
        refusals = again.refusals(services, wave_id)
        newest = again.newest_attempt(services, wave_id)
    if not calls and not refusals:
        return None
    rows = [(call.number, call.people, call.provider, call.at, call.why) for call in calls]
    wanted = LeftoversAnswer.with_initial_data(description=leftovers_markdown(title, rows, refusals))
    shown = [call.batch_id for call in calls]
    seen = hashlib.sha256(repr((wave_id, shown, refusals, newest)).encode()).hexdigest()[:16]
    return asking.ask(wanted, f"leftovers-{seen}"), shown


@flow(name="wave-leftovers", flow_run_name="{wave.name}")
def wave_leftovers(wave: LeftoversForm) -> dict[str, int]:
    """Ask what is to become of the unknown and the refused of a wave, and do it. A paused wave stays paused."""
    lanes.check_starts()
    with open_services() as services:
        found = steering.named(services, wave.name)
    asked = question(found.id)
    if asked is not None:
        answer, shown = asked
        decide(found.id, shown, answer.unknown, answer.refused, answer.by)
    return lanes.send_open(found.id, senders.form_of(found))
