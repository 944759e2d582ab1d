"""Which runs send a wave: how they are found in Prefect, and the form by which the wave was sent last."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect import get_run_logger, runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter, EventResourceFilter
from prefect.exceptions import ObjectNotFound
from pydantic import ValidationError

from flows.alive import SIGN
from flows.forms import LANES, LanesForm
from outreach import clock
from outreach.campaigns.queries import WaveView

FORM = "sending"
"""By this name runs keep how many lanes and workers they were given."""

LOOKED_THROUGH = 20
"""Runs of a wave, the newest, that are looked through for a form; those that put no such question have none."""

LONG = timedelta(minutes=10)
"""A run that is under way for so long, gives no sign of life and sends nothing is taken for lost."""

AGAIN = timedelta(minutes=1)
"""So long after a crash the automation that starts a run again may still be about to."""

UNDER_WAY = (StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.CRASHED)


def tag(wave: WaveView) -> str:
    """Return the tag of all runs that sent a wave; the moment keeps waves of an earlier database apart."""
    return f"{wave.campaign}/{wave.name}" + (f"@{wave.planned_at:%Y%m%d-%H%M%S}" if wave.planned_at else "")


def mark(wave: WaveView) -> None:
    """Have this run found as one that sends the wave. Where Prefect does not answer, the wave is sent all the same."""
    if not runtime.flow_run.id:
        return
    run, tags = UUID(runtime.flow_run.id), {*runtime.flow_run.tags, tag(wave)}
    try:
        with get_client(sync_client=True) as client:
            client.update_flow_run(run, tags=sorted(tags))
    except Exception as error:  # whatever it is: no mail waits for it
        get_run_logger().warning("this run could not be marked as one that sends wave %s: %s", wave.id, error)


def under_way(wave: WaveView, at_rest: Callable[[], bool]) -> FlowRun | None:
    """Return a run that sends the wave, or is about to; None where there is none.

    One that crashed and was not started again does not count. Nor, while the wave is *at_rest*, does one that began
    `LONG` ago and gave no sign of life since: it is lost, and nobody has noticed, as after a power failure; nor one
    that is due so long from now, or was and did not begin.
    """
    return next((run for run in _runs(wave, *UNDER_WAY) if not _is_lost(run, at_rest)), None)


def form_of(wave: WaveView) -> LanesForm:
    """Return lanes and workers by which the wave was sent last; those of an empty form where Prefect knows no more.

    They are of the newest run that was given any, else of the run that planned the wave.
    """
    forms = (_form(run.parameters) for run in (*_runs(wave, limit=LOOKED_THROUGH), *_planned_by(wave)))
    return next(filter(None, forms), LANES)


def _runs(wave: WaveView, *states: StateType, limit: int | None = None) -> list[FlowRun]:
    """Return the runs of a wave, the newest first; of all *states* where none is named."""
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))) if states else None
    wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=[tag(wave)]), state=state)
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.START_TIME_DESC, limit=limit)


def _planned_by(wave: WaveView) -> list[FlowRun]:
    try:
        planner = UUID(wave.planned_by or "")
        with get_client(sync_client=True) as client:
            return [client.read_flow_run(planner)]
    except (ValueError, ObjectNotFound):  # planned from the terminal, or deleted since
        return []


def _form(parameters: dict[str, Any]) -> LanesForm | None:
    try:
        return LanesForm.model_validate(parameters[FORM])
    except (KeyError, ValidationError):
        return None


def _is_lost(run: FlowRun, at_rest: Callable[[], bool]) -> bool:
    if run.state is None:
        return False
    if run.state.type is StateType.SCHEDULED:  # one of next week, or that nobody picks up, keeps nobody off the wave
        return abs(clock.now() - (run.state.state_details.scheduled_time or run.state.timestamp)) > LONG and at_rest()
    since = clock.now() - run.state.timestamp
    if run.state.type is StateType.CRASHED:
        return since > AGAIN
    return since > LONG and at_rest() and not _gave_a_sign(run)


def _gave_a_sign(run: FlowRun) -> bool:
    now = clock.now()
    signs = EventFilter(
        occurred=EventOccurredFilter(since=now - LONG, until=now + LONG),  # by the server's clock
        event=EventNameFilter(name=[SIGN]),
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run.id}"]),
    )
    with get_client(sync_client=True) as client:
        return bool(client.read_events(signs, limit=1).events)
