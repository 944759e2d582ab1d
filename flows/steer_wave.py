"""Pauses a wave, lets it go on, or cancels it: effective within one batch, whoever is sending it."""

from enum import StrEnum

from prefect import flow, get_run_logger, runtime
from pydantic import BaseModel, Field

from flows import lanes
from flows.again import step
from flows.events import emit_milestones
from flows.forms import SENDING, at, wave_name
from flows.refresh_dashboard import refresh_wave
from outreach.errors import StateError
from outreach.model.wave import WaveState, WaveStep
from outreach.services import open_services
from outreach.steps import steering, waves


class Steering(StrEnum):
    """What is done to the wave."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


class SteeringForm(BaseModel):
    """Which wave, and what."""

    name: str = wave_name(1)
    step: Steering = Field(
        title="What",
        description="pause: nobody more is written to until it is resumed; cancel: nobody more ever",
        json_schema_extra=at(2),
    )


@step("steer the wave", after=(2, 10))
def steer(name: str, step: Steering) -> int:
    """Take the step; return the wave. A step that was taken already is taken as done."""
    wanted = {
        Steering.PAUSE: WaveState.PAUSED,
        Steering.RESUME: WaveState.SENDING,
        Steering.CANCEL: WaveState.CANCELLED,
    }
    with open_services() as services:
        wave = steering.named(services, name)
        if wave.state is WaveState.PAUSED and step is Steering.RESUME and runtime.flow_run.run_count > 1:
            raise StateError("the wave was paused again meanwhile; to let it go on, a person resumes it once more")
        if wave.state is not wanted[step]:
            state = waves.take_step(services, wave.id, WaveStep(step.value))
            get_run_logger().info("wave %s was %s and is %s now", wave.id, wave.state, state)
    return wave.id


@flow(name="steer-wave", flow_run_name="{wave.step} {wave.name}")
def steer_wave(wave: SteeringForm) -> dict[str, int]:
    """Pause, resume or cancel a wave; resumed, it is sent by this run from where it stopped."""
    wave_id = steer(wave.name, wave.step)
    if wave.step is Steering.RESUME:
        return lanes.go_on(wave_id, SENDING.lanes)
    emit_milestones()
    refresh_wave(wave_id)
    return {}
