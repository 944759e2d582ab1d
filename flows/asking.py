"""Asks a person, in the UI: the run ends meanwhile, and starts again from the top when it is answered."""

from contextlib import suppress
from typing import Any, TypeVar

import httpx
from prefect import runtime, suspend_flow_run
from prefect.input import RunInput
from prefect.input.actions import delete_flow_run_input, read_flow_run_input
from prefect.input.run_input import keyset_from_paused_state
from prefect.states import Suspended

TWO_WEEKS = 60 * 60 * 24 * 14
"""How long a run waits for a person's answer, in seconds."""

Answer = TypeVar("Answer", bound=RunInput)


def ask(wanted: type[Answer], key: str) -> Answer:
    """Return what a person answered to the question *key* of this run, or stop and ask.

    Of a run that crashed, Prefect forgets that it had asked, and then stumbles over the question that it finds. What a
    person has answered stays answered.
    """
    keys = keyset_from_paused_state(Suspended(pause_key=key))
    answer: Any = read_flow_run_input(keys["response"])
    if answer is not None:
        return wanted(**answer)
    if runtime.flow_run.run_count > 1:
        for part in (keys["schema"], keys["description"]):
            with suppress(httpx.HTTPStatusError):  # it was not asked before
                delete_flow_run_input(part)
    return suspend_flow_run(wait_for_input=wanted, key=key, timeout=TWO_WEEKS)
