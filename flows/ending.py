"""How runs end whose wave is not done: nobody reads the log of a green run, so what is left stands in its state."""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from outreach.services import open_services
from outreach.steps import ending

Ended = dict[str, int] | State[Any]
"""What a flow returns: its outcome, or a state that carries it and says more. Who reads the result gets the same."""


def said(message: str, outcome: dict[str, int]) -> Ended:
    """Return *outcome* with *message* in the run's state; without one, as it is."""
    return Completed(message=message, data=outcome) if message else outcome


def also_said(message: str, ended: Ended) -> Ended:
    """Return an end that says *message*, too, before what it says already."""
    if not message:
        return ended
    if isinstance(ended, State):
        return ended.model_copy(update={"message": f"{message}; {ended.message}"})
    return said(message, ended)


def with_what_is_left(wave_id: int, outcome: dict[str, int]) -> Ended:
    """Return *outcome* with how many of the wave still wait, and for what, in the run's state."""
    with open_services() as services:
        return said(ending.left_in_words(services, wave_id), outcome)
