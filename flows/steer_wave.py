"""Pauses a wave, lets it go on, cancels it, or lets its rest go: effective within one batch, whoever is sending it."""

from enum import StrEnum

from prefect import flow, get_run_logger, runtime
from pydantic import BaseModel, Field

from flows import asking, lanes, late
from flows.again import step
from flows.asking import SignedAnswer
from flows.ending import Ended, said, with_what_is_left
from flows.events import emit_milestones
from flows.forms import SOMEBODY, LanesForm, at, lanes_at_a_time, more_workers, wave_name, your_name
from flows.refresh_dashboard import refresh_with_overview
from outreach.errors import StateError
from outreach.model.wave import WaveState, WaveStep
from outreach.services import open_services
from outreach.steps import steering, trials, waves


class Steering(StrEnum):
    """What is done to the wave."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RELEASE = "send the rest"
    VERSION_A = "send version a to the rest"
    VERSION_B = "send version b to the rest"


PAUSED_AGAIN = "the wave was paused again meanwhile; to let it go on, a person resumes it once more"

COUNTS_IF = "counts only where the wave goes on, not for pause and cancel: "

GOES_ON = {Steering.RESUME: "", Steering.RELEASE: "", Steering.VERSION_A: "a", Steering.VERSION_B: "b"}
"""What has this run send the wave, and the version that its rest gets."""

ABOUT_THE_REST = frozenset(GOES_ON) - {Steering.RESUME}
"""Decisions that are kept with a name."""


class SteeringForm(BaseModel):
    """Which wave, and what."""

    name: str = wave_name(1)
    step: Steering = Field(
        title="What",
        description="pause: nobody more is written to until it is resumed. resume: a paused wave goes on from where it "
        "stopped, sent by this run. cancel: nobody more ever. send the rest: do not wait longer for what a wave tries "
        "first; where it tries two versions, choose which one. Mails that are out stay out",
        json_schema_extra=at(2),
    )
    by: str = your_name(
        3, "kept with the wave and shown to colleagues who ask what happened; about the rest it is asked for"
    )
    why: str = Field(
        default="",
        title="Reason",
        description="of a pause, shown to colleagues; may stay empty",
        json_schema_extra=at(4),
    )


class GoingOnForm(LanesForm):
    """How many send it side by side, where it goes on."""

    lanes: int = lanes_at_a_time(1, COUNTS_IF)
    workers: int = more_workers(2, COUNTS_IF)


GOING_ON = GoingOnForm()


class Chooser(SignedAnswer):
    """The question who decides about a rest."""

    by: str = your_name(1)


@step("steer the wave", after=(2, 10))
def steer(name: str, step: Steering, by: str, why: str) -> int:
    """Take the step; return the wave. A step that was taken already is taken as done."""
    if step in ABOUT_THE_REST:
        return let_the_rest_go(name, GOES_ON[step], by)
    by = by.strip() or SOMEBODY
    wanted = {
        Steering.PAUSE: WaveState.PAUSED,
        Steering.RESUME: WaveState.SENDING,
        Steering.CANCEL: WaveState.CANCELLED,
    }
    with open_services() as services:
        wave = steering.named(services, name)
        if wave.state is WaveState.PAUSED and step is Steering.RESUME and runtime.flow_run.run_count > 1:
            raise StateError(PAUSED_AGAIN)
        sent = wave.state is WaveState.SENT and step is Steering.RESUME and runtime.flow_run.run_count > 1
        if wave.state is not wanted[step] and not sent:
            reason = why if step is Steering.PAUSE else ""
            state = waves.take_step(services, wave.id, WaveStep(step.value), by=by, why=reason)
            get_run_logger().info("wave %s was %s and is %s now, by %s", wave.id, wave.state, state, by)
    return wave.id


def let_the_rest_go(name: str, version: str, by: str) -> int:
    """Let the rest of a wave go that tries something first, in *version* where it tries two; return the wave."""
    with open_services() as services:
        wave = steering.named(services, name)
        if wave.state is WaveState.PAUSED and runtime.flow_run.run_count > 1:
            raise StateError(PAUSED_AGAIN)
        verdict = (
            trials.choose(services, wave.id, version, by=by) if version else trials.release(services, wave.id, by=by)
        )
        get_run_logger().info("wave %s: %s", wave.id, verdict.why)
        if waves.wave(services, wave.id).state is WaveState.PAUSED:
            waves.take_step(services, wave.id, WaveStep.RESUME, by=by)
    return wave.id


@flow(name="steer-wave", flow_run_name="{wave.step} {wave.name}")
def steer_wave(wave: SteeringForm, sending: GoingOnForm = GOING_ON) -> Ended:
    """Pause, resume or cancel a wave, or let its rest go; what goes on is sent by this run from where it stopped."""
    lanes.check_starts()
    if wave.step in GOES_ON and not late.still_wanted():
        return said(lanes.NOT_LET_GO, {})
    wave_id = steer(wave.name, wave.step, _chooser(wave), wave.why)
    emit_milestones()
    refresh_with_overview(wave_id)
    if wave.step in GOES_ON:
        return lanes.go_on(wave_id, sending)
    return with_what_is_left(wave_id, {})


def _chooser(wave: SteeringForm) -> str:
    """Return who steers; where that is kept with a decision and the form does not say it, it is asked."""
    if wave.by.strip() or wave.step not in ABOUT_THE_REST:
        return wave.by
    asked = f"**Who decides to {wave.step} of {wave.name}?** Nothing goes before somebody has said so."
    return asking.ask_by_name(Chooser.with_initial_data(description=asked), "chooser", lambda _answer: True).by
