"""Pauses a wave, lets it go on, cancels it, or lets its rest go: effective within one batch, whoever is sending it."""

from enum import StrEnum

from prefect import flow, get_run_logger, runtime
from pydantic import BaseModel, Field

from flows import lanes, late
from flows.again import step
from flows.events import emit_milestones
from flows.forms import LANES, LanesForm, at, wave_name
from flows.refresh_dashboard import refresh_wave
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

GOES_ON = {Steering.RESUME: "", Steering.RELEASE: "", Steering.VERSION_A: "a", Steering.VERSION_B: "b"}
"""What has this run send the wave, and the version that its rest gets."""


class SteeringForm(BaseModel):
    """Which wave, and what."""

    name: str = wave_name(1)
    step: Steering = Field(
        title="What",
        description="pause: nobody more is written to until it is resumed; cancel: nobody more ever; send the rest: do "
        "not wait longer for what a wave tries first; where it tries two versions, choose which one",
        json_schema_extra=at(2),
    )
    by: str = Field(
        default="",
        title="Your name",
        description="kept with the decision about the rest; elsewhere it is not needed",
        json_schema_extra=at(3),
    )


@step("steer the wave", after=(2, 10))
def steer(name: str, step: Steering, by: str) -> int:
    """Take the step; return the wave. A step that was taken already is taken as done."""
    if step in GOES_ON and step is not Steering.RESUME:
        return let_the_rest_go(name, GOES_ON[step], by.strip() or "someone in the Prefect UI")
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
            state = waves.take_step(services, wave.id, WaveStep(step.value))
            get_run_logger().info("wave %s was %s and is %s now", wave.id, wave.state, state)
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
            waves.take_step(services, wave.id, WaveStep.RESUME)
    return wave.id


@flow(name="steer-wave", flow_run_name="{wave.step} {wave.name}")
def steer_wave(wave: SteeringForm, sending: LanesForm = LANES) -> dict[str, int]:
    """Pause, resume or cancel a wave, or let its rest go; what goes on is sent by this run from where it stopped."""
    lanes.check_starts()
    if wave.step in GOES_ON and not late.still_wanted():
        return {}
    wave_id = steer(wave.name, wave.step, wave.by)
    if wave.step in GOES_ON:
        return lanes.go_on(wave_id, sending)
    emit_milestones()
    refresh_wave(wave_id)
    return {}
