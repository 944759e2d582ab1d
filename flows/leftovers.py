"""Shows what a wave left behind and does what a person decides: count as sent, send again, or leave."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum

from prefect import flow, task
from pydantic import BaseModel, Field

from flows import artifacts, asking, lanes, senders
from flows.again import step
from flows.asking import SignedAnswer
from flows.ending import Ended, also_said
from flows.forms import SOMEBODY, at, wave_name, your_name
from outreach.dashboard.leftovers import NOTHING, Call, leftovers_markdown
from outreach.services import open_services
from outreach.steps import again, ending, steering
from outreach.steps.again import UnknownCall, Verdict


class LeftoversForm(BaseModel):
    """Which wave."""

    name: str = wave_name(1)


class Refused(StrEnum):
    """What becomes of people who were refused; the first changes nothing."""

    LEAVE = "leave"
    AGAIN = "send again"


class LeftoversAnswer(SignedAnswer):
    """The question under what is left."""

    unknown: Verdict = Field(default=Verdict.LEAVE, title="The unknown", json_schema_extra=at(1))
    refused: Refused = Field(default=Refused.LEAVE, title="The refused", json_schema_extra=at(2))
    by: str = your_name(3)

    @property
    def decides(self) -> bool:
        """Whether anything is done by it."""
        return self.unknown is not Verdict.LEAVE or self.refused is not Refused.LEAVE


@step("do as decided", after=(5, 20))
def decide(wave_id: int, shown: list[int], unknown: Verdict, refused: Refused, by: str) -> int:
    """Write the decision about the calls that were *shown* down; return how many people are in the line again."""
    by = by.strip() or SOMEBODY
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
    wanted = LeftoversAnswer.with_initial_data(description=leftovers_markdown(title, _rows(calls), refusals))
    shown = [call.batch_id for call in calls]
    seen = hashlib.sha256(repr((wave_id, shown, refusals, newest)).encode()).hexdigest()[:16]
    return asking.ask_by_name(wanted, f"leftovers-{seen}", lambda answer: answer.decides), shown


@task(name="show what is left", retries=2, retry_delay_seconds=[2, 10])
def show(wave_id: int) -> str:
    """Publish what a wave leaves behind as it is now, for whoever comes later; return the artifact's id."""
    with open_services() as services:
        wave = steering.named(services, str(wave_id))
        rows, refusals = _rows(again.unknown_calls(services, wave_id)), again.refusals(services, wave_id)
        markdown = leftovers_markdown(wave.title, rows, refusals, waits=ending.left_in_words(services, wave_id))
    return artifacts.publish(f"leftovers-{wave.key}", markdown, f"What is left of {wave.campaign}/{wave.name}")


def _rows(calls: Sequence[UnknownCall]) -> list[Call]:
    return [(call.number, call.people, call.provider, call.at, call.why) for call in calls]


@flow(name="wave-leftovers", flow_run_name="{wave.name}")
def wave_leftovers(wave: LeftoversForm) -> Ended:
    """Ask what is to become of the unknown and the refused of a wave, and do it. A paused wave stays paused."""
    lanes.check_starts()
    with open_services() as services:
        found = steering.named(services, wave.name)
    asked = question(found.id)
    lined_up = 0
    if asked is not None:
        answer, shown = asked
        lined_up = decide(found.id, shown, answer.unknown, answer.refused, answer.by)
    try:
        ended = lanes.send_open(found.id, senders.form_of(found))
    finally:
        show(found.id)
    return also_said(_lined_up(lined_up) if asked else NOTHING, ended)


def _lined_up(people: int) -> str:
    return f"{people:,} {'person was' if people == 1 else 'people were'} lined up again" if people else ""
