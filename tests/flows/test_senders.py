"""Which runs keep others off a wave; no server is asked."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Crashed, Running, Scheduled

from flows import senders
from outreach import clock

HOURS = timedelta(hours=2)
MOMENT = timedelta(seconds=20)


def run(state: State, since: timedelta) -> FlowRun:
    state.timestamp = clock.now() - since
    return FlowRun(flow_id=uuid4(), state=state)


@pytest.mark.parametrize(
    ("state", "since", "lost"),
    [
        (Running, HOURS, True),
        (Running, MOMENT, False),
        (Crashed, HOURS, True),
        (Crashed, MOMENT, False),
        (lambda: Scheduled(scheduled_time=clock.now() + timedelta(days=7)), MOMENT, True),
        (lambda: Scheduled(scheduled_time=clock.now() - HOURS), HOURS, True),
        (lambda: Scheduled(scheduled_time=clock.now() + MOMENT), HOURS, False),
    ],
    ids=["running", "just running", "crashed", "just crashed", "next week", "overdue", "about to begin"],
)
def test_a_run_that_does_not_send_keeps_nobody_off_a_wave_at_rest(
    monkeypatch: pytest.MonkeyPatch, state: Callable[[], State], since: timedelta, lost: bool
) -> None:
    monkeypatch.setattr(senders, "_gave_a_sign", lambda _: False)

    assert senders._is_lost(run(state(), since), lambda: True) is lost


def test_a_run_that_is_due_next_week_may_wait_while_others_send() -> None:
    next_week = run(Scheduled(scheduled_time=clock.now() + timedelta(days=7)), MOMENT)

    assert not senders._is_lost(next_week, lambda: False)
